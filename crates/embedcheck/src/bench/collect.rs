//! From the answers of host processes to measurements.

use std::collections::BTreeMap;

use super::{Answer, Bin, Estimate, Figure, Job, Measurement, PLACES, Producer, StartParts};

/// Classes of a distribution in a report: enough for a plot.
const CLASSES: usize = 80;

/// The values so far, by producer and figure.
#[derive(Debug, Default)]
pub(super) struct Collector {
    values: BTreeMap<(Producer, String), Vec<f64>>,
    /// By the bits of the upper end, which for positive numbers have the order of the numbers.
    distributions: BTreeMap<(Producer, String), BTreeMap<u64, u64>>,
}

impl Collector {
    /// Takes in what the host said; `preloaded` is the second process of [`Job::Start`].
    ///
    /// # Errors
    ///
    /// The name of what is missing in the answer.
    pub(super) fn add(
        &mut self,
        producer: Producer,
        job: Job,
        answer: &Answer,
        preloaded: Option<&Answer>,
    ) -> Result<(), String> {
        match job {
            Job::Start => self.start(producer, answer, preloaded),
            Job::Calls { function, .. } => self.calls(producer, function, answer),
            Job::Threads { threads, .. } => self.threads(producer, threads, answer),
            Job::Ended { count } => {
                let [before, after] = numbers(answer, ["before", "after"])?;
                let bytes = (after - before) * 1024.0 / f64::from(count);
                self.push(producer, "memory/thread", bytes);
                Ok(())
            }
        }
    }

    /// Forgets all of a producer: none of its figures can be believed.
    pub(super) fn forget(&mut self, producer: Producer) {
        self.values.retain(|(known, _), _| *known != producer);
        self.distributions.retain(|(known, _), _| *known != producer);
    }

    fn push(&mut self, producer: Producer, figure: impl Into<String>, value: f64) {
        self.values.entry((producer, figure.into())).or_default().push(rounded(value));
    }

    fn distribution(&mut self, producer: Producer, figure: &str, bins: &[Bin]) {
        let counts = self.distributions.entry((producer, figure.to_owned())).or_default();
        for bin in bins.iter().filter(|bin| bin.upper > 0.0) {
            *counts.entry(bin.upper.to_bits()).or_default() += bin.count;
        }
    }

    fn calls(&mut self, producer: Producer, function: &str, answer: &Answer) -> Result<(), String> {
        let mut found = false;
        for place in PLACES {
            let Some(measured) = answer.place(place.name) else { continue };
            found = true;
            let figure = format!("call/{function}/{}", place.name);
            let [median] = numbers(&measured, ["median"])?;
            self.push(producer, &figure, median);
            // Those of the other functions would make a report ten times as large.
            if let Some(bins) = measured.histogram().filter(|_| function == "add1") {
                self.distribution(producer, &figure, &bins);
            }
        }
        if found { Ok(()) } else { Err("no place at which it called".to_owned()) }
    }

    fn threads(&mut self, producer: Producer, threads: u32, answer: &Answer) -> Result<(), String> {
        let names = ["total", "cpu", "p50", "p99", "max"];
        for (name, value) in names.into_iter().zip(numbers(answer, names)?) {
            self.push(producer, format!("threads/{threads}/{name}"), value);
        }
        let [least, most] = numbers(answer, ["least", "most"])?;
        self.push(producer, format!("threads/{threads}/fairness"), least / most.max(1.0));
        if let Some(bins) = answer.histogram() {
            self.distribution(producer, &format!("threads/{threads}/p50"), &bins);
        }
        Ok(())
    }

    fn start(
        &mut self,
        producer: Producer,
        cold: &Answer,
        preloaded: Option<&Answer>,
    ) -> Result<(), String> {
        const MS: f64 = 1e6;
        let [load, first, second, cpu] = numbers(cold, ["load", "first", "second", "start_cpu"])?;
        let both = load + first;
        for (name, value) in
            [("load", load), ("first", first), ("second", second), ("both", both), ("cpu", cpu)]
        {
            self.push(producer, format!("start/{name}"), value / MS);
        }
        let [before, loaded, called] =
            numbers(cold, ["resident_before", "resident_loaded", "resident_called"])?;
        self.push(producer, "memory/loaded", loaded - before);
        self.push(producer, "memory/called", called - before);
        let Some(preloaded) = preloaded else { return Ok(()) };
        for (figure, value) in StartParts::of(cold, preloaded)?.iter() {
            self.push(producer, figure, value);
        }
        Ok(())
    }

    /// What was measured, in the order of reports, and the figures that occur.
    pub(super) fn finish(mut self, threads: &[u32]) -> (Vec<Figure>, Vec<Measurement>) {
        let mut figures = Figure::all(threads);
        let mut measurements = Vec::new();
        figures.retain(|figure| {
            let before = measurements.len();
            for producer in Producer::ALL {
                let key = (producer, figure.id.clone());
                let Some(values) = self.values.remove(&key) else { continue };
                let Some(estimate) = Estimate::of(&values) else { continue };
                measurements.push(Measurement {
                    producer,
                    figure: figure.id.clone(),
                    estimate,
                    wide: estimate.is_wide(),
                    values,
                    distribution: self.distributions.remove(&key).map(|counts| classes(&counts)),
                });
            }
            measurements.len() > before
        });
        (figures, measurements)
    }
}

