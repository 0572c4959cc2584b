//! From loading the DLL to the end of the first call, in fresh processes; and what threads leave behind
//! that make one call and end.
//!
//! `cargo bench -p benches --bench start_up [-- --python PYTHON | --all] [--rounds N]`
//!
//! Here `limit` is a bare `Py_InitializeEx` and the same init code. It is linked to the libpython, as
//! `cffi` is, so that loading the DLL loads it; `rust` finds and loads it in the first call. Aims: `rust`
//! at most 1.10 times `limit`, and no memory for threads that have ended.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use embedcheck::bench::Job;

fn main() -> ExitCode {
    benches::main(|item| matches!(item.job, Job::Start | Job::Ended { .. }))
}
