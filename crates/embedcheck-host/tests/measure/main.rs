//! The measuring host with real DLLs: every figure is there, and no wrong result goes unnoticed.
//!
//! A program with a `main` of its own: called with `__measure` as its first argument it is the host.

#[path = "../agree/environment.rs"]
#[expect(dead_code, reason = "shared with the tests of the hosts, which use all of it")]
mod environment;
mod files;
#[path = "../agree/hosts.rs"]
#[expect(dead_code, reason = "shared with the tests of the hosts, which use all of it")]
mod hosts;
mod plain;
mod python;
mod wrong;

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use serde_json::Value;

/// The functions of the fixture, as the options of the host name them.
const FUNCTIONS: [&str; 7] = ["add1", "nop", "scale", "len", "sum", "raises", "round_trip"];

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "__measure") {
        std::process::exit(embedcheck_host::measure::main(arguments));
    }
    let arguments = Arguments::from_args();
    let mut trials = plain::trials();
    trials.extend(wrong::trials());
    trials.extend(python::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The host with this job and this DLL, in an empty environment.
fn host(job: &str, dll: &Path, options: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env::current_exe().expect("Linux knows the running program"));
    command.args(["__measure", job, "--dll"]).arg(dll).env_clear();
    options.iter().for_each(|option| {
        command.arg(option);
    });
    command
}

/// What it answers.
fn answer(mut command: Command) -> Value {
    let output = hosts::output(&mut command);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    assert_eq!(stderr, "", "{command:?}");
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

/// What it says on stderr when it fails.
fn complaint(mut command: Command) -> String {
    let output = hosts::output(&mut command);
    assert_eq!(output.status.code(), Some(1), "{command:?}");
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

/// The number of that name, above 0.
fn number(answer: &Value, name: &str) -> f64 {
    match answer[name].as_f64() {
        Some(number) if number > 0.0 => number,
        _ => panic!("no {name} in {answer}"),
    }
}

/// The sum of the counts of a histogram, whose times must grow.
fn total(histogram: &Value) -> u64 {
    let pairs = histogram.as_array().expect("a list of pairs");
    let times: Vec<_> = pairs.iter().map(|pair| pair[0].as_f64().expect("a time")).collect();
    assert!(times.is_sorted_by(|one, next| one < next), "{histogram}");
    pairs.iter().map(|pair| pair[1].as_u64().expect("a count")).sum()
}
