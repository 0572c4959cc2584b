//! Figures of many times.

use std::time::Duration;

use serde_json::{Value, json};

use super::histogram::Histogram;

/// Times of a call, each of which may be the mean over a batch.
#[derive(Default)]
pub(super) struct Series {
    /// Nanoseconds.
    times: Vec<f64>,
}

impl Series {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { times: Vec::with_capacity(count) }
    }

    /// Adds what that many calls took together.
    pub(super) fn add(&mut self, time: Duration, calls: u32) {
        self.times.push(time.as_nanos() as f64 / f64::from(calls));
    }

    /// `{"median":…,"p10":…,"p90":…,"histogram":[[upper,count],…]}`, all times in nanoseconds.
    pub(super) fn summary(mut self) -> Value {
        self.times.sort_by(f64::total_cmp);
        // Counted in picoseconds: a function that does nothing takes about a nanosecond.
        let mut histogram = Histogram::new();
        self.times.iter().for_each(|time| histogram.add((time * 1000.0) as u64));
        json!({
            "median": self.at(0.5),
            "p10": self.at(0.1),
            "p90": self.at(0.9),
            "histogram": histogram.pairs(0.001),
        })
    }

    /// The time that this share is below, of sorted times.
    fn at(&self, share: f64) -> Option<f64> {
        let place = (self.times.len() as f64 * share) as usize;
        self.times.get(place.min(self.times.len().checked_sub(1)?)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_known_times() {
        let mut series = Series::with_capacity(100);
        for number in (1..=100).rev() {
            series.add(Duration::from_nanos(number * 500), 500);
        }
        let summary = series.summary();
        let numbers = ["p10", "median", "p90"].map(|name| summary[name].as_f64().unwrap());
        assert_eq!(numbers, [11.0, 51.0, 91.0]);
        let histogram = summary["histogram"].as_array().unwrap();
        let counts: u64 = histogram.iter().map(|pair| pair[1].as_u64().unwrap()).sum();
        assert_eq!(counts, 100);
        let upper = histogram.last().unwrap()[0].as_f64().unwrap();
        assert!((100.0..104.0).contains(&upper), "{upper}");
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(Series::default().summary()["median"].is_null());
    }
}