/// Several numbers by their names, or the first name that is missing.
pub(super) fn numbers<const N: usize>(
    answer: &Answer,
    names: [&str; N],
) -> Result<[f64; N], String> {
    let mut numbers = [0.0; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        *number = answer.number(name).ok_or_else(|| format!("no number {name}"))?;
    }
    Ok(numbers)
}

/// Six digits: what is behind them is noise, and would double the size of a report.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.clamp(-12, 12));
    (value * scale).round() / scale
}

/// At most [`CLASSES`] classes; neighbours are put together, those with few first.
fn classes(counts: &BTreeMap<u64, u64>) -> Vec<Bin> {
    let bins =
        counts.iter().map(|(upper, count)| Bin { upper: f64::from_bits(*upper), count: *count });
    let mut bins: Vec<_> = bins.collect();
    while bins.len() > CLASSES {
        let pair = |place: &usize| bins[*place].count + bins[*place + 1].count;
        let Some(place) = (0..bins.len() - 1).min_by_key(pair) else { break };
        bins[place + 1].count += bins[place].count;
        bins.remove(place);
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::parse(text).unwrap()
    }

    fn measured(collector: Collector, figure: &str) -> Vec<f64> {
        let (figures, measurements) = collector.finish(&[1, 2]);
        assert!(figures.iter().any(|known| known.id == figure), "{figure}: {figures:?}");
        measurements.into_iter().find(|one| one.figure == figure).unwrap().values
    }

    #[test]
    fn the_parts_of_a_start_are_its_sum() {
        let cold = answer(
            "{\"load\": 100000, \"first\": 15000000, \"second\": 300, \"start_cpu\": 12000000, \
              \"resident_before\": 5000, \"resident_loaded\": 5200, \"resident_called\": 15000}",
        );
        let preloaded = answer(
            r#"{"load": 80000, "first": 12000000, "init_begin": 10000000, "init_end": 12000000}"#,
        );
        let mut collector = Collector::default();
        collector.add(Producer::Rust, Job::Start, &cold, Some(&preloaded)).unwrap();
        let (_, measurements) = collector.finish(&[]);
        let value = |id: &str| measurements.iter().find(|one| one.figure == id).unwrap().values[0];
        let sum: f64 = super::super::START_PARTS.iter().map(|id| value(id)).sum();
        assert!((sum - value("start/both")).abs() < 1e-9, "{sum}");
        assert_eq!(value("start/initialise"), 9.92);
        assert_eq!(value("start/libpython"), 3.02);
        assert_eq!((value("memory/loaded"), value("memory/called")), (200.0, 10_000.0));
    }

    #[test]
    fn calls_have_a_value_for_each_place_that_was_measured() {
        let mut collector = Collector::default();
        let job = Job::Calls { function: "add1", batches: 1 };
        for median in [80.123_456_789, 70.0] {
            let text = format!(
                r#"{{"other": {{"median": {median}, "histogram": [[70, 1], [81, 2]]}}, "load": 1}}"#
            );
            collector.add(Producer::Cffi, job, &answer(&text), None).unwrap();
        }
        let (figures, measurements) = collector.finish(&[]);
        assert_eq!(figures.len(), 1);
        assert_eq!(measurements[0].values, [80.1235, 70.0]);
        let bin = |upper, count| Bin { upper, count };
        assert_eq!(measurements[0].distribution, Some(vec![bin(70.0, 2), bin(81.0, 4)]));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut collector = Collector::default();
        let mut add = |job, text| collector.add(Producer::Limit, job, &answer(text), None);
        let calls = Job::Calls { function: "add1", batches: 1 };
        assert_eq!(add(calls, "{}").unwrap_err(), "no place at which it called");
        assert_eq!(add(calls, r#"{"other": {}}"#).unwrap_err(), "no number median");
        assert_eq!(
            add(Job::Ended { count: 1 }, r#"{"before": 1}"#).unwrap_err(),
            "no number after"
        );
    }

    #[test]
    fn memory_of_ended_threads_is_in_bytes() {
        let mut collector = Collector::default();
        let answer = answer(r#"{"before": 1000, "after": 1010}"#);
        collector.add(Producer::Cffi, Job::Ended { count: 1024 }, &answer, None).unwrap();
        assert_eq!(measured(collector, "memory/thread"), [10.0]);
    }

    #[test]
    fn a_producer_that_failed_is_forgotten() {
        let mut collector = Collector::default();
        collector.push(Producer::Cffi, "memory/thread", 1.0);
        collector.push(Producer::Rust, "memory/thread", 2.0);
        collector.forget(Producer::Cffi);
        assert_eq!(measured(collector, "memory/thread"), [2.0]);
    }

    #[test]
    fn many_classes_become_few_without_losing_a_count() {
        let counts = (1..1000_u64).map(|n| ((n as f64).to_bits(), n)).collect();
        let classes = classes(&counts);
        assert_eq!(classes.len(), CLASSES);
        assert_eq!(classes.iter().map(|bin| bin.count).sum::<u64>(), 999 * 1000 / 2);
        assert_eq!(classes.last().unwrap().upper, 999.0);
        assert!(classes.windows(2).all(|pair| pair[0].upper < pair[1].upper));
    }

    #[test]
    fn six_digits() {
        assert_eq!(rounded(123.456_789_1), 123.457);
        assert_eq!(rounded(0.001_234_567_8), 0.001_234_57);
        assert_eq!((rounded(0.0), rounded(-12_345_678.0)), (0.0, -12_345_700.0));
    }
}
