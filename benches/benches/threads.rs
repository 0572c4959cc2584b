//! Calls of `int add1(int, int)` by 1, 2, 4 and 8 threads at once.
//!
//! `cargo bench -p benches --bench threads [-- --python PYTHON | --all] [--rounds N]`
//!
//! The total is wall time over the calls of all threads; the times of single calls are measured
//! apart, because the clock costs a third of a call. Aims: `rust` with 4 and 8 threads has at least 75 % of
//! the throughput of one, at least 4 times that of `cffi`, and leaves no thread behind.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use embedcheck::bench::Job;

fn main() -> ExitCode {
    benches::main(|item| matches!(item.job, Job::Threads { .. }))
}
