//! What a call costs: of each function of the fixture `bench`, from each kind of thread, and while the
//! thread holds the interpreter.
//!
//! `cargo bench -p benches --bench call [-- --python PYTHON | --all] [--rounds N]`
//!
//! Aims: `rust` at most 1.05 times `limit` from any thread, at most 1.10 times while held, at least 1.8
//! times faster than `cffi`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use embedcheck::bench::Job;

fn main() -> ExitCode {
    benches::main(|item| matches!(item.job, Job::Calls { .. }))
}
