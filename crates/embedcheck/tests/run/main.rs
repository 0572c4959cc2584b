//! The runner against real processes: each test starts children that behave badly in one way and
//! looks at what is reported and at what is left of them. The children are shell scripts, so that
//! no compiler and no Python is needed.

mod endings;
mod events;
mod host;
mod interrupt;
mod leftovers;
mod output;
mod starting;
mod timeouts;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use embedcheck::run::{Environment, Observation, RunSpec, Stop, run};

/// A run of a shell script. Its working folder is `/`, its time limit generous for a busy machine.
fn script(text: &str) -> RunSpec {
    let mut spec = RunSpec::new("/bin/sh", Environment::new("/usr/bin:/bin", "/nonexistent"), "/");
    spec.args = vec!["-c".into(), text.into()];
    spec.timeout = Duration::from_secs(60);
    spec
}

/// Runs it, and expects that it could be run.
#[track_caller]
fn observe(spec: &RunSpec) -> Observation {
    run(spec, &Stop::new().unwrap()).unwrap()
}

/// The process numbers that a script printed to its standard output, one a line.
#[track_caller]
fn printed_pids(observation: &Observation, count: usize) -> Vec<u32> {
    let pids: Vec<u32> =
        observation.stdout.text.lines().map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(pids.len(), count, "{observation:#?}");
    pids
}

fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits for something that another process does.
#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(30), "still not: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Says that a test was not really run, or fails if that was forbidden.
#[track_caller]
fn skip(reason: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "whether tests may be skipped is said to the tests only"
    )]
    let forbidden = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!forbidden, "skipped although EMBEDCHECK_REQUIRE_ALL=1: {reason}");
    // Not `eprintln`: the test runner would keep it to itself when the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}
