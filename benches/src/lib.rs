//! What the benchmarks share. Criterion measures; the DLLs and the host processes that call them are
//! those of `embedcheck bench` ([`embedcheck::bench`]).
//!
//! Criterion measures one benchmark after another, so that the drift of a shared machine would fall on
//! one producer. So every sample is paired: beside it, off criterion's clock, a host process of `limit`
//! does the same. The ratios that are printed at the end of each group come from these pairs.
//!
//! A benchmark runs itself again as the measuring host (`embedcheck_host::measure`).
#![forbid(unsafe_code)]

mod calls;
mod failure;
mod group;
mod host;
mod ratios;
mod sample;
mod setting;
mod start_up;

use std::process::ExitCode;

use criterion::{Criterion, PlottingBackend};

pub use calls::{Calls, Pace};
pub use failure::fail;
pub use setting::{Mode, Setting, target};
pub use start_up::StartUp;

/// For a person to read.
pub type Error = Box<dyn std::error::Error>;

/// What stands first on the command line of a host process.
pub const HOST: &str = "__measure";

/// The `main` of a benchmark: runs `measure`, or is the measuring host.
///
/// `configure` is what suits the benchmark; the command line overrides it.
pub fn main(
    configure: impl FnOnce(Criterion) -> Criterion,
    measure: impl FnOnce(&mut Criterion, Mode) -> Result<(), Error>,
) -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == HOST).is_some() {
        return exit_code(embedcheck_host::measure::main(words));
    }
    let mode = Mode::of(words);
    // Not gnuplot, if it happens to be there: reports are to look the same everywhere.
    let criterion = Criterion::default().plotting_backend(PlottingBackend::Plotters);
    let mut criterion = configure(criterion).configure_from_args();
    match failure::caught(|| measure(&mut criterion, mode)) {
        Ok(()) => {
            criterion.final_summary();
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&*error);
            ExitCode::FAILURE
        }
    }
}

/// That of a host process as that of this one.
#[must_use]
pub fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

#[expect(clippy::print_stderr, reason = "benchmarks have no other way to say what is wrong")]
fn say(error: &dyn std::error::Error) {
    // Criterion may be in the middle of a line.
    eprintln!("\nerror: {error}");
}
