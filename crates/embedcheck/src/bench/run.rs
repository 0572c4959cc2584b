//! Measuring one target.

use std::time::Instant;

use super::calibrate::calibrate;
use super::collect::Collector;
use super::ratio::ratios;
use super::{AnswerError, BenchError, BenchTarget, Figure, Job, Missing, Options, Producer, Stand};
use crate::env::Caller;
use crate::run::{Progress, Stop, prepare_process};
use crate::target::{Support, Target};

/// How many jobs [`measure`] reports to its progress for one target.
#[must_use]
pub fn job_count(options: &Options) -> u64 {
    options.selected().count() as u64 * (1 + options.schedule.len())
}

/// Measures one target: its figures, and which of them occur.
///
/// A producer that fails once is not measured further, and says so in its record.
///
/// # Errors
///
/// What makes figures impossible: a target that cannot be embedded, no scratch folder, a host that
/// cannot be started, an interruption.
pub fn measure(
    target: &Target,
    caller: &Caller,
    options: &Options,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<(BenchTarget, Vec<Figure>), BenchError> {
    let began = Instant::now();
    if target.support == Support::LoadingOnly {
        let version = &target.version;
        return Err(BenchError::NotEmbeddable(format!(
            "the DLLs that are measured need CPython 3.8 or later, not {version}"
        )));
    }
    prepare_process().map_err(|error| BenchError::Internal(error.to_string()))?;
    let stand = Stand::new(target, caller, options, stop, progress)?;
    let mut records = stand.records();
    let mut run = Run { stand: &stand, collector: Collector::default(), failed: Vec::new() };
    let mut calibration = Vec::new();
    let mut rounds = 0;
    while options.schedule.goes_on(rounds, began.elapsed()) {
        for (turn, job) in options.schedule.steps(rounds) {
            calibration.extend(calibrate());
            run.step(turn, job, progress)?;
        }
        rounds += 1;
    }
    let Run { mut collector, failed, .. } = run;
    for (producer, reason) in failed {
        collector.forget(producer);
        let record = records.iter_mut().find(|record| record.producer == producer);
        if let Some(record) = record {
            record.missing = Some(Missing::Failed { reason });
        }
    }
    let (figures, measurements) = collector.finish(&options.schedule.threads());
    // What could be embedded a moment ago still can.
    let libpython = target.embeddable().map_err(BenchError::NotEmbeddable)?;
    let shown = |path: &std::path::Path| path.display().to_string();
    let result = BenchTarget {
        id: target.id.clone(),
        implementation: target.implementation.clone(),
        version: target.version.to_string(),
        abi_flags: target.abi_flags.clone(),
        free_threaded: target.free_threaded,
        debug: target.debug,
        executable: target.executable.as_deref().map(shown),
        libpython: shown(&libpython.real_path),
        build_id: libpython.build_id.clone(),
        rounds,
        producers: records,
        ratios: ratios(&measurements),
        measurements,
        calibration,
    };
    Ok((result, figures))
}

/// The state of a run.
struct Run<'a> {
    stand: &'a Stand,
    collector: Collector,
    failed: Vec<(Producer, String)>,
}

impl Run<'_> {
    /// A job for every producer.
    fn step(&mut self, turn: usize, job: Job, progress: &dyn Progress) -> Result<(), BenchError> {
        let dlls = self.stand.dlls();
        for place in 0..dlls.len() {
            // Each round begins with another one, so that no producer always comes after the same.
            let index = (place + turn) % dlls.len();
            let label = format!("{} {}", dlls[index].producer, job.label());
            progress.started(&label);
            self.one(index, job)?;
            progress.finished(&label);
        }
        Ok(())
    }

    fn one(&mut self, index: usize, job: Job) -> Result<(), BenchError> {
        let dll = &self.stand.dlls()[index];
        let producer = dll.producer;
        if self.failed.iter().any(|(failed, _)| *failed == producer) {
            return Ok(());
        }
        match self.answers(index, job) {
            Ok(()) => Ok(()),
            Err(AnswerError::Wrong(reason)) => {
                self.failed.push((producer, format!("{}: {reason}", job.label())));
                Ok(())
            }
            Err(AnswerError::Interrupted) => Err(BenchError::Interrupted),
            Err(AnswerError::NotRun(error)) => Err(BenchError::Internal(error.to_string())),
        }
    }

    fn answers(&mut self, index: usize, job: Job) -> Result<(), AnswerError> {
        let dll = &self.stand.dlls()[index];
        let mut words = job.words();
        if matches!(job, Job::Calls { function: "add1", .. }) {
            words.extend(dll.linked());
        }
        let answer = self.stand.answer(dll, words)?;
        let preloaded = match job {
            Job::Start if dll.producer.is_python() => {
                let words = job.words().into_iter().chain(self.stand.preloaded());
                Some(self.stand.answer(dll, words)?)
            }
            _ => None,
        };
        let added = self.collector.add(dll.producer, job, &answer, preloaded.as_ref());
        added.map_err(|missing| AnswerError::Wrong(format!("the host says {missing}")))
    }
}
