//! From loading the DLL to the end of the first call, in fresh processes.
//!
//! `cargo bench -p benches --bench start_up [-- FILTER and other options of criterion]`
//!
//! `limit` is a bare `Py_InitializeEx` and the same init code.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use benches::{Error, Mode, Setting, StartUp};
use criterion::Criterion;

fn main() -> ExitCode {
    benches::main(configure, measure)
}

fn configure(criterion: Criterion) -> Criterion {
    criterion
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(2500))
        .nresamples(10_000)
}

fn measure(criterion: &mut Criterion, mode: Mode) -> Result<(), Error> {
    let setting = Setting::new(mode)?;
    let mut starts = StartUp::new(&setting, mode);
    starts.cold(criterion);
    starts.preloaded(criterion)?;
    starts.print_parts()
}
