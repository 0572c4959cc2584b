//! Starts, by fresh host processes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use criterion::Criterion;
use embedcheck::bench::{Answer, Estimate, Producer, START_PARTS, StartParts, Table, cell};

use crate::group::group;
use crate::host::said_by;
use crate::sample::Sample;
use crate::{Error, Mode, Setting};

/// The host processes of a setting, and what they answered.
pub struct StartUp<'a> {
    setting: &'a Setting,
    mode: Mode,
    cold: BTreeMap<Producer, Vec<Answer>>,
    preloaded: BTreeMap<Producer, Vec<Answer>>,
}

impl<'a> StartUp<'a> {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(setting: &'a Setting, mode: Mode) -> Self {
        Self { setting, mode, cold: BTreeMap::new(), preloaded: BTreeMap::new() }
    }

    /// From before `dlopen` to the end of the first call.
    pub fn cold(&mut self, criterion: &mut Criterion) {
        let Self { setting, mode, cold, .. } = self;
        group(criterion, *mode, "start_up/cold", setting.producers(), |producer, iterations| {
            pairs(setting, producer, iterations, &[], cold)
        });
    }

    /// The same with the libpython loaded before the clock starts.
    pub fn preloaded(&mut self, criterion: &mut Criterion) -> Result<(), Error> {
        let Self { setting, mode, preloaded, .. } = self;
        let words = match mode {
            Mode::List => Vec::new(),
            _ => setting.stand()?.preloaded().to_vec(),
        };
        let mut producers = setting.producers().to_vec();
        producers.retain(|producer| producer.is_python());
        group(criterion, *mode, "start_up/preloaded", &producers, |producer, iterations| {
            pairs(setting, producer, iterations, &words, preloaded)
        });
        Ok(())
    }

    /// Prints where the time of a start goes, if both groups were measured.
    ///
    /// # Errors
    ///
    /// What is missing in an answer of the measuring host.
    #[expect(clippy::print_stdout, reason = "benchmarks print")]
    pub fn print_parts(&self) -> Result<(), Error> {
        let names = START_PARTS.iter().map(|id| id.trim_start_matches("start/"));
        let mut table = Table::new(std::iter::once("").chain(names));
        for (producer, preloaded) in &self.preloaded {
            let Some(cold) = self.cold.get(producer) else { continue };
            let pairs = cold.iter().zip(preloaded);
            let parts: Vec<_> = pairs
                .map(|(cold, preloaded)| StartParts::of(cold, preloaded))
                .collect::<Result<_, _>>()?;
            let part = |id: &str| {
                let all = parts.iter().flat_map(StartParts::iter);
                let values: Vec<_> =
                    all.filter(|(known, _)| *known == id).map(|(_, value)| value).collect();
                cell(Estimate::of(&values))
            };
            let cells = START_PARTS.into_iter().map(part);
            table.row(std::iter::once(producer.to_string()).chain(cells));
        }
        if self.mode == Mode::Measure && !table.is_empty() {
            println!("where a start goes, ms: medians with their 95 % intervals\n");
            println!("{table}");
        }
        Ok(())
    }
}

/// Processes of the producer and of `limit` by turns.
fn pairs(
    setting: &Setting,
    producer: Producer,
    iterations: u64,
    words: &[OsString],
    answers: &mut BTreeMap<Producer, Vec<Answer>>,
) -> Result<Sample, Error> {
    let start = |producer| -> Result<(Answer, Duration), Error> {
        let words = std::iter::once("first".into()).chain(words.iter().cloned());
        let answer = setting
            .stand()?
            .answer(setting.dll(producer)?, words)
            .map_err(|error| said_by(producer, &error))?;
        let times = answer.number("load").zip(answer.number("first"));
        let (load, first) = times.ok_or("the measuring host did not say what the start took")?;
        Ok((answer, Duration::from_nanos((load + first) as u64)))
    };
    let answers = answers.entry(producer).or_default();
    let own = |count| {
        let mut all = Duration::ZERO;
        for _ in 0..count {
            let (answer, time) = start(producer)?;
            answers.push(answer);
            all += time;
        }
        Ok(all)
    };
    Sample::take(iterations, u64::MAX, 1, own, || Ok((1, start(Producer::Limit)?.1)))
}
