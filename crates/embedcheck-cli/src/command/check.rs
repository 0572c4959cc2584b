//! `embedcheck check`.

use embedcheck::check::{CheckError, Options, select};
use embedcheck::env::Caller;
use embedcheck::report::{
    Report, ReportFile, TextOptions, reports_to_json, reports_to_text, to_json, to_text,
};
use embedcheck::run::Stop;
use embedcheck::target::{Target, TargetError, default_target, discover};

use super::targets::{named, options as search};
use crate::args::{CheckArgs, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::host;
use crate::output::{self, Output};
use crate::progress::Bar;

/// Checks one target or all of them and writes the report.
pub(crate) fn check(args: CheckArgs, output: &Output, stop: &Stop) -> Result<Exit, Failure> {
    let caller = Caller::from_process();
    let options = options(&args, &caller)?;
    let count = select(&options)?.len();
    // What cannot be written should be known before the work is done.
    let file = args.output.as_ref().map(ReportFile::create).transpose()?;
    let checked = if args.all {
        all(&caller, &options, count, stop)?
    } else {
        let target = match named(&args.target, &caller, stop)? {
            Some(target) => target,
            None => default_target(&caller, &search(stop))?,
        };
        Checked { left_out: 0, reports: vec![one(&target, &caller, &options, count, stop)?] }
    };
    let exit = Exit::of(&checked.reports, args.strict);
    let exit = exit.with_left_out(checked.left_out, options.require_all);
    write(&args, &checked.reports, file, output)?;
    Ok(exit)
}

/// The reports of `--all`, and how many targets could not be embedded at all.
struct Checked {
    reports: Vec<Report>,
    left_out: usize,
}

fn options(args: &CheckArgs, caller: &Caller) -> Result<Options, Failure> {
    let defaults = Options::default();
    Ok(Options {
        only: args.only.clone(),
        skip: args.skip.clone(),
        // More workers than `usize` can count are as good as that many.
        jobs: args.jobs.map_or(defaults.jobs, |jobs| usize::try_from(jobs).unwrap_or(usize::MAX)),
        iterations: args.iterations,
        timeout: args.timeout.unwrap_or(defaults.timeout),
        offline: args.offline,
        keep: args.keep.clone(),
        rust_host: Some(host::command()?),
        twins: host::twins(caller)?,
        producers: args.producer.iter().copied().map(Into::into).collect(),
        require_all: caller.require_all,
        ..defaults
    })
}

fn one(
    target: &Target,
    caller: &Caller,
    options: &Options,
    count: usize,
    stop: &Stop,
) -> Result<Report, Failure> {
    let progress = Bar::new(&target.id, count);
    Ok(embedcheck::check::check(target, caller, options, stop, &progress)?)
}

fn all(caller: &Caller, options: &Options, count: usize, stop: &Stop) -> Result<Checked, Failure> {
    let targets = discover(caller, &search(stop)).targets;
    if stop.is_requested() {
        return Err(TargetError::Interrupted.into());
    }
    // No check has to discover them again.
    let options = &Options { others: Some(targets.clone()), ..options.clone() };
    let mut checked = Checked { reports: Vec::new(), left_out: 0 };
    for target in &targets {
        match one(target, caller, options, count, stop) {
            Ok(report) => checked.reports.push(report),
            Err(Failure::Check(CheckError::NotEmbeddable(reason))) => {
                output::complain(&format!("embedcheck: {} is left out: {reason}", target.id));
                checked.left_out += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    if targets.is_empty() { Err(Failure::NoTarget) } else { Ok(checked) }
}

fn write(
    args: &CheckArgs,
    reports: &[Report],
    file: Option<ReportFile>,
    output: &Output,
) -> Result<(), Failure> {
    let Some(file) = file else {
        let text = render(args, reports, args.format, &output.text_options(args.verbose))?;
        return output.print(&text);
    };
    let plain = TextOptions { verbose: args.verbose, ..TextOptions::default() };
    file.commit(&render(args, reports, args.format, &plain)?)?;
    output.print(&render(args, reports, Format::Text, &output.text_options(args.verbose))?)
}

fn render(
    args: &CheckArgs,
    reports: &[Report],
    format: Format,
    options: &TextOptions,
) -> Result<String, Failure> {
    Ok(match (format, reports) {
        (Format::Text, [report]) if !args.all => to_text(report, options),
        (Format::Text, reports) => reports_to_text(reports, options),
        (Format::Json, [report]) if !args.all => to_json(report)?,
        (Format::Json, reports) => reports_to_json(reports)?,
    })
}
