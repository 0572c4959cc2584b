//! How much figures of the same build differ, by their kind.

use std::collections::BTreeMap;

use crate::bench::{BenchTarget, Producer, median};

/// Figures that are alike noisy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    /// For the spreads that are taken together.
    name: &'static str,
    /// The share by which figures of two quiet runs of the same build may differ: code and data lie
    /// elsewhere in memory in each process, and the processor has moods.
    pub(super) floor: f64,
    /// The least difference that matters, in the figure's unit.
    pub(super) least: f64,
    /// Whether the same figure of plain C tells what the scheduler did to it.
    pub(super) of_plain: bool,
    /// The floor on a machine that has more to do than it has processors: times that hang on the
    /// scheduler then differ several times between runs of the same build.
    busy: f64,
}

/// Seen with twelve processes for two processors: starts that took seven times as long.
const SCHEDULED: f64 = 9.0;

const fn kind(name: &'static str, floor: f64, least: f64) -> Kind {
    Kind { name, floor, least, of_plain: false, busy: floor }
}

const fn waits(name: &'static str, floor: f64, least: f64) -> Kind {
    Kind { name, floor, least, of_plain: false, busy: SCHEDULED }
}

const fn scheduled(name: &'static str, floor: f64, least: f64) -> Kind {
    Kind { name, floor, least, of_plain: true, busy: SCHEDULED }
}

impl Kind {
    /// The kind of a figure; `None` for one that is too noisy, or too little, to be compared: single
    /// calls that wait for the scheduler, times of some microseconds that are taken once a process, a
    /// difference of two starts, calls that make a thread state.
    pub(super) fn of(producer: Producer, figure: &str) -> Option<Self> {
        // These make a thread state for each call in a thread that Python did not make. What that costs is
        // up to the allocator and the pages that it has left: some processes take 3 µs, others of the same
        // build 15.
        let makes_states = matches!(producer, Producer::Naive | Producer::Pyo3);
        match figure.split('/').collect::<Vec<_>>().as_slice() {
            ["call", _, "other"] | ["threads", ..] if makes_states => None,
            ["call", _, "fresh"] => Some(scheduled("fresh", 0.30, 1000.0)),
            ["call", "raises" | "round_trip", _] => Some(kind("long call", 0.08, 3.0)),
            ["call", ..] => Some(kind("call", 0.08, 3.0)),
            ["threads", "1", "total" | "cpu" | "p50"] => Some(scheduled("one thread", 0.15, 5.0)),
            ["threads", _, "cpu" | "p50"] => Some(scheduled("threads", 0.30, 10.0)),
            ["threads", _, "total"] => Some(scheduled("throughput", 0.50, 10.0)),
            ["start", "cpu"] => Some(Kind { busy: 0.3, ..kind("start, processor", 0.12, 0.5) }),
            ["start", "both" | "first"] => Some(waits("start", 0.15, 1.0)),
            ["start", "initialise"] => Some(waits("start, part", 0.20, 1.0)),
            ["start", "init-code"] => Some(waits("start, small part", 0.40, 1.0)),
            ["memory", "called"] => Some(kind("memory", 0.10, 512.0)),
            ["memory", "thread"] => Some(kind("memory of threads", 0.50, 256.0)),
            _ => None,
        }
    }

    /// The same on a machine that is as busy as that.
    pub(super) fn on(self, is_busy: bool) -> Self {
        Self { floor: if is_busy { self.busy } else { self.floor }, ..self }
    }
}

/// The usual spread of each kind in one run.
pub(super) struct Spreads {
    by_kind: BTreeMap<&'static str, f64>,
}

impl Spreads {
    /// Over all figures of Python in the report.
    pub(super) fn of(target: &BenchTarget) -> Self {
        let mut all: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for measured in target.measurements.iter().filter(|one| one.producer.is_python()) {
            let kind = Kind::of(measured.producer, &measured.figure);
            if let Some((kind, spread)) = kind.zip(own_spread(&measured.values)) {
                all.entry(kind.name).or_default().push(spread);
            }
        }
        let median = |(kind, spreads): (_, Vec<f64>)| Some((kind, median(&spreads)?));
        Self { by_kind: all.into_iter().filter_map(median).collect() }
    }

