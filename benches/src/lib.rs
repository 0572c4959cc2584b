//! Benchmarks of the workspace. They print ratios that are taken in one run on one machine, and
//! assert nothing: machines are shared and noisy.
#![forbid(unsafe_code)]

/// Smallest, median and largest of some measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Smallest.
    pub minimum: f64,
    /// The middle one; the lower of the two middle ones for an even number.
    pub median: f64,
    /// Largest.
    pub maximum: f64,
}

impl Spread {
    /// `None` without measurements.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len().checked_sub(1)? / 2)?;
        Some(Self { minimum: *values.first()?, median, maximum: *values.last()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_some_values() {
        assert_eq!(Spread::of(Vec::new()), None);
        let spread = Spread::of(vec![3.0, 1.0, 2.0, 9.0]).unwrap();
        assert_eq!(spread, Spread { minimum: 1.0, median: 2.0, maximum: 9.0 });
    }
}
