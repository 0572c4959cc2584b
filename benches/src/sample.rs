//! Samples that are paired with `limit`.

use std::time::Duration;

use embedcheck::bench::median;

use crate::Error;

/// What criterion asked for at once, and what `limit` did beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// How often.
    pub(crate) iterations: u64,
    /// All of them together.
    pub(crate) time: Duration,
    /// Nanoseconds of one: the median of the slices.
    pub(crate) each: f64,
    /// The same of `limit`.
    pub(crate) reference: f64,
}

impl Sample {
    /// Measures in slices, one of `own`, one of `limit`, and so on. A slice that the scheduler
    /// interrupted is none of the two medians.
    ///
    /// `reference` says how many iterations it made; `own` makes no slice of fewer, if it has so many,
    /// and at most `slices`.
    ///
    /// # Errors
    ///
    /// Those of the two functions.
    pub(crate) fn take(
        iterations: u64,
        slices: u64,
        scale: u64,
        mut own: impl FnMut(u64) -> Result<Duration, Error>,
        mut reference: impl FnMut() -> Result<(u64, Duration), Error>,
    ) -> Result<Self, Error> {
        let nanoseconds = |time: Duration, count: u64| time.as_nanos() as f64 / count as f64;
        let mut time = Duration::ZERO;
        let [mut ours, mut theirs] = [const { Vec::new() }; 2];
        let mut left = iterations;
        // The first one tells how many iterations a slice of the other has.
        let (count, taken) = reference()?;
        let slices = (iterations / count).clamp(1, slices);
        for slice in 0..slices {
            let part = left / (slices - slice);
            left -= part;
            let took = own(part * scale)?;
            let one = took.as_nanos() / u128::from(scale);
            time += Duration::from_nanos(u64::try_from(one)?);
            ours.push(nanoseconds(took, part * scale));
            let (count, taken) = if slice == 0 { (count, taken) } else { reference()? };
            theirs.push(nanoseconds(taken, count));
        }
        let middle = |values: &[f64]| median(values).ok_or("no iterations were asked for");
        Ok(Self { iterations, time, each: middle(&ours)?, reference: middle(&theirs)? })
    }

    /// By how much more than `limit` it takes; `None` if `limit` takes no time.
    pub(crate) fn ratio(&self) -> Option<f64> {
        (self.reference > 0.0).then(|| self.each / self.reference)
    }
}

/// Those that criterion measured: before them it warms up, with ever more iterations.
pub(crate) fn measured(samples: &[Sample]) -> &[Sample] {
    let last = samples.last().map_or(0, |sample| sample.iterations);
    let warm = samples.iter().rposition(|sample| sample.iterations != last);
    &samples[warm.map_or(0, |warm| warm + 1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_paired() {
        let mut parts = Vec::new();
        let own = |count| {
            parts.push(count);
            // One of them is interrupted.
            Ok(Duration::from_nanos(count * if parts.len() == 2 { 1000 } else { 90 }))
        };
        let reference = || Ok((10, Duration::from_nanos(600)));
        let sample = Sample::take(35, 16, 1, own, reference).unwrap();
        assert_eq!(parts, [11, 12, 12]);
        assert_eq!(sample.time, Duration::from_nanos(11 * 90 + 12 * 1000 + 12 * 90));
        assert_eq!((sample.each, sample.reference), (90.0, 60.0));
        assert_eq!(sample.ratio(), Some(1.5));
    }

    #[test]
    fn a_scaled_iteration_takes_the_time_of_one() {
        let own = |count| Ok(Duration::from_nanos(count * 90));
        let reference = || Ok((10, Duration::from_nanos(600)));
        let sample = Sample::take(2, 1, 1000, own, reference).unwrap();
        assert_eq!((sample.time, sample.each), (Duration::from_nanos(180), 90.0));
    }

    #[test]
    fn few_iterations_are_one_slice_and_many_no_more_than_said() {
        for (iterations, expected) in [(1, 1), (9, 1), (20, 2), (100_000, 4)] {
            let mut slices = 0;
            let own = |_| {
                slices += 1;
                Ok(Duration::from_nanos(1))
            };
            Sample::take(iterations, 4, 1, own, || Ok((10, Duration::from_nanos(1)))).unwrap();
            assert_eq!(slices, expected, "{iterations}");
        }
    }

    #[test]
    fn warming_up_is_no_sample() {
        let sample =
            |iterations| Sample { iterations, time: Duration::ZERO, each: 1.0, reference: 0.0 };
        let all = [1, 2, 4, 30, 30, 30].map(sample);
        assert_eq!(measured(&all).len(), 3);
        assert_eq!(measured(&all[..1]).len(), 1);
        assert_eq!(measured(&[]), []);
        assert_eq!(all[0].ratio(), None);
    }
}
