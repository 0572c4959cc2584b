//! The results: a line for each that passes, the reasons for each that does not.

use super::page::{Label, Page};
use super::{evidence, histogram};
use crate::report::{CheckResult, Producer, Verdict};

/// Columns of the longest verdict.
const VERDICT: usize = 5;
/// Where the lines below a result's first line begin: behind the verdict.
const BELOW: usize = 2 + VERDICT + 2;
/// Columns of the longest label below.
const LABEL: usize = 6;

/// The results under the headings of their groups, in their order.
pub(super) fn groups(page: &mut Page<'_>, results: &[CheckResult]) {
    let id_width = results.iter().map(|result| result.id.chars().count()).max().unwrap_or(0);
    let mut group = None;
    for (index, result) in results.iter().enumerate() {
        if group != Some(&result.group) {
            page.blank();
            let heading = page.styles().heading;
            page.line(0, heading, &result.group);
            group = Some(&result.group);
        }
        one(page, result, &results[..index], id_width);
    }
}

/// The result above with the same cause, advice and workarounds, which need not be read twice.
fn told<'a>(result: &CheckResult, above: &'a [CheckResult]) -> Option<&'a str> {
    let rule = &result.cause.as_ref()?.id;
    let same = |other: &&CheckResult| {
        other.cause.as_ref().is_some_and(|cause| cause.id == *rule)
            && other.verdict != Verdict::Pass
            && other.advice == result.advice
            && other.verified == result.verified
    };
    above.iter().find(same).map(|other| other.id.as_str())
}

/// The skipped result above with the same reason and advice.
fn skipped<'a>(result: &CheckResult, above: &'a [CheckResult]) -> Option<&'a str> {
    let same = |other: &&CheckResult| {
        other.verdict == Verdict::Skip
            && other.detail == result.detail
            && other.advice == result.advice
    };
    let skip = result.verdict == Verdict::Skip && result.detail.is_some();
    skip.then(|| above.iter().find(same).map(|other| other.id.as_str()))?
}

fn one(page: &mut Page<'_>, result: &CheckResult, above: &[CheckResult], id_width: usize) {
    let verdict = Label {
        text: result.verdict.word(),
        style: page.styles().verdict(result.verdict),
        width: VERDICT,
    };
    let id = Label { text: &result.id, style: page.styles().label, width: id_width };
    page.item(2, &[verdict, id], &result.claim);

    let passed = result.verdict == Verdict::Pass;
    if passed && !page.is_verbose() {
        return;
    }
    if let Some(id) = skipped(result, above)
        && !page.is_verbose()
    {
        page.labelled(BELOW, "reason", LABEL, &format!("as in {id}"));
        return;
    }
    match told(result, above) {
        Some(id) if !page.is_verbose() => {
            detail(page, result);
            page.labelled(BELOW, "cause", LABEL, &format!("as in {id}, with the same advice"));
        }
        _ => reasons(page, result),
    }
    histogram::histogram(page, BELOW, &result.histogram);
    if result.runs > 0 {
        page.labelled(BELOW, "by", LABEL, &means(result));
    }
    if page.is_verbose() {
        evidence::of_result(page, BELOW, result);
    }
}

fn detail(page: &mut Page<'_>, result: &CheckResult) {
    if let Some(detail) = &result.detail {
        let label = match result.verdict {
            Verdict::Pass | Verdict::Limit | Verdict::Fail => "found",
            Verdict::Skip | Verdict::Error => "reason",
        };
        page.labelled(BELOW, label, LABEL, detail);
    }
}

fn reasons(page: &mut Page<'_>, result: &CheckResult) {
    detail(page, result);
    if let Some(cause) = &result.cause {
        page.labelled(BELOW, "cause", LABEL, &cause.summary);
        let found = result.detail.as_deref().unwrap_or_default();
        for line in cause.evidence.iter().filter(|line| !found.contains(line.as_str())) {
            page.quote(BELOW + LABEL + 2, line);
        }
    }
    let of_cause = result.cause.as_ref().map(|cause| &cause.advice);
    if let Some(advice) = result.advice.as_ref().or(of_cause) {
        page.labelled(BELOW, "advice", LABEL, advice);
    }
    for workaround in &result.verified {
        page.labelled(BELOW, "works", LABEL, &format!("{workaround} (tried in this run)"));
    }
    // Otherwise they are gathered at the end: the same part is often missing from many checks.
    for part in result.not_covered.iter().filter(|_| page.is_verbose()).collect::<Vec<_>>() {
        page.labelled(BELOW, "not by", LABEL, part);
    }
    if let Some(source) = result.cause.as_ref().map(|cause| &cause.source).filter(|s| !s.is_empty())
    {
        page.labelled(BELOW, "see", LABEL, source);
    }
}

/// Who loaded what, and how often.
fn means(result: &CheckResult) -> String {
    let hosts: Vec<_> = result.hosts.iter().map(|host| host.name()).collect();
    // A producer that fares better than the check as a whole is what a reader looks for.
    let fares = |producer: &Producer| match result.by_producer.get(producer) {
        Some(verdict) if *verdict != result.verdict => {
            format!("{} ({})", producer.word(), verdict.word())
        }
        _ => producer.word().to_owned(),
    };
    let producers: Vec<_> = result.producers.iter().map(fares).collect();
    let mut parts = Vec::new();
    if !hosts.is_empty() {
        parts.push(format!("hosts {}", hosts.join(" ")));
    }
    if !producers.is_empty() {
        parts.push(format!("DLLs of {}", producers.join(" ")));
    }
    parts.push(super::summary::runs(result.runs, result.iterations));
    parts.push(format!("{} ms", result.duration_ms));
    parts.join(", ")
}
