//! Calls, by one host process for each producer.

use std::collections::BTreeMap;
use std::time::Duration;

use criterion::Criterion;
use embedcheck::bench::Producer;

use crate::group::group;
use crate::host::Host;
use crate::sample::Sample;
use crate::{Error, Mode, Setting};

/// How a group is measured.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pairs of a sample.
    pub slices: u64,
    /// What `limit` calls for in each of them.
    pub reference: Duration,
    /// What is measured as one iteration takes so long, if criterion is not to choose: it counts what
    /// surrounds the measured time, such as to start the threads, and would ask for too few calls.
    pub batch: Option<Duration>,
}

/// The host processes of a setting.
pub struct Calls<'a> {
    setting: &'a Setting,
    mode: Mode,
    hosts: BTreeMap<Producer, Host>,
    /// Another process than that of `limit`: its figures are measured as those of all others, and show
    /// how far ratios differ from 1 that should be 1.
    reference: Option<Host>,
}

impl<'a> Calls<'a> {
    /// Starts all host processes.
    ///
    /// # Errors
    ///
    /// If one does not start.
    pub fn new(setting: &'a Setting, mode: Mode) -> Result<Self, Error> {
        let mut hosts = BTreeMap::new();
        if mode == Mode::List {
            return Ok(Self { setting, mode, hosts, reference: None });
        }
        let stand = setting.stand()?;
        for &producer in setting.producers() {
            let host = Host::start(stand, setting.dll(producer)?, producer.word())?;
            hosts.insert(producer, host);
        }
        let limit = setting.dll(Producer::Limit)?;
        let reference = Some(Host::start(stand, limit, "reference")?);
        Ok(Self { setting, mode, hosts, reference })
    }

    /// A group: `order` is `FUNCTION PLACE` as the measuring host knows them.
    ///
    /// # Errors
    ///
    /// If `limit` fails before criterion begins. Later failures end the benchmark.
    pub fn group(
        &mut self,
        criterion: &mut Criterion,
        name: &str,
        order: &str,
        pace: Pace,
    ) -> Result<(), Error> {
        let Self { setting, mode, hosts, reference } = self;
        let is_held = order.ends_with("_held");
        let mut producers = setting.producers().to_vec();
        producers.retain(|producer| !is_held || can_hold(*producer));
        let count = match reference {
            Some(limit) => count_for(pace.reference, |count| limit.calls(order, count))?,
            None => 1,
        };
        let mut scales = BTreeMap::new();
        if let (Some(batch), Mode::Measure) = (pace.batch, *mode) {
            for (producer, host) in hosts.iter_mut() {
                let scale = count_for(batch, |count| host.calls(order, count))?;
                scales.insert(*producer, scale);
            }
        }
        group(criterion, *mode, name, &producers, |producer, iterations| {
            let host = hosts.get_mut(&producer).ok_or("its host was not started")?;
            let limit = reference.as_mut().ok_or("the host of limit was not started")?;
            Sample::take(
                iterations,
                pace.slices,
                scales.get(&producer).copied().unwrap_or(1),
                |part| host.calls(order, part),
                || Ok((count, limit.calls(order, count)?)),
            )
        });
        Ok(())
    }
}

/// Whether hosts can keep the interpreter between calls.
fn can_hold(producer: Producer) -> bool {
    matches!(producer, Producer::Limit | Producer::Rust)
}

/// How many calls take at least half of that time, three times in a row: threads that are in each
/// other's way are slow at one time and fast at the next.
fn count_for(
    time: Duration,
    mut calls: impl FnMut(u64) -> Result<Duration, Error>,
) -> Result<u64, Error> {
    let mut count = 1;
    let mut passed = 0;
    while passed < 3 {
        if calls(count)? >= time / 2 {
            passed += 1;
        } else {
            passed = 0;
            count *= 2;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_for_a_time() {
        let each = |nanoseconds| move |count| Ok(Duration::from_nanos(count * nanoseconds));
        let of = |nanoseconds| count_for(Duration::from_micros(500), each(nanoseconds)).unwrap();
        assert_eq!((of(100), of(20_000), of(10_000_000)), (4096, 16, 1));
    }
}
