//! The host of `tests/stress/`: threads that start, call, end, fork, raise and import, all at once,
//! in two DLLs that embed-dll made, on each Python of this machine.
//!
//! Ten seconds each; `EMBED_DLL_STRESS_SECONDS` says otherwise. With `EMBED_DLL_STRESS_TOOL=memcheck`
//! or `helgrind` the host runs under valgrind, and a report that begins in code of ours fails the test
//! (`valgrind`). What was run for how long is in `docs/embed-dll/stress.md`.

mod bench;
mod valgrind;

use std::process::ExitCode;

use embedcheck::target::{Support, Target};
use embedcheck_tests::{TARGETS, lacking};
use libtest_mimic::{Arguments, Completion, Trial};

use bench::{Bench, Outcome};
use valgrind::Tool;

/// What whoever runs this test has chosen.
struct Choice {
    seconds: f64,
    seed: String,
    tool: Option<Tool>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let choice: &'static Choice = match Choice::of_caller() {
        Ok(choice) => Box::leak(Box::new(choice)),
        Err(wrong) => panic!("{wrong}"),
    };
    let bench: &'static Bench = Box::leak(Box::new(Bench::new()));
    let mut trials = valgrind::trials();
    let targets: Vec<_> = TARGETS.iter().filter(|target| target.support == Support::Full).collect();
    if targets.is_empty() {
        let none = || lacking("no CPython that can be embedded");
        trials.push(Trial::ignorable_test("targets", none));
    }
    trials.extend(targets.into_iter().map(|target| trial(bench, choice, target)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    bench.clean_up();
    conclusion.exit_code()
}

fn trial(bench: &'static Bench, choice: &'static Choice, target: &'static Target) -> Trial {
    let how = choice.tool.map_or("plain", Tool::name);
    Trial::ignorable_test(format!("{how}::{}", target.id), move || {
        match bench.run(choice, target)? {
            Outcome::Good => Ok(Completion::Completed),
            Outcome::Lacking(reason) => lacking(&reason),
        }
    })
}

impl Choice {
    fn of_caller() -> Result<Self, String> {
        let seconds = variable("EMBED_DLL_STRESS_SECONDS").unwrap_or_else(|| "10".to_owned());
        let tool = variable("EMBED_DLL_STRESS_TOOL");
        Ok(Self {
            seconds: (seconds.parse().ok())
                .filter(|seconds: &f64| *seconds >= 1.0 && *seconds <= 1e6)
                .ok_or_else(|| {
                    format!("EMBED_DLL_STRESS_SECONDS={seconds} is no number of seconds")
                })?,
            seed: variable("EMBED_DLL_STRESS_SEED").unwrap_or_else(|| "1".to_owned()),
            tool: tool.as_deref().map(Tool::named).transpose()?,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a choice of whoever runs this test, as its filters are"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
