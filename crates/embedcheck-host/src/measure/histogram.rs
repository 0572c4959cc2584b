//! Counts of times, by size.

/// Steps of a doubling: two neighbours differ by about 3 %.
const STEPS: usize = 32;
const STEP_BITS: u32 = STEPS.ilog2();

/// How often which time was measured, in a unit of the user's. Adding allocates nothing.
pub(super) struct Histogram {
    counts: Vec<u64>,
    largest: u64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; STEPS * 60], largest: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, time: u64) {
        self.counts[place(time)] += 1;
        self.largest = self.largest.max(time);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own += other;
        }
        self.largest = self.largest.max(other.largest);
    }

    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// The time that this share of all does not exceed, to about 3 %; 0 if there is none.
    pub(super) fn percentile(&self, share: f64) -> u64 {
        let total: u64 = self.counts.iter().sum();
        let rank = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= rank {
                return upper(place).min(self.largest);
            }
        }
        0
    }

    /// The largest time of each step that has some, times `unit`, and how many there are.
    pub(super) fn pairs(&self, unit: f64) -> Vec<(f64, u64)> {
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts
            .map(|(place, count)| (upper(place).min(self.largest) as f64 * unit, *count))
            .collect()
    }
}

fn place(time: u64) -> usize {
    let time = time.max(STEPS as u64);
    let exponent = time.ilog2() - STEP_BITS;
    exponent as usize * STEPS + (time >> exponent) as usize - STEPS
}

/// The largest time that belongs there.
fn upper(place: usize) -> u64 {
    let (exponent, step) = (place / STEPS, place % STEPS);
    (((STEPS + step + 1) as u64) << exponent) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_place_and_is_near_its_upper_end() {
        for time in (32..5000).chain([123_456_789, u64::from(u32::MAX), 1 << 61]) {
            let upper = upper(place(time));
            assert!(upper >= time && upper as f64 <= time as f64 * 1.04, "{time} {upper}");
        }
    }

    #[test]
    fn percentiles_of_known_times() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.percentile(0.5), 0);
        for time in 1..=100 {
            histogram.add(time * 1000);
        }
        let near = |share, expected: f64| {
            let found = histogram.percentile(share) as f64;
            assert!((found / expected - 1.0).abs() < 0.04, "{share}: {found}");
        };
        near(0.5, 50_000.0);
        near(0.99, 99_000.0);
        assert_eq!(histogram.percentile(1.0), 100_000);
        assert_eq!(histogram.largest(), 100_000);
    }

    #[test]
    fn pairs_are_in_the_unit_of_the_user() {
        let mut histogram = Histogram::new();
        [1000, 1000, 5000].into_iter().for_each(|time| histogram.add(time));
        assert_eq!(histogram.pairs(0.5), [(503.5, 2), (2500.0, 1)]);
    }

    #[test]
    fn merged_counts_add_up() {
        let (mut one, mut other) = (Histogram::new(), Histogram::new());
        one.add(100);
        other.add(1_000_000);
        one.merge(&other);
        assert_eq!((one.percentile(0.5), one.largest()), (101, 1_000_000));
    }
}
