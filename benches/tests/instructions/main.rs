//! How many instructions a call takes: a figure that does not depend on what else the machine does.
//!
//! Counted by callgrind, of a release build of the DLL, with the Python that `EMBEDCHECK_BENCH_PYTHON`
//! names, else the machine's. What depends on that Python is measured, too: `limit`, the C API by hand.
//! What a call of embed-dll's DLL takes beyond it is in `instructions.txt`, for each version; more than
//! 3 % above the sum of both is a failure. `EMBEDCHECK_BLESS=1` writes the lines of this version anew.
//!
//! Without valgrind this is skipped, with `EMBEDCHECK_REQUIRE_ALL=1` failed.

mod baseline;
mod callgrind;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};

use benches::HOST;
use embedcheck::bench::{MeasuringHost, Options, Producer, Stand};
use embedcheck::dll::Twins;
use embedcheck::env::Caller;
use embedcheck::run::{NoProgress, Stop};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

use baseline::{Baseline, Judgement, Measured};
use callgrind::Callgrind;

/// What is counted.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// The word in the file.
    name: &'static str,
    /// The function of the fixture `bench`.
    function: &'static str,
    /// The interpreter is held between the calls.
    held: bool,
}

const CASES: [Case; 6] = [
    Case { name: "add1", function: "add1", held: false },
    Case { name: "add1-held", function: "add1", held: true },
    Case { name: "len", function: "len", held: false },
    Case { name: "sum", function: "sum", held: false },
    Case { name: "raises", function: "raises", held: false },
    Case { name: "round_trip", function: "round_trip", held: false },
];

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == HOST).is_some() {
        return benches::exit_code(embedcheck_host::measure::main(words));
    }
    let arguments = Arguments::from_args();
    let bench: &'static Bench = Box::leak(Box::new(Bench::new()));
    let trial = |case: Case| {
        Trial::ignorable_test(case.name, move || bench.run(case).map_err(Failed::from))
    };
    let trials = baseline::trials().into_iter().chain(CASES.map(trial)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    match bench.finish() {
        Ok(()) => conclusion.exit_code(),
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

/// Where calls are counted.
struct Place {
    stand: Stand,
    /// `3.13`, `3.13t`.
    python: String,
}

/// What all cases have in common.
struct Bench {
    caller: Caller,
    file: PathBuf,
    bless: bool,
    /// Made by the first case that is run; the message if that failed.
    stand: Mutex<Option<Result<Arc<Place>, String>>>,
    measured: Mutex<Vec<Measured>>,
}

impl Bench {
    fn new() -> Self {
        Self {
            caller: Caller::from_process(),
            file: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions.txt"),
            bless: blesses(),
            stand: Mutex::new(None),
            measured: Mutex::new(Vec::new()),
        }
    }

    fn run(&self, case: Case) -> Result<Completion, String> {
        let Some(callgrind) = Callgrind::find(&self.caller) else {
            if self.caller.require_all {
                return Err("EMBEDCHECK_REQUIRE_ALL=1, and this machine lacks valgrind".to_owned());
            }
            return Ok(Completion::ignored_with("this machine lacks valgrind"));
        };
        let place = self.stand()?;
        let of =
            |producer, held| callgrind.each_call(&place.stand, producer, Case { held, ..case });
        // What the host itself takes to call and to check the result is in both.
        let host = of(Producer::Plain, false)?;
        let limit = of(Producer::Limit, case.held)? - host;
        let rust = of(Producer::Rust, case.held)? - host;
        let measured = Measured { python: place.python.clone(), name: case.name, limit, rust };
        self.measured.lock().map_err(|_| "another case panicked")?.push(measured.clone());
        if self.bless {
            return Ok(Completion::Completed);
        }
        match Baseline::read(&self.file)?.judge(&measured) {
            Judgement::Same => Ok(Completion::Completed),
            Judgement::Better(text) => {
                say(&text);
                Ok(Completion::Completed)
            }
            Judgement::Worse(text) => Err(text),
            Judgement::Unknown(text) if self.caller.require_all => Err(text),
            Judgement::Unknown(text) => Ok(Completion::ignored_with(text)),
        }
    }

    fn stand(&self) -> Result<Arc<Place>, String> {
        let mut stand = self.stand.lock().map_err(|_| "another case panicked")?;
        stand.get_or_insert_with(|| make_stand(&self.caller).map(Arc::new)).clone()
    }

    /// Says what was measured, and writes the file if that is wanted.
    fn finish(&self) -> Result<(), String> {
        let mut measured = self.measured.lock().map_err(|_| "a case panicked")?;
        measured.sort_by_key(|one| CASES.iter().position(|case| case.name == one.name));
        for one in measured.iter() {
            say(&one.to_string());
        }
        let wanted = self.bless && !measured.is_empty();
        if wanted { Baseline::write(&self.file, &measured) } else { Ok(()) }
    }
}

/// The release builds: what users have. The host process is this one: what it takes is subtracted.
fn make_stand(caller: &Caller) -> Result<Place, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let target = benches::target(caller).map_err(|error| text(&error))?;
    let own = std::env::current_exe().map_err(|error| text(&error))?;
    let host = MeasuringHost { program: own, arguments: vec![HOST.into()], optimised: false };
    let options = Options {
        producers: vec![Producer::Plain, Producer::Limit, Producer::Rust],
        // Dictionaries are the same in each process then.
        environment: vec![("PYTHONHASHSEED".into(), "0".into())],
        ..Options::new(host, release_twins()?)
    };
    let stop = Stop::new().map_err(|error| text(&error))?;
    let stand = Stand::new(&target, caller, &options, &stop, &NoProgress);
    let stand = stand.map_err(|error| text(&error))?;
    for record in stand.records() {
        if let Some(missing) = record.missing {
            return Err(format!("{}: {missing:?}", record.producer));
        }
    }
    say(&target.id);
    let (version, flags) = (&target.version, &target.abi_flags);
    Ok(Place { stand, python: format!("{}.{}{flags}", version.major, version.minor) })
}

/// Has cargo make the DLL, and say where it is.
fn release_twins() -> Result<Twins, String> {
    let words = ["build", "--quiet", "--release", "--message-format", "json"];
    let output = Command::new(env!("CARGO"))
        .args(words)
        .args(["--package", "embedcheck-twin-bench"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let library = said.lines().find_map(library);
    let folder = library.as_deref().and_then(Path::parent).filter(|_| output.status.success());
    let folder = folder.ok_or_else(|| {
        format!("no DLL was built: {}", String::from_utf8_lossy(&output.stderr).trim())
    })?;
    Ok(Twins::in_folder(folder))
}

/// The file that a message of cargo says is the DLL.
fn library(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message.pointer("/target/name")?.as_str()? != "embedcheck_twin_bench" {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    let mut files = files.iter().filter_map(Value::as_str);
    files.find(|file| file.ends_with(".so")).map(PathBuf::from)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the variable is for whoever changes this workspace, not for the library's users"
)]
fn blesses() -> bool {
    std::env::var_os("EMBEDCHECK_BLESS").is_some_and(|value| value == "1")
}

/// The test runner would keep it to itself when the test passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
