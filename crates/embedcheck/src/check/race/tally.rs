//! Histograms of outcomes, and what follows from them.

use std::collections::BTreeMap;

use crate::check::{Case, Finding, Judgement, Lab, LabError};
use crate::diagnose::Cause;
use crate::report::Bucket;
use crate::run::HostCommand;

/// The outcomes of one case over many processes.
#[derive(Debug)]
pub(super) struct Tally {
    label: String,
    counts: BTreeMap<String, u32>,
    /// One for each outcome.
    samples: Vec<Judgement>,
    total: u32,
}

/// A race that cannot be promised, and the same with the remedy.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) race: Tally,
    pub(super) remedy: Tally,
    /// What the remedy is.
    pub(super) words: &'static str,
}

impl Tally {
    /// Repeats a case, at least once; the hosts take turns. `usual` is how often if the user does
    /// not say.
    pub(super) fn of(
        lab: &Lab<'_>,
        label: &str,
        usual: u32,
        case: impl Fn(&HostCommand) -> Result<Case, LabError>,
    ) -> Result<Self, LabError> {
        let total = lab.options().iterations.unwrap_or(usual).max(1);
        let hosts = lab.dlopen_hosts();
        let mut tally =
            Self { label: label.to_owned(), counts: BTreeMap::new(), samples: Vec::new(), total };
        for (iteration, host) in (0..total).zip(hosts.iter().cycle()) {
            let judged = lab.repeat(case(host)?, iteration)?;
            let count = tally.counts.entry(judged.class()).or_default();
            *count += 1;
            if *count == 1 {
                tally.samples.push(judged);
            }
        }
        Ok(tally)
    }

    fn bad(&self) -> u32 {
        self.total - self.counts.get("good").copied().unwrap_or_default()
    }

    /// The cause of the most specific kind that any sample shows: outcomes differ, the defect is one.
    fn cause(&self) -> Option<Cause> {
        let causes = || self.samples.iter().filter_map(|sample| sample.cause.as_ref());
        let named = causes().find(|cause| cause.id == "race-init");
        named.or_else(|| causes().next()).cloned()
    }

    fn buckets(&self) -> impl Iterator<Item = Bucket> {
        self.counts.iter().map(|(outcome, count)| Bucket {
            case: self.label.clone(),
            outcome: outcome.clone(),
            count: *count,
        })
    }
}

/// What must be good decides between pass and fail; what cannot be promised makes a limit of a pass,
/// if its remedy was good every time.
pub(super) fn conclude(promised: Vec<Tally>, unpromised: Vec<Pair>) -> Finding {
    let mut finding = verdict(&promised, &unpromised);
    let pairs = unpromised.into_iter().flat_map(|pair| [pair.race, pair.remedy]);
    for tally in promised.into_iter().chain(pairs) {
        finding.histogram.extend(tally.buckets());
        finding = finding.with_cases(tally.samples);
    }
    finding
}

fn verdict(promised: &[Tally], unpromised: &[Pair]) -> Finding {
    let remedies = unpromised.iter().map(|pair| &pair.remedy);
    if let Some(tally) = promised.iter().chain(remedies).find(|tally| tally.bad() > 0) {
        let first = tally.samples.iter().find(|sample| !sample.is_good());
        let detail = format!(
            "{} of {} processes went wrong; {}",
            tally.bad(),
            tally.total,
            first.map(Judgement::describe).unwrap_or_default()
        );
        return Finding::fail(detail).because(tally.cause());
    }
    let Some(pair) = unpromised.iter().find(|pair| pair.race.bad() > 0) else {
        let good: u32 = promised.iter().map(|tally| tally.total).sum();
        let lucky: u32 = unpromised.iter().map(|pair| pair.race.total).sum();
        return match lucky {
            0 => Finding::pass(format!("{good} of {good} processes good")),
            _ => Finding::pass(format!(
                "0 of {lucky} processes went wrong, but nothing promises that"
            )),
        };
    };
    let rate = f64::from(pair.race.bad()) / f64::from(pair.race.total) * 100.0;
    let detail = format!(
        "{}: {} of {} processes went wrong ({rate:.0} %); nothing in CPython serialises two \
         embedders",
        pair.race.label,
        pair.race.bad(),
        pair.race.total
    );
    let verified = format!("{}: {} of {} good", pair.words, pair.remedy.total, pair.remedy.total);
    // The cause names remedies for every race; here is the one that was measured.
    Finding::limit(detail, vec![verified])
        .because(pair.race.cause())
        .advise(format!("Do what worked in this run: {}.", pair.words))
}
