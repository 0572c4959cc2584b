//! Both hosts do the same: they parse alike, and running the same plan they report the same.
//!
//! A program with a `main` of its own: called with `host` as its first argument it is the Rust host,
//! which thereby is always the one under test. It runs the C host from the bytes that embedcheck
//! carries. Every plan runs in a real process of each.

#[path = "../../../embedcheck-plan/tests/broken/mod.rs"]
mod broken;
mod environment;
mod execution;
mod foreign;
mod hosts;
mod normal;
mod parsing;
mod plans;
#[path = "../../../embedcheck-plan/tests/strategy/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of embedcheck-plan, which use all of it")]
mod strategy;

use std::env;
use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "host") {
        std::process::exit(embedcheck_host::main(arguments));
    }
    let arguments = Arguments::from_args();
    let mut trials = parsing::trials();
    trials.extend(execution::trials());
    trials.extend(foreign::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
