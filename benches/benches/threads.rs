//! Calls of `add1` by 1, 2, 4 and 8 threads at once: wall time over the calls of all of them.
//!
//! `cargo bench -p benches --bench threads [-- FILTER and other options of criterion]`
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use benches::{Calls, Error, Mode, Pace, Setting};
use criterion::Criterion;

const THREADS: [u32; 4] = [1, 2, 4, 8];

/// Long slices: CPython lets a thread keep the GIL for 5 ms when others want it.
const PACE: Pace = Pace {
    slices: 1,
    reference: Duration::from_millis(40),
    batch: Some(Duration::from_millis(30)),
};

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
    let mut calls = Calls::new(&setting, mode)?;
    for threads in THREADS {
        let name = format!("threads/{threads}");
        calls.group(criterion, &name, &format!("add1 threads:{threads}"), PACE)?;
    }
    Ok(())
}
