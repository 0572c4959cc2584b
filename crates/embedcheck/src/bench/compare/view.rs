//! Whether two lists of values differ, in every way to look at them.

use super::ChangeVerdict;
use super::noise::Kind;
use crate::bench::{Estimate, median};

/// How many spreads a change has to exceed. Values of a run hang together: the spread within a run is
/// taken for that between runs, too, so it is not divided by the root of their number.
const SPREADS: f64 = 2.5;

/// What one figure did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    /// How many times the old figure the new one is for certain; 1 if that is not certain.
    pub(super) factor: f64,
    /// What the factor, or its reciprocal, has to exceed.
    pub(super) noise: f64,
    pub(super) verdict: ChangeVerdict,
}

/// `machine` are the ways to see the machine: how many times slower it was in the new run. `spread` is a
/// standard deviation of logarithms. `None` if one list is empty.
pub(super) fn change(
    kind: Kind,
    old: &[f64],
    new: &[f64],
    machine: &[f64],
    spread: f64,
) -> Option<Change> {
    let (before, after) = (Estimate::of(old)?, Estimate::of(new)?);
    let noise = (kind.floor.ln_1p() + SPREADS * spread).exp();
    let same = Change { factor: 1.0, noise, verdict: ChangeVerdict::Same };
    let is_little = |speed: &f64| (after.median / speed - before.median).abs() < kind.least;
    if machine.iter().any(is_little) {
        return Some(same);
    }
    if before.median <= 0.0 || after.median <= 0.0 {
        return Some(small(before, after, noise));
    }
    let ((fast_before, slow_before), (fast_after, slow_after)) = (quarters(old)?, quarters(new)?);
    let mut certain = None;
    for speed in machine {
        for raw in [after.median / before.median, fast_after / fast_before] {
            let log = (raw / speed).ln();
            certain = Some(certain.map_or(log, |known| lesser(known, log)));
        }
        if fast_after <= slow_before * speed && fast_before * speed <= slow_after {
            certain = Some(0.0);
        }
    }
    let log = certain.filter(|log| log.is_finite()).unwrap_or(0.0);
    let verdict = match log {
        log if log > noise.ln() => ChangeVerdict::Worse,
        log if -log > noise.ln() => ChangeVerdict::Better,
        _ => ChangeVerdict::Same,
    };
    Some(Change { factor: log.exp(), noise, verdict })
}

/// For figures that can be nothing, such as memory that a thread leaves behind: the difference is more
/// than matters, and a ratio has no meaning.
fn small(before: Estimate, after: Estimate, noise: f64) -> Change {
    let verdict = match (before.high < after.low, after.high < before.low) {
        (true, _) => ChangeVerdict::Worse,
        (_, true) => ChangeVerdict::Better,
        _ => ChangeVerdict::Same,
    };
    let factor = match verdict {
        ChangeVerdict::Same => 1.0,
        // A ratio to nothing: as large as the least that is beyond the noise allows to say.
        ChangeVerdict::Worse => noise,
        ChangeVerdict::Better => noise.recip(),
    };
    Change { factor, noise, verdict }
}

/// The change of which both are sure; none if they contradict each other.
fn lesser(one: f64, other: f64) -> f64 {
    if one.signum() != other.signum() {
        0.0
    } else if one.abs() < other.abs() {
        one
    } else {
        other
    }
}

/// The medians of the faster and of the slower half.
fn quarters(values: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = values.len().div_ceil(2);
    Some((median(&sorted[..half])?, median(&sorted[values.len() - half..])?))
}
