//! What is measured, how often and how long: as data.

use std::ffi::OsString;
use std::time::Duration;

use super::FUNCTIONS;

/// What one host process, or two, measure of a DLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Start and first call; and again with the libpython loaded before, next to it.
    Start,
    /// Calls of a function from every place.
    Calls {
        /// Its name.
        function: &'static str,
        /// Batches of calls at each place.
        batches: u32,
    },
    /// `add1` by several threads at once.
    Threads {
        /// How many.
        threads: u32,
        /// Milliseconds for the throughput, and again for the single calls.
        milliseconds: u32,
    },
    /// Threads that make one call and end.
    Ended {
        /// How many.
        count: u32,
    },
}

impl Job {
    /// The command line of the measuring host, without the DLL.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        let text = match self {
            Self::Start => "first".to_owned(),
            Self::Calls { function, batches } => {
                format!("calls --function {function} --batches {batches}")
            }
            Self::Threads { threads, milliseconds } => {
                format!("threads --threads {threads} --milliseconds {milliseconds}")
            }
            Self::Ended { count } => format!("ended --count {count}"),
        };
        text.split(' ').map(OsString::from).collect()
    }

    /// In a few words, for the progress and for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Calls { function, .. } => format!("calls of {function}"),
            Self::Threads { threads: 1, .. } => "1 thread".to_owned(),
            Self::Threads { threads, .. } => format!("{threads} threads"),
            Self::Ended { .. } => "threads that end".to_owned(),
        }
    }
}

/// A job, and how often a round has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub job: Job,
    /// How often for each producer, each time in fresh processes.
    pub times: u32,
    /// Only in the first round.
    pub once: bool,
}

/// All that is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How often everything is done for each producer.
    pub rounds: u32,
    /// What a round has.
    pub items: Vec<Item>,
    /// No round is begun that would not be over after this time, if it took as long as those before; the
    /// first one always is.
    pub budget: Option<Duration>,
}

/// Rounds of a quick run: few, but more than half of them have to be disturbed before a median is.
const QUICK_ROUNDS: u32 = 5;
/// A quick run is to be over in a minute on a machine that is busy, too.
const QUICK_BUDGET: Duration = Duration::from_secs(45);
/// Rounds of a full run: the interval of the median of ten values leaves out the extremes.
const ROUNDS: u32 = 10;

impl Schedule {
    /// The usual schedule. A round goes through all items, so that the values of each figure are spread
    /// over the whole run, and a machine that gets slower for a minute shows in their spread.
    #[must_use]
    pub fn new(quick: bool, rounds: Option<u32>, threads: &[u32]) -> Self {
        let item = |job, times| Item { job, times, once: false };
        let [starts, batches, slow_batches, milliseconds, count] = match quick {
            true => [3, 60, 20, 30, 1000],
            false => [5, 300, 100, 150, 10_000],
        };
        let mut items = vec![item(Job::Start, starts)];
        for function in FUNCTIONS {
            // An exception costs about ten times what a call does.
            let batches = if function.name == "raises" { slow_batches } else { batches };
            items.push(item(Job::Calls { function: function.name, batches }, 1));
        }
        for &threads in threads {
            items.push(item(Job::Threads { threads, milliseconds }, 1));
        }
        items.push(Item { job: Job::Ended { count }, times: 1, once: quick });
        let rounds = rounds.unwrap_or(if quick { QUICK_ROUNDS } else { ROUNDS });
        Self { rounds, items, budget: quick.then_some(QUICK_BUDGET) }
    }

    /// The numbers of threads that call at once.
    #[must_use]
    pub fn threads(&self) -> Vec<u32> {
        let threads = self.items.iter().filter_map(|item| match item.job {
            Job::Threads { threads, .. } => Some(threads),
            _ => None,
        });
        threads.collect()
    }

    /// How many times a producer is measured, over all rounds.
    #[must_use]
    pub fn len(&self) -> u64 {
        let times = |item: &Item| {
            u64::from(item.times) * if item.once { 1 } else { u64::from(self.rounds) }
        };
        self.items.iter().map(times).sum()
    }

    /// Whether there is nothing to measure.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The jobs of a round in the order of time, each with a number by which the order of the producers
    /// turns.
    pub fn steps(&self, round: u32) -> impl Iterator<Item = (usize, Job)> + '_ {
        let items = self.items.iter().filter(move |item| !item.once || round == 0);
        let turns = move |item: &Item| (0..item.times).map(move |time| (round + time) as usize);
        items.flat_map(move |item| turns(item).map(|turn| (turn, item.job)))
    }

    /// Whether there is time for another round after so many, which have taken so long.
    #[must_use]
    pub fn goes_on(&self, done: u32, elapsed: Duration) -> bool {
        let average = elapsed / done.max(1);
        done < self.rounds
            && (done == 0 || self.budget.is_none_or(|most| elapsed + average <= most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_as_many_as_said() {
        for quick in [true, false] {
            let schedule = Schedule::new(quick, None, &[1, 2, 4, 8]);
            let steps = (0..schedule.rounds).flat_map(|round| schedule.steps(round));
            assert_eq!(steps.count() as u64, schedule.len());
            assert!(!schedule.is_empty());
        }
        let none = Schedule::new(false, Some(0), &[1, 7]);
        assert_eq!((none.is_empty(), none.threads()), (true, vec![1, 7]));
    }

    /// Drift hits every figure and every producer alike.
    #[test]
    fn a_round_has_everything_and_begins_with_another_producer() {
        let schedule = Schedule::new(true, Some(2), &[4]);
        let steps: Vec<_> = (0..2).flat_map(|round| schedule.steps(round)).collect();
        let of_add1 = steps.iter().filter(|(_, job)| job.label() == "calls of add1");
        assert_eq!(of_add1.map(|(turn, _)| *turn).collect::<Vec<_>>(), [0, 1]);
        let starts = steps.iter().filter(|(_, job)| *job == Job::Start);
        assert_eq!(starts.map(|(turn, _)| *turn).collect::<Vec<_>>(), [0, 1, 2, 1, 2, 3]);
        assert_eq!(steps[0].1, Job::Start);
        assert!(steps.iter().skip(steps.len() / 2).any(|(_, job)| *job == Job::Start));
    }

    #[test]
    fn a_quick_run_stops_before_it_is_slow() {
        let schedule = Schedule::new(true, Some(5), &[1]);
        let goes_on = |done, seconds| schedule.goes_on(done, Duration::from_secs(seconds));
        assert!(goes_on(0, 100) && goes_on(1, 22) && goes_on(4, 20));
        assert!(!goes_on(1, 23) && !goes_on(3, 40) && !goes_on(5, 1));
        let full = Schedule::new(false, Some(5), &[1]);
        assert!(full.goes_on(4, Duration::from_secs(10_000)));
    }

    #[test]
    fn words_of_the_host() {
        let words = |job: Job| job.words().join(" ".as_ref());
        assert_eq!(words(Job::Start), "first");
        let calls = Job::Calls { function: "nop", batches: 7 };
        assert_eq!(words(calls), "calls --function nop --batches 7");
        let threads = Job::Threads { threads: 4, milliseconds: 30 };
        assert_eq!(words(threads), "threads --threads 4 --milliseconds 30");
        assert_eq!(words(Job::Ended { count: 9 }), "ended --count 9");
    }
}
