//! What the checks cost beyond the processes that they run.
//!
//! The groups load, predict, layout and share run as `embedcheck check` runs them, with a warm cache;
//! then as many *bare* host processes run on as many workers: start, `Py_InitializeEx`, exit, without
//! pipes, events or limits. The ratio of the two times is printed; the aim is at most 1.5.
//!
//! `cargo bench -p benches --bench check_overhead [-- FILTER and other options of criterion]`
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "benchmarks print")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use benches::{Error, Mode, fail};
use criterion::{Criterion, SamplingMode};
use embedcheck::bench::{Estimate, cell};
use embedcheck::check::{Options, check};
use embedcheck::env::Caller;
use embedcheck::report::Summary;
use embedcheck::run::{HostCommand, HostKind, NoProgress, Stop};
use embedcheck::target::{self, Target};
use embedcheck_plan::{Flags, NORMAL_EXIT, PlanBuilder, PythonAction};

const GROUPS: [&str; 4] = ["load/*", "predict/*", "layout/*", "share/*"];
/// Whether they run at all.
const QUICK_GROUPS: [&str; 1] = ["load/*"];
const HOST: &str = "__host";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == HOST).is_some() {
        return benches::exit_code(embedcheck_host::main(arguments));
    }
    benches::main(configure, measure)
}

fn configure(criterion: Criterion) -> Criterion {
    // One iteration takes seconds: the least that criterion does.
    criterion
        .sample_size(10)
        .warm_up_time(Duration::from_nanos(1))
        .measurement_time(Duration::from_secs(1))
        .nresamples(10_000)
}

fn measure(criterion: &mut Criterion, mode: Mode) -> Result<(), Error> {
    let work = if mode == Mode::List { None } else { Some(Work::new(mode)?) };
    let [mut bare, mut ratios] = [const { Vec::new() }; 2];
    let mut one = || -> Result<Duration, Error> {
        let work = work.as_ref().ok_or("only names were asked for")?;
        let (checks, count) = work.checks()?;
        // Beside each other, so that both have the same machine.
        let processes = work.bare(count)?.as_secs_f64();
        bare.push(processes);
        ratios.push(checks.as_secs_f64() / processes);
        Ok(checks)
    };
    let mut group = criterion.benchmark_group("check_overhead");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("checks", |bencher| {
        bencher.iter_custom(|iterations| {
            let all = (0..iterations).map(|_| one()).sum::<Result<Duration, _>>();
            all.unwrap_or_else(|error| fail(&format!("check_overhead: {error}")))
        });
    });
    group.finish();
    if mode == Mode::Measure && !ratios.is_empty() {
        println!("bare processes, s: {}", cell(Estimate::of(&bare)));
        println!("checks by bare processes: {} (aim: at most 1.50)", cell(Estimate::of(&ratios)));
        println!("largest resident size of the runner: {}\n", peak_memory());
    }
    Ok(())
}

/// What is compared.
struct Work {
    target: Target,
    caller: Caller,
    options: Options,
    bare: Bare,
    workers: usize,
}

impl Work {
    fn new(mode: Mode) -> Result<Self, Error> {
        let caller = Caller::from_process();
        let target = benches::target(&caller)?;
        let workers = thread::available_parallelism()?.get();
        let this = HostCommand::new(HostKind::Rust, std::env::current_exe()?).with_args([HOST]);
        // What a user waits for once per run of the program, not for each check.
        let found = target::discover(&caller, &target::Options::default());
        let groups = if mode == Mode::Test { &QUICK_GROUPS[..] } else { &GROUPS };
        let options = Options {
            others: Some(found.targets),
            only: groups.iter().map(|&group| group.to_owned()).collect(),
            jobs: workers,
            rust_host: Some(this),
            ..Options::default()
        };
        let bare = Bare::new(&target)?;
        let work = Self { target, caller, options, bare, workers };
        // Fills the cache, and the page cache.
        let warm = work.run_checks()?;
        let id = &work.target.id;
        println!("{id}, {workers} workers, {} host processes, verdicts {warm:?}", warm.runs);
        Ok(work)
    }

    fn run_checks(&self) -> Result<Summary, Error> {
        let summary =
            check(&self.target, &self.caller, &self.options, &Stop::new()?, &NoProgress)?.summary;
        if summary.runs == 0 || summary.error > 0 {
            return Err(format!("the checks did not run as they should: {summary:?}").into());
        }
        Ok(summary)
    }

    /// The checks, and how many processes they ran.
    fn checks(&self) -> Result<(Duration, u32), Error> {
        let started = Instant::now();
        let summary = self.run_checks()?;
        Ok((started.elapsed(), summary.runs))
    }

    /// That many bare processes.
    fn bare(&self, count: u32) -> Result<Duration, Error> {
        let started = Instant::now();
        self.bare.run(count, self.workers)?;
        Ok(started.elapsed())
    }
}

/// The bare process: the C host with the shortest plan that starts Python.
struct Bare {
    folder: tempfile::TempDir,
    path: String,
}

impl Bare {
    fn new(target: &Target) -> Result<Self, Error> {
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
    fn run(&self, count: u32, workers: usize) -> Result<(), Error> {
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