    /// The spread of values of this kind: their own, but not less than is usual in that run. Few values
    /// are close together by chance.
    pub(super) fn spread(&self, kind: Kind, values: &[f64]) -> f64 {
        let usual = self.by_kind.get(kind.name).copied();
        own_spread(values).into_iter().chain(usual).reduce(f64::max).unwrap_or(UNKNOWN)
    }
}

/// What is assumed of figures that were measured in one process only.
const UNKNOWN: f64 = 0.15;

/// A robust standard deviation of the logarithms; `None` for one value, or for one that is not positive.
pub(super) fn own_spread(values: &[f64]) -> Option<f64> {
    if values.len() < 2 || values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let logs: Vec<_> = values.iter().map(|value| value.ln()).collect();
    // Of two to four values the range says more than the deviations from the median. What is expected
    // of so many normal values, in standard deviations:
    if let Some(expected) = [1.128, 1.693, 2.059].get(values.len() - 2) {
        let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return Some((high - low) / expected);
    }
    let middle = median(&logs)?;
    let deviations: Vec<_> = logs.iter().map(|log| (log - middle).abs()).collect();
    // Of normal values 1.4826 times the median deviation is the standard deviation; a little more of
    // few.
    let few = 1.0 + 1.0 / values.len() as f64;
    Some(1.4826 * few * median(&deviations)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Figure;

    #[test]
    fn every_kind_of_figure_has_an_answer() {
        let compared = |id: &str| Kind::of(Producer::Rust, id).is_some();
        assert!(
            compared("call/add1/other") && compared("threads/4/total") && compared("start/both")
        );
        assert!(!compared("threads/4/max") && !compared("threads/4/fairness"));
        assert!(!compared("start/second") && !compared("memory/loaded"));
        let all = Figure::all(&[1, 4]);
        assert!(all.iter().filter(|figure| compared(&figure.id)).count() > all.len() / 2);
        // More is better in none of them.
        assert!(all.iter().all(|figure| !figure.more_is_better || !compared(&figure.id)));
    }

    #[test]
    fn who_makes_a_thread_state_for_each_call_is_not_compared() {
        for producer in [Producer::Naive, Producer::Pyo3] {
            assert_eq!(Kind::of(producer, "call/add1/other"), None);
            assert_eq!(Kind::of(producer, "threads/4/total"), None);
            let first = "call/add1/initialiser";
            assert_eq!(Kind::of(producer, first), Kind::of(Producer::Rust, first));
        }
    }

    #[test]
    fn a_busy_machine_hides_what_waits_for_the_scheduler() {
        let floor = |id, busy| Kind::of(Producer::Rust, id).unwrap().on(busy).floor;
        assert!(floor("start/both", true) > 20.0 * floor("start/both", false));
        assert_eq!(floor("call/add1/other", true), floor("call/add1/other", false));
    }

    #[test]
    fn spreads_of_known_values() {
        assert_eq!(own_spread(&[1.0]), None);
        assert_eq!(own_spread(&[1.0, -1.0]), None);
        let e = std::f64::consts::E;
        // A range of 2 on the logarithmic scale.
        assert!((own_spread(&[1.0, e, e * e]).unwrap() - 2.0 / 1.693).abs() < 1e-12);
        let many: Vec<_> = (-4..=4).map(|n| f64::from(n).exp()).collect();
        let expected = 2.0 * 1.4826 * (1.0 + 1.0 / 9.0);
        assert!((own_spread(&many).unwrap() - expected).abs() < 1e-12);
        // One that was disturbed changes nothing.
        let mut disturbed = many.clone();
        disturbed[8] = 1e9;
        assert_eq!(own_spread(&disturbed), own_spread(&many));
    }
}
