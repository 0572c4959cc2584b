//! Running the checks: selection, parallelism, and one result each.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Instant;

use globset::{Glob, GlobMatcher};

use super::workshop::Workshop;
use super::{CHECKS, Check, CheckError, Finding, Lab, LabError, Options};
use crate::diagnose::{self, Evidence};
use crate::env::Caller;
use crate::report::{
    CaseRecord, CheckResult, Machine, Producer, Report, SCHEMA, Summary, Tool, Verdict,
};
use crate::run::{Job, Progress, Stop, prepare_process, run_all};
use crate::target::{Support, Target};

/// Runs the selected checks on one target.
///
/// # Errors
///
/// What makes a report impossible: a selection that is empty, a target that cannot be embedded, no
/// scratch folder, an interruption. Whatever a check runs into is part of its result.
pub fn check(
    target: &Target,
    caller: &Caller,
    options: &Options,
    stop: &Stop,
    progress: &dyn Progress,
) -> Result<Report, CheckError> {
    let started = Instant::now();
    let selected = select(options)?;
    let libpython = target.embeddable().map_err(CheckError::NotEmbeddable)?;
    prepare_process().map_err(|error| CheckError::Internal(error.to_string()))?;
    let workshop = Workshop::new(target, libpython, caller, options, stop)?;
    let mut order: Vec<(usize, &Check)> = selected.into_iter().enumerate().collect();
    // What takes long is started first, so that it does not run alone at the end.
    order.sort_by_key(|(_, check)| std::cmp::Reverse(check.cost));
    let jobs = order
        .into_iter()
        .map(|job| Job { label: job.1.id.to_owned(), input: job })
        .collect::<Vec<_>>();
    let workers = NonZero::new(options.jobs)
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZero::<usize>::MIN);
    let done =
        run_all(jobs, workers, stop, |(index, check)| (index, run_one(&workshop, check)), progress);
    let mut done = done.map_err(|_| CheckError::Interrupted)?;
    done.sort_by_key(|(index, _)| *index);
    let mut summary = Summary::default();
    let mut results = Vec::with_capacity(done.len());
    for (_, (result, embedded)) in done {
        summary.count(&result, embedded);
        results.push(result);
    }
    if stop.is_requested() {
        return Err(CheckError::Interrupted);
    }
    Ok(Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        environment: Machine::this(&workshop),
        target: target.clone(),
        results,
        summary,
        duration_ms: milliseconds(started),
    })
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The checks that `--only` and `--skip` leave, in the order of reports.
pub fn select(options: &Options) -> Result<Vec<&'static Check>, CheckError> {
    let only = globs("only", &options.only)?;
    let skip = globs("skip", &options.skip)?;
    let selected: Vec<_> = CHECKS
        .iter()
        .filter(|check| only.is_empty() || only.iter().any(|glob| glob.is_match(check.id)))
        .filter(|check| !skip.iter().any(|glob| glob.is_match(check.id)))
        .collect();
    if selected.is_empty() { Err(CheckError::NothingLeft) } else { Ok(selected) }
}

/// Compiles globs and refuses those that match nothing: a typo must not look like a green run.
fn globs(option: &'static str, texts: &[String]) -> Result<Vec<GlobMatcher>, CheckError> {
    let mut matchers = Vec::with_capacity(texts.len());
    for text in texts {
        // The name of a group stands for all of it.
        let whole = CHECKS.iter().any(|check| check.group() == text);
        let pattern = if whole { format!("{text}/*") } else { text.clone() };
        let glob = Glob::new(&pattern).map_err(|error| CheckError::BadGlob {
            option,
            glob: text.clone(),
            reason: error.kind().to_string(),
        })?;
        let matcher = glob.compile_matcher();
        if !CHECKS.iter().any(|check| matcher.is_match(check.id)) {
            let mut groups: Vec<_> = CHECKS.iter().map(Check::group).collect();
            groups.dedup();
            return Err(CheckError::NothingSelected {
                option,
                glob: text.clone(),
                groups: groups.join(", "),
            });
        }
        matchers.push(matcher);
    }
    Ok(matchers)
}

/// One result, and in how many of its processes Python ran.
fn run_one(workshop: &Workshop<'_>, check: &Check) -> (CheckResult, u32) {
    let started = Instant::now();
    let lab = Lab::new(workshop, check.id);
    let finding = if !check.loading && workshop.target.support == Support::LoadingOnly {
        Ok(Finding::skip(format!(
            "CPython {}.{} gets the loading checks only (load/…): it is older than 3.8",
            workshop.target.version.major, workshop.target.version.minor
        )))
    } else {
        // A defect of one check must not take the results of the others with it.
        panic::catch_unwind(AssertUnwindSafe(|| (check.run)(&lab)))
            .unwrap_or_else(|payload| Err(LabError::Internal(words_of(&*payload))))
    };
    let finding = finding.unwrap_or_else(|error| match error {
        LabError::Unavailable { reason, advice } => {
            let finding = Finding::skip(reason);
            advice.map_or(finding.clone(), |advice| finding.advise(advice))
        }
        // What the compiler or linker says about this build is a finding about the build.
        LabError::Build(messages) => {
            let cause = diagnose::cause(&Evidence::of_build(&messages));
            Finding::fail("a DLL or a host for this check could not be built")
                .because(cause)
                .with_evidence(messages.lines().map(str::to_owned))
        }
        error => Finding::error(error.to_string()),
    });
    let finding = if workshop.options.require_all { finding.required() } else { finding };
    let by_producer = by_producer(&finding);
    let (runs, iterations, embedded) = lab.counts();
    let (hosts, producers) = lab.used();
    let result = CheckResult {
        id: check.id.to_owned(),
        group: check.group().to_owned(),
        verdict: finding.verdict,
        claim: check.claim.to_owned(),
        detail: finding.detail,
        cause: finding.cause,
        advice: finding.advice,
        verified: finding.verified,
        not_covered: finding.not_covered,
        hosts,
        producers,
        by_producer,
        histogram: finding.histogram,
        evidence: finding.evidence,
        observations: finding.cases,
        runs,
        iterations,
        duration_ms: milliseconds(started),
    };
    (result, embedded)
}

/// The verdict for each producer by itself. A finding that no case shows is one about all of them.
fn by_producer(finding: &Finding) -> BTreeMap<Producer, Verdict> {
    let mut verdicts = BTreeMap::new();
    if !matches!(finding.verdict, Verdict::Pass | Verdict::Limit | Verdict::Fail) {
        return verdicts;
    }
    let all_good = finding.cases.iter().all(CaseRecord::is_good);
    for case in &finding.cases {
        for producer in &case.producers {
            let verdict = verdicts.entry(*producer).or_insert(Verdict::Pass);
            if all_good || !case.is_good() {
                *verdict = finding.verdict;
            }
        }
    }
    verdicts
}

/// What a panic said.
fn words_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    format!("the check panicked: {}", text.unwrap_or("without words"))
}

impl Summary {
    fn count(&mut self, result: &CheckResult, embedded: u32) {
        match result.verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Limit => self.limit += 1,
            Verdict::Skip => self.skip += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Error => self.error += 1,
        }
        self.runs += result.runs;
        self.iterations += result.iterations;
        self.embedded += embedded;
    }
}

impl Machine {
    fn this(workshop: &Workshop<'_>) -> Self {
        Self {
            compiler: workshop.compiler.as_ref().ok().map(|found| found.version().to_owned()),
            cffi: workshop.cffi_in_use().map(|cffi| cffi.cffi_version.clone()),
            ..crate::report::machine()
        }
    }
}
