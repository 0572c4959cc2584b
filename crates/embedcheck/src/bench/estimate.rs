//! The middle of some measurements, and how sure it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A median with its 95 % confidence interval.
///
/// The interval is one of order statistics: it assumes nothing about how the values are distributed
/// but that they are independent. Fewer than six values cannot give 95 %; then it is from the least to
/// the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The middle value, or the mean of the two middle ones.
    pub median: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A share of the median that an interval may reach on one side before the figure is not to be
/// trusted.
pub const TOO_WIDE: f64 = 0.10;

impl Estimate {
    /// `None` without values, or if one is no number.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        let skipped = beyond_interval(sorted.len());
        Some(Self {
            median: median_of_sorted(&sorted),
            low: sorted[skipped],
            high: sorted[sorted.len() - 1 - skipped],
        })
    }

    /// Whether the interval reaches further than [`TOO_WIDE`] from the median.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        let reach = (self.high - self.median).max(self.median - self.low);
        reach > TOO_WIDE * self.median.abs()
    }
}

/// The median; `None` without values, or if one is no number.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    sorted(values).map(|sorted| median_of_sorted(&sorted))
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// How many of `count` sorted values lie outside of the interval at either end: the largest number
/// for which the median of the population lies beyond with at most 2.5 % probability.
///
/// The number of values below that median has a binomial distribution with p = 1/2.
fn beyond_interval(count: usize) -> usize {
    // C(count, k) / 2^count, beginning with k = 0.
    let mut term = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    if term == 0.0 {
        return beyond_interval_of_many(count);
    }
    let mut below = 0.0;
    let mut skipped = 0;
    for k in 0..count / 2 {
        below += term;
        if below > 0.025 {
            break;
        }
        skipped = k;
        term *= (count - k) as f64 / (k + 1) as f64;
    }
    skipped
}

/// The normal approximation, for numbers of values of which 2^-count is no longer a number.
fn beyond_interval_of_many(count: usize) -> usize {
    let count = count as f64;
    (count / 2.0 - 1.96 * count.sqrt() / 2.0 - 1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(count: u32) -> Vec<f64> {
        (1..=count).rev().map(f64::from).collect()
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    /// From the tables of binomial confidence intervals of a median.
    #[test]
    fn intervals_of_known_sizes() {
        for (count, low, high) in [
            (1, 1.0, 1.0),
            (5, 1.0, 5.0),
            (6, 1.0, 6.0),
            (8, 1.0, 8.0),
            (9, 2.0, 8.0),
            (10, 2.0, 9.0),
            (12, 3.0, 10.0),
            (15, 4.0, 12.0),
            (20, 6.0, 15.0),
            (25, 8.0, 18.0),
            (50, 18.0, 33.0),
        ] {
            let Estimate { low: found_low, high: found_high, .. } =
                Estimate::of(&up_to(count)).unwrap();
            assert_eq!((found_low, found_high), (low, high), "{count} values");
        }
        let many = Estimate::of(&up_to(5000)).unwrap();
        assert!((many.low - 2430.0).abs() < 3.0 && (many.high - 2570.0).abs() < 3.0, "{many:?}");
    }

    #[test]
    fn one_outlier_moves_nothing_in_many() {
        let mut values = vec![100.0; 9];
        values.push(1e9);
        let estimate = Estimate::of(&values).unwrap();
        assert_eq!(estimate, Estimate { median: 100.0, low: 100.0, high: 100.0 });
        assert!(!estimate.is_wide());
    }

    #[test]
    fn wide_is_more_than_a_tenth() {
        let of = |low, high| Estimate { median: 100.0, low, high }.is_wide();
        assert!(!of(90.0, 110.0));
        assert!(of(89.0, 101.0) && of(100.0, 111.0));
    }
}
