//! What changed between two reports beyond the noise.
//!
//! Two runs of the same build differ, on a shared machine by a lot: its processor is slower for a
//! minute, others use it, memory lies elsewhere. To call that a change would make the tool worthless, and
//! figures are many. So a figure is said to have changed only if it has in every way to look at it:
//!
//! * in its median, and in its fast quarter, which others on the machine disturb least;
//! * as measured, and in proportion to the speed that the machine had (`calibration`); for figures that
//!   hang on the scheduler also in proportion to the same figure of plain C;
//! * by more than a share that is known from runs of the same build, for each kind of figures, and two and
//!   a half times the spread that the values of both runs have;
//! * and the fast quarter of the slower run is slower than the slow quarter of the faster one.
//!
//! The change that is reported is the least of all these ways.

mod model;
mod noise;
mod note;
mod pair;
#[cfg(test)]
mod tests;
mod view;

pub use model::{ChangeVerdict, Compared, Comparison, OldReport, TargetComparison};
pub use pair::{CompareError, pairs};

use super::{BenchReport, BenchTarget, Measurement, Producer, median};
use noise::{Kind, Spreads};
use view::{Change, change};

/// Compares a report with an older one, whose file is called `file`.
///
/// # Errors
///
/// If they have no target or no figure in common.
pub fn compare(
    old: &BenchReport,
    file: &str,
    new: &BenchReport,
) -> Result<Comparison, CompareError> {
    let ids: Vec<_> = new.targets.iter().map(|one| (&*one.id, one.version.clone())).collect();
    let runs = Runs {
        are_alike: old.machine.processor == new.machine.processor
            && old.settings.optimised == new.settings.optimised,
        are_busy: [old, new].into_iter().any(|report| note::busy(report).is_some()),
    };
    let targets: Vec<_> = pairs(old, &ids)?
        .into_iter()
        .map(|(one, other)| target(&old.targets[one], &new.targets[other], &runs))
        .collect();
    if targets.iter().all(|target| target.figures.is_empty()) {
        return Err(CompareError::NoFigures);
    }
    Ok(Comparison {
        old: OldReport {
            file: file.to_owned(),
            date: old.date.clone(),
            version: old.tool.version.clone(),
        },
        notes: note::notes(old, new),
        targets,
    })
}

/// What is known about two runs together.
struct Runs {
    /// On the same kind of machine, by a host that was compiled alike.
    are_alike: bool,
    /// One of them had to share the processors.
    are_busy: bool,
}

fn target(old: &BenchTarget, new: &BenchTarget, runs: &Runs) -> TargetComparison {
    let slowdown = quotient(median(&old.calibration), median(&new.calibration)).unwrap_or(1.0);
    let spreads = [Spreads::of(old), Spreads::of(new)];
    let both = new.measurements.iter().filter_map(|measured| {
        let kind = Kind::of(measured.producer, &measured.figure)
            .filter(|_| measured.producer.is_python())?
            .on(runs.are_busy);
        let before = old.measurement(measured.producer, &measured.figure)?;
        // Another machine has another speed: what was measured says nothing by itself.
        let mut factors = if runs.are_alike { vec![1.0] } else { Vec::new() };
        factors.push(slowdown);
        factors.extend(kind.of_plain.then(|| plain(old, new, &measured.figure)).flatten());
        let spread = f64::hypot(
            spreads[0].spread(kind, &before.values),
            spreads[1].spread(kind, &measured.values),
        );
        let Change { factor, noise, verdict } =
            change(kind, &before.values, &measured.values, &factors, spread)?;
        Some(Compared {
            producer: measured.producer,
            figure: measured.figure.clone(),
            old: before.estimate,
            new: measured.estimate,
            factor,
            noise,
            verdict,
        })
    });
    TargetComparison {
        id: new.id.clone(),
        old_id: old.id.clone(),
        slowdown,
        figures: both.collect(),
    }
}

/// How plain C changed in a figure.
fn plain(old: &BenchTarget, new: &BenchTarget, figure: &str) -> Option<f64> {
    let of = |target: &BenchTarget| {
        target.measurement(Producer::Plain, figure).map(|one: &Measurement| one.estimate.median)
    };
    quotient(of(old), of(new))
}

fn quotient(old: Option<f64>, new: Option<f64>) -> Option<f64> {
    let quotient = new? / old?;
    (quotient.is_finite() && quotient > 0.0).then_some(quotient)
}
