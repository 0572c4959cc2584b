//! Benchmarks of the workspace. They print figures and ratios that are taken in one run on one machine,
//! and assert nothing but that the DLLs work: machines are shared and noisy.
//!
//! What calls cost is measured by `call`, `threads` and `start_up`: parts of what `embedcheck bench`
//! measures. A benchmark runs itself again as the host process (`embedcheck_host::measure`).
#![forbid(unsafe_code)]

mod arguments;
mod targets;

use std::ffi::OsString;
use std::process::ExitCode;

use embedcheck::bench::{
    BenchTarget, Item, MeasuringHost, Missing, Options, Recorder, Schedule, measure, to_text,
};
use embedcheck::dll::Twins;
use embedcheck::env::Caller;
use embedcheck::report::TextOptions;
use embedcheck::run::{NoProgress, Stop};

pub use arguments::Arguments;

/// For a person to read.
pub type Error = Box<dyn std::error::Error>;

/// The `main` of a benchmark of calls: measures the items of the schedule that it is about, or is the
/// host process.
pub fn main(is_measured: impl Fn(&Item) -> bool) -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.first().is_some_and(|word| word == arguments::HOST) {
        let code = embedcheck_host::measure::main(words.split_off(1));
        return ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX));
    }
    match all(words, is_measured) {
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

#[expect(clippy::print_stdout, reason = "printing is what benchmarks are for")]
fn all(words: Vec<OsString>, is_measured: impl Fn(&Item) -> bool) -> Result<(), Error> {
    let arguments = Arguments::parse(words)?;
    let caller = Caller::from_process();
    let program = std::env::current_exe()?;
    let twins = match &caller.embedcheck_rust_dlls {
        Some(folder) => Twins::in_folder(folder),
        None => Twins::near(&program),
    };
    let optimised = !cfg!(debug_assertions);
    let host = MeasuringHost { program, arguments: vec![arguments::HOST.into()], optimised };
    let mut schedule = Schedule::new(arguments.quick, Some(arguments.rounds), &[1, 2, 4, 8]);
    schedule.items.retain(is_measured);
    let options = Options { schedule, quick: arguments.quick, ..Options::new(host, twins) };
    let mut recorder = Recorder::begin(&options, Vec::new());
    let stop = Stop::new()?;
    for target in targets::targets(&arguments, &caller)? {
        let (target, figures) = measure(&target, &caller, &options, &stop, &NoProgress)?;
        works(&target)?;
        recorder.add(target, figures);
    }
    println!("{}", to_text(&recorder.finish(), &TextOptions::default()));
    Ok(())
}

/// A DLL that fails is fast.
fn works(target: &BenchTarget) -> Result<(), Error> {
    for record in &target.producers {
        if let Some(Missing::Failed { reason }) = &record.missing {
            return Err(format!("{}: {}: {reason}", target.id, record.producer).into());
        }
    }
    Ok(())
}
