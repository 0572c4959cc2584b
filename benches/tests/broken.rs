//! A DLL that does not work is not measured: the benchmark fails, and says why.
//!
//! CFFI's own performance test measures calls of a DLL whose start has failed, which are fast, without
//! noticing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Duration;

use benches::{Calls, Error, Mode, Pace, Setting};
use criterion::Criterion;
use embedcheck::bench::Producer;
use embedcheck::env::Caller;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The benchmark that this program is when its first word is this one: Criterion reads the command
/// line, too, for which it is a filter.
const BENCHMARK: &str = "broken/add1";

fn main() -> ExitCode {
    match std::env::args_os().nth(1) {
        Some(word) if word == BENCHMARK || word == benches::HOST => {
            benches::main(|criterion| criterion, measure)
        }
        _ => tests(),
    }
}

fn measure(criterion: &mut Criterion, mode: Mode) -> Result<(), Error> {
    let setting = Setting::of(mode, &[Producer::Limit, Producer::Rust])?;
    let mut calls = Calls::new(&setting, mode)?;
    let pace = Pace { slices: 1, reference: Duration::from_micros(100), batch: None };
    calls.group(criterion, BENCHMARK, "add1 other", pace)
}

fn tests() -> ExitCode {
    let trial =
        |name: &str, run: fn() -> Result<Completion, Failed>| Trial::ignorable_test(name, run);
    let trials = vec![
        trial("whole", whole),
        trial("never_started", never_started),
        trial("fast_and_wrong", fast_and_wrong),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The others would fail anyway if this did.
fn whole() -> Result<Completion, Failed> {
    let output = benchmark(None)?;
    assert!(output.status.success(), "{output:?}");
    Ok(Completion::Completed)
}

/// One whose start failed, or never took place.
fn never_started() -> Result<Completion, Failed> {
    let folder = tempfile::tempdir()?;
    fs::write(twin(folder.path()), embedcheck_c_harness::PLAIN)?;
    failed(&benchmark(Some(folder.path()))?, "init_time() says that the init code ran from 0 to 0")
}

/// It starts, and its first calls are right.
fn fast_and_wrong() -> Result<Completion, Failed> {
    let source = "
        int add1(int x, int y) { static int calls; return calls++ < 2 ? x + y : 0; }
        int _bench_cffi_enter(void) { return 0; }
        int _bench_cffi_leave(void) { return 0; }
    ";
    let caller = Caller::from_process();
    let target = benches::target(&caller)?;
    let libpython = &target.embeddable()?.real_path;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("wrong.c");
    fs::write(&file, source)?;
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,--no-as-needed", "-o"])
        .args([&twin(folder.path()), &file, libpython])
        .arg(format!("-Wl,-rpath,{}", libpython.parent().unwrap_or(Path::new("/")).display()))
        .output();
    match compiled {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        Err(error) if caller.require_all => {
            return Err(format!("EMBEDCHECK_REQUIRE_ALL=1, and cc: {error}").into());
        }
        Err(error) => return Ok(Completion::ignored_with(format!("cc: {error}"))),
    }
    let output = benchmark(Some(folder.path()))?;
    failed(&output, "add1() returned 0 when it was called for 1000")
}

/// Where the DLL of embed-dll is looked for.
fn twin(folder: &Path) -> PathBuf {
    folder.join("libembedcheck_twin_bench.so")
}

/// Runs this program as a benchmark, with the DLL of embed-dll from this folder.
fn benchmark(folder: Option<&Path>) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([BENCHMARK, "--test"]);
    if let Some(folder) = folder {
        command.env("EMBEDCHECK_RUST_DLLS", folder);
    }
    Ok(command.output()?)
}

fn failed(output: &Output, reason: &str) -> Result<Completion, Failed> {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(messages.contains("rust") && messages.contains(reason), "{messages}");
    assert!(!messages.contains("panicked"), "{messages}");
    Ok(Completion::Completed)
}
