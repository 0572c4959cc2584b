//! What a warm call costs: every function in the thread that initialised; `add1` from everywhere else.
//!
//! `cargo bench -p benches --bench call [-- FILTER and other options of criterion]`
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

use benches::{Calls, Error, Mode, Pace, Setting};
use criterion::Criterion;
use embedcheck::bench::{FUNCTIONS, PLACES};

/// Slices are so short that most are over before the scheduler takes the processor away.
const PACE: Pace = Pace { slices: 16, reference: Duration::from_micros(400), batch: None };

/// To start a thread takes longer than a call; the first ones after a pause more than others.
const FRESH_PACE: Pace = Pace { slices: 8, reference: Duration::from_millis(2), batch: None };

fn main() -> ExitCode {
    benches::main(configure, measure)
}

fn configure(criterion: Criterion) -> Criterion {
    criterion
        .sample_size(40)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1200))
        .nresamples(10_000)
}

fn measure(criterion: &mut Criterion, mode: Mode) -> Result<(), Error> {
    let setting = Setting::new(mode)?;
    let mut calls = Calls::new(&setting, mode)?;
    for function in FUNCTIONS {
        for place in PLACES {
            if function.name == "add1" || place.name == "initialiser" {
                let name = format!("call/{}/{}", function.name, place.name);
                let order = format!("{} {}", function.name, place.name);
                let pace = if place.name == "fresh" { FRESH_PACE } else { PACE };
                calls.group(criterion, &name, &order, pace)?;
            }
        }
    }
    Ok(())
}
