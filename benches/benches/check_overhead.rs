//! What the checks cost beyond the processes that they run.
//!
//! The groups load, predict, layout and share run as `embedcheck check` runs them, with a warm cache;
//! then as many *bare* host processes run on as many workers: start, `Py_InitializeEx`, exit, without
//! pipes, events or limits. Both alternate for some rounds. The ratio of the two times is printed; the
//! aim is at most 1.5.
//!
//! `cargo bench -p benches --bench check_overhead [-- ROUNDS]`
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use embedcheck::bench::Estimate;
use embedcheck::check::{Options, check};
use embedcheck::env::Caller;
use embedcheck::report::Summary;
use embedcheck::run::{HostCommand, HostKind, NoProgress, Stop};
use embedcheck::target::{self, Target};
use embedcheck_plan::{Flags, NORMAL_EXIT, PlanBuilder, PythonAction};

const GROUPS: [&str; 4] = ["load/*", "predict/*", "layout/*", "share/*"];
const HOST: &str = "__host";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == HOST) {
        let code = embedcheck_host::main(arguments);
        return ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX));
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("check_overhead: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let caller = Caller::from_process();
    let target = target::default_target(&caller, &target::Options::default())?;
    let workers = thread::available_parallelism()?.get();
    println!("target {}, {workers} workers, {rounds} rounds", target.id);
    let this = HostCommand::new(HostKind::Rust, std::env::current_exe()?).with_args([HOST]);
    // What a user waits for once per run of the program, not for each check.
    let found = target::discover(&caller, &target::Options::default());
    let options = Options {
        others: Some(found.targets),
        only: GROUPS.map(str::to_owned).to_vec(),
        jobs: workers,
        rust_host: Some(this),
        ..Options::default()
    };
    let bare = Bare::new(&target)?;
    // Fills the cache, and the page cache.
    let warm = run_checks(&target, &caller, &options)?;
    println!("{} host processes a round, verdicts {warm:?}", warm.runs);
    bare.run(warm.runs, workers)?;
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let started = Instant::now();
        let summary = run_checks(&target, &caller, &options)?;
        let checks = started.elapsed().as_secs_f64();
        let started = Instant::now();
        bare.run(summary.runs, workers)?;
        let processes = started.elapsed().as_secs_f64();
        let ratio = checks / processes;
        println!("round {round}: checks {checks:.3} s, bare {processes:.3} s, ratio {ratio:.2}");
        ratios.push(ratio);
    }
    if let Some(Estimate { median, low, high }) = Estimate::of(&ratios) {
        println!("ratio: median {median:.2}, from {low:.2} to {high:.2} (aim: at most 1.50)");
    }
    println!("largest resident size of the runner: {}", peak_memory());
    Ok(())
}

fn run_checks(
    target: &Target,
    caller: &Caller,
    options: &Options,
) -> Result<Summary, Box<dyn Error>> {
    Ok(check(target, caller, options, &Stop::new()?, &NoProgress)?.summary)
}

/// The bare process: the C host with the shortest plan that starts Python.
struct Bare {
    folder: tempfile::TempDir,
    path: String,
}

impl Bare {
    fn new(target: &Target) -> Result<Self, Box<dyn Error>> {
        let libpython = target.embeddable()?;
        let folder = tempfile::tempdir()?;
        let mut plan = PlanBuilder::new();
        plan.open("python", &libpython.real_path, Flags::NOW | Flags::GLOBAL);
        plan.python("python", PythonAction::Initialize(0));
        fs::write(folder.path().join("plan.txt"), plan.finish().to_string())?;
        let host = folder.path().join("host");
        fs::write(&host, embedcheck_c_harness::HOST)?;
        fs::set_permissions(&host, fs::Permissions::from_mode(0o700))?;
        let interpreter = target.executable.as_deref().and_then(Path::parent);
        let path = interpreter.map_or_else(PathBuf::new, Path::to_owned);
        Ok(Self { folder, path: format!("{}:/usr/bin:/bin", path.display()) })
    }

    /// Runs that many processes on that many threads.
    fn run(&self, count: u32, workers: usize) -> Result<(), Box<dyn Error>> {
        let next = AtomicU32::new(0);
        let failed = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while next.fetch_add(1, Ordering::Relaxed) < count {
                        if !self.one() {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        match failed.into_inner() {
            0 => Ok(()),
            failed => Err(format!("{failed} of {count} bare processes failed").into()),
        }
    }

    fn one(&self) -> bool {
        let status = Command::new(self.folder.path().join("host"))
            .args(["--plan", "plan.txt", "--events-fd", "1"])
            .current_dir(self.folder.path())
            .env_clear()
            .envs([("PATH", self.path.as_str()), ("LANG", "C.UTF-8"), ("LC_ALL", "C.UTF-8")])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.code() == Some(NORMAL_EXIT))
    }
}

/// `VmHWM` of this process.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}
