//! The counts.

use super::page::{Label, Page};
use crate::report::{Report, Summary, Verdict};

/// The ids of what went wrong, since the end of a build log is read first.
pub(super) fn recap(page: &mut Page<'_>, report: &Report) {
    for (verdict, label) in [(Verdict::Fail, "failed"), (Verdict::Error, "errors")] {
        let of_verdict = report.results.iter().filter(|result| result.verdict == verdict);
        let ids: Vec<_> = of_verdict.map(|result| result.id.as_str()).collect();
        if !ids.is_empty() {
            let style = page.styles().verdict(verdict);
            page.item(0, &[Label { text: label, style, width: 6 }], &ids.join(" "));
        }
    }
}

/// The ids of the limits, and what the word means, since it is the only verdict that asks for something
/// without being a failure.
pub(super) fn limits(page: &mut Page<'_>, report: &Report) {
    let limits = report.results.iter().filter(|result| result.verdict == Verdict::Limit);
    let ids: Vec<_> = limits.map(|result| result.id.as_str()).collect();
    if !ids.is_empty() {
        let style = page.styles().verdict(Verdict::Limit);
        let text = format!(
            "{}: documented limitations; a host needs one of the remedies marked works",
            ids.join(" ")
        );
        page.item(0, &[Label { text: "limits", style, width: 6 }], &text);
    }
}

/// What could not run although its check did, each reason once.
pub(super) fn not_covered(page: &mut Page<'_>, report: &Report) {
    let mut parts: Vec<(&str, u32)> = Vec::new();
    for part in report.results.iter().flat_map(|result| &result.not_covered) {
        match parts.iter_mut().find(|(known, _)| known == part) {
            Some((_, count)) => *count += 1,
            None => parts.push((part, 1)),
        }
    }
    for (part, count) in parts {
        let style = page.styles().skip;
        let text = format!("{part} (in {})", plural(count, "check", "checks"));
        page.item(0, &[Label { text: "not covered", style, width: 11 }], &text);
    }
}

/// Counts, runs, iterations, seconds.
pub(super) fn last_line(page: &mut Page<'_>, report: &Report) {
    let style = page.styles().verdict(worst(&report.summary));
    page.line(0, style, &counts(report));
}

/// A line for each report.
pub(super) fn table(page: &mut Page<'_>, reports: &[Report]) {
    let width = reports.iter().map(|report| report.target.id.chars().count()).max().unwrap_or(0);
    for report in reports {
        let style = page.styles().verdict(worst(&report.summary));
        page.item(0, &[Label { text: &report.target.id, style, width }], &counts(report));
    }
}

/// `40 runs (30 iterations)`.
pub(super) fn runs(runs: u32, iterations: u32) -> String {
    let mut text = plural(runs, "run", "runs");
    if iterations > 0 {
        text += &format!(" ({})", plural(iterations, "iteration", "iterations"));
    }
    text
}

fn counts(report: &Report) -> String {
    let summary = &report.summary;
    let mut verdicts = vec![format!("{} passed", summary.pass), format!("{} failed", summary.fail)];
    if summary.limit > 0 {
        verdicts.push(plural(summary.limit, "limit", "limits"));
    }
    if summary.skip > 0 {
        verdicts.push(format!("{} skipped", summary.skip));
    }
    if summary.error > 0 {
        verdicts.push(plural(summary.error, "error", "errors"));
    }
    let checks = summary.pass + summary.fail + summary.limit + summary.skip + summary.error;
    format!(
        "{}: {}; {}, {} embedded a Python; {:.1} s",
        plural(checks, "check", "checks"),
        verdicts.join(", "),
        runs(summary.runs, summary.iterations),
        summary.embedded,
        // Exact below 2^52 ms, some hundred thousand years.
        report.duration_ms as f64 / 1000.0
    )
}

fn worst(summary: &Summary) -> Verdict {
    if summary.fail > 0 {
        Verdict::Fail
    } else if summary.error > 0 {
        Verdict::Error
    } else if summary.embedded == 0 {
        // Nothing failed, but nothing was shown to work either.
        Verdict::Skip
    } else if summary.limit > 0 {
        Verdict::Limit
    } else {
        Verdict::Pass
    }
}

pub(super) fn plural(count: u32, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
