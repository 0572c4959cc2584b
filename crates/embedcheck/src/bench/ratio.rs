//! Ratios of two producers, taken process by process.

use super::{Estimate, Measurement, Producer, Ratio};

use Producer::{Cffi, Limit, Naive, Pyo3, Rust};

/// What calls are compared by.
const OF_CALLS: [(Producer, Producer); 4] =
    [(Rust, Limit), (Cffi, Rust), (Pyo3, Rust), (Naive, Rust)];

/// What starts are compared by: `limit` is a bare `Py_InitializeEx` and the same init code.
const OF_STARTS: [(Producer, Producer); 4] =
    [(Rust, Limit), (Cffi, Limit), (Pyo3, Limit), (Naive, Limit)];

/// The pairs for a figure; none for one of which a ratio says nothing.
fn pairs(figure: &str) -> &'static [(Producer, Producer)] {
    match figure.split('/').collect::<Vec<_>>().as_slice() {
        ["call", ..] | ["threads", _, "total"] => &OF_CALLS,
        ["start", "both" | "cpu"] => &OF_STARTS,
        _ => &[],
    }
}

/// All ratios of a target, in the order of its measurements.
pub(super) fn ratios(measurements: &[Measurement]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for of_figure in measurements.chunk_by(|one, other| one.figure == other.figure) {
        let Some(Measurement { figure, .. }) = of_figure.first() else { continue };
        let find = |producer| of_figure.iter().find(|one| one.producer == producer);
        for &(above, below) in pairs(figure) {
            let Some((one, other)) = find(above).zip(find(below)) else { continue };
            let Some(estimate) = quotient(&one.values, &other.values) else { continue };
            let figure = figure.clone();
            ratios.push(Ratio { figure, above, below, estimate, wide: estimate.is_wide() });
        }
    }
    ratios
}

/// Values at the same place were measured next to each other.
fn quotient(above: &[f64], below: &[f64]) -> Option<Estimate> {
    let pairs = above.iter().zip(below).filter(|(_, below)| **below > 0.0);
    Estimate::of(&pairs.map(|(above, below)| above / below).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(producer: Producer, figure: &str, values: &[f64]) -> Measurement {
        let estimate = Estimate::of(values).unwrap();
        Measurement {
            producer,
            figure: figure.to_owned(),
            estimate,
            wide: false,
            values: values.to_vec(),
            distribution: None,
        }
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let found = ratios(&[
            measurement(Limit, "call/add1/other", &[10.0, 100.0, 10.0]),
            measurement(Rust, "call/add1/other", &[11.0, 120.0, 13.0]),
            measurement(Limit, "start/both", &[10.0]),
            measurement(Cffi, "start/both", &[20.0]),
            measurement(Cffi, "memory/called", &[20.0]),
        ]);
        let names: Vec<_> =
            found.iter().map(|ratio| (ratio.figure.as_str(), ratio.above, ratio.below)).collect();
        assert_eq!(names, [("call/add1/other", Rust, Limit), ("start/both", Cffi, Limit)]);
        assert_eq!(found[0].estimate, Estimate { median: 1.2, low: 1.1, high: 1.3 });
        assert!(!found[0].wide);
        assert_eq!(found[1].estimate.median, 2.0);
    }

    #[test]
    fn a_wide_one_says_so() {
        let found = ratios(&[
            measurement(Limit, "threads/4/total", &[10.0, 10.0, 10.0]),
            measurement(Rust, "threads/4/total", &[10.0, 12.0, 40.0]),
        ]);
        assert!(found[0].wide);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(quotient(&[1.0], &[0.0]), None);
        assert_eq!(quotient(&[1.0], &[]), None);
    }
}
