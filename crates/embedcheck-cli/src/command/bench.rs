//! `embedcheck bench`.

use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::bench::compare::{Comparison, compare, pairs};
use embedcheck::bench::{
    BenchError, BenchReport, Missing, Options, Recorder, Schedule, from_json, html, job_count,
    measure, to_json, to_text,
};
use embedcheck::env::Caller;
use embedcheck::report::{ReportFile, TextOptions, same_file};
use embedcheck::run::Stop;
use embedcheck::target::{Support, Target, TargetError, default_target, discover};

use super::targets::{named, options as search};
use crate::args::{BenchArgs, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::host;
use crate::output::{self, Output};
use crate::progress::Bar;

/// Measures one target or all of them, or takes a report that is there, compares it if need be, and
/// writes it.
pub(crate) fn bench(args: &BenchArgs, output: &Output, stop: &Stop) -> Result<Exit, Failure> {
    files_differ(args)?;
    // What cannot be read or written should be known before the work is done.
    let old = args.compare.as_deref().map(read).transpose()?;
    let file = args.output.as_ref().map(ReportFile::create).transpose()?;
    let page = args.html.as_ref().map(ReportFile::create).transpose()?;
    let mut report = match &args.with {
        Some(path) => read(path)?,
        None => run(args, old.as_ref(), stop)?,
    };
    report.comparison = match (&args.compare, &old) {
        (Some(path), Some(old)) => Some(compare(old, &path.display().to_string(), &report)?),
        _ => None,
    };
    if let Some(page) = page {
        page.commit(&html(&report))?;
    }
    write(args, &report, file, output)?;
    Ok(exit(args, &report))
}

/// Neither of two files that are written may take the other's place, nor that of one that is read.
fn files_differ(args: &BenchArgs) -> Result<(), Failure> {
    let written = [("--html", &args.html), ("--output", &args.output)];
    let read = [("--compare", &args.compare), ("--with", &args.with)];
    for (index, (one, file)) in written.iter().enumerate() {
        for (other, beside) in written[index + 1..].iter().chain(&read) {
            if let (Some(file), Some(beside)) = (file, beside)
                && same_file(file, beside)
            {
                return Err(Failure::OneFile(one, other, file.clone()));
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<BenchReport, Failure> {
    let text = fs::read(path)
        .map_err(|source| Failure::UnreadableReport { path: path.to_owned(), source })?;
    from_json(&text).map_err(|error| Failure::BadReport { path: path.to_owned(), error })
}

fn run(args: &BenchArgs, old: Option<&BenchReport>, stop: &Stop) -> Result<BenchReport, Failure> {
    let caller = Caller::from_process();
    let options = Options {
        producers: args.producers.clone(),
        schedule: Schedule::new(args.quick, args.rounds, &in_order(&args.threads)),
        quick: args.quick,
        environment: args.env.clone(),
        offline: args.offline,
        ..Options::new(host::measuring()?, host::twins(&caller)?)
    };
    let targets = targets(args, &caller, stop)?;
    if let Some(old) = old {
        let ids: Vec<_> = targets.iter().map(|one| (&*one.id, one.version.to_string())).collect();
        pairs(old, &ids)?;
    }
    let mut recorder = Recorder::begin(&options, command());
    let count = usize::try_from(job_count(&options)).unwrap_or(usize::MAX);
    for target in &targets {
        let progress = Bar::new(&target.id, count);
        match measure(target, &caller, &options, stop, &progress) {
            Ok((target, figures)) => recorder.add(target, figures),
            Err(BenchError::NotEmbeddable(reason)) if args.all => {
                output::complain(&format!("embedcheck: {} is left out: {reason}", target.id));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(recorder.finish())
}

fn targets(args: &BenchArgs, caller: &Caller, stop: &Stop) -> Result<Vec<Target>, Failure> {
    if !args.all {
        let target = match named(&args.target, caller, stop)? {
            Some(target) => target,
            None => default_target(caller, &search(stop))?,
        };
        return Ok(vec![target]);
    }
    let mut targets = discover(caller, &search(stop)).targets;
    if stop.is_requested() {
        return Err(TargetError::Interrupted.into());
    }
    targets.retain(|target| {
        let reason = match &target.support {
            Support::LoadingOnly => Err("it is older than CPython 3.8".to_owned()),
            _ => target.embeddable().map(drop),
        };
        if let Err(reason) = &reason {
            output::complain(&format!("embedcheck: {} is left out: {reason}", target.id));
        }
        reason.is_ok()
    });
    if targets.is_empty() { Err(Failure::NoTarget) } else { Ok(targets) }
}

/// Each once, the fewest first.
fn in_order(threads: &[u32]) -> Vec<u32> {
    let mut threads = threads.to_vec();
    threads.sort_unstable();
    threads.dedup();
    threads
}

/// The command line for the record, without the folder of the program.
fn command() -> Vec<String> {
    let mut words = std::env::args_os();
    let program = words.next().map(PathBuf::from).unwrap_or_default();
    let program = program.file_name().unwrap_or_default().to_owned();
    std::iter::once(program).chain(words).map(|word| word.to_string_lossy().into_owned()).collect()
}

fn write(
    args: &BenchArgs,
    report: &BenchReport,
    file: Option<ReportFile>,
    output: &Output,
) -> Result<(), Failure> {
    let render = |format, options: &TextOptions| -> Result<String, Failure> {
        Ok(match format {
            Format::Text => to_text(report, options),
            Format::Json => to_json(report)?,
        })
    };
    let Some(file) = file else {
        return output.print(&render(args.format, &output.text_options(false))?);
    };
    file.commit(&render(args.format, &TextOptions::default())?)?;
    output.print(&render(Format::Text, &output.text_options(false))?)
}

fn exit(args: &BenchArgs, report: &BenchReport) -> Exit {
    let records = || report.targets.iter().flat_map(|target| &target.producers);
    let failed = records().any(|record| matches!(record.missing, Some(Missing::Failed { .. })));
    let worse = |comparison: &Comparison| {
        args.fail_above.is_some_and(|share| !comparison.worse_by_more_than(share).is_empty())
    };
    // What a report that is there has to say was said when it was made.
    if args.with.is_none() && failed || report.comparison.as_ref().is_some_and(worse) {
        return Exit::Failed;
    }
    let measured = records().any(|record| record.producer.is_python() && record.missing.is_none());
    if measured { Exit::Success } else { Exit::NothingEmbedded }
}
