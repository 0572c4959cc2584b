//! Benchmarks of the workspace. They print ratios that are taken in one run on one machine, and
//! assert nothing: machines are shared and noisy.
//!
//! What calls cost is measured by `call`, `threads` and `start_up`, for the DLLs of several
//! [`producers`] side by side. A benchmark runs itself again as the host process
//! (`embedcheck_host::measure`), one process for each figure of each DLL, the DLLs by turns.
#![forbid(unsafe_code)]

mod arguments;
pub mod producers;
mod series;
mod setting;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use embedcheck::env::Caller;

pub use arguments::Arguments;
pub use series::{Answer, Series, ratio};
pub use setting::Setting;
pub use table::{Table, cell};

/// For a person to read.
pub type Error = Box<dyn std::error::Error>;

/// The `main` of a benchmark of calls: runs `measure` for each target, or is the host process.
pub fn main(measure: impl Fn(&Setting, &Arguments) -> Result<(), Error>) -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.first().is_some_and(|word| word == arguments::HOST) {
        let code = embedcheck_host::measure::main(words.split_off(1));
        return ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX));
    }
    match all(words, measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint(&*error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "benchmarks have no other way to say what is wrong")]
fn eprint(error: &dyn std::error::Error) {
    eprintln!("error: {error}");
}

fn all(
    words: Vec<OsString>,
    measure: impl Fn(&Setting, &Arguments) -> Result<(), Error>,
) -> Result<(), Error> {
    let arguments = Arguments::parse(words)?;
    let caller = Caller::from_process();
    for target in setting::targets(&arguments, &caller)? {
        measure(&Setting::new(&target, &caller)?, &arguments)?;
    }
    Ok(())
}

/// Smallest, median and largest of some measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Smallest.
    pub minimum: f64,
    /// The middle one; the lower of the two middle ones for an even number.
    pub median: f64,
    /// Largest.
    pub maximum: f64,
}

impl Spread {
    /// `None` without measurements.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len().checked_sub(1)? / 2)?;
        Some(Self { minimum: *values.first()?, median, maximum: *values.last()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_some_values() {
        assert_eq!(Spread::of(Vec::new()), None);
        let spread = Spread::of(vec![3.0, 1.0, 2.0, 9.0]).unwrap();
        assert_eq!(spread, Spread { minimum: 1.0, median: 2.0, maximum: 9.0 });
    }
}
