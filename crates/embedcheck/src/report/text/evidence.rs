//! What `--verbose` adds below a result.

use super::observation;
use super::page::Page;
use crate::report::{CaseRecord, CheckResult, Verdict};

/// Columns of the longest label.
const LABEL: usize = 6;

/// A line for each case, and for what did not pass all that was seen of it.
pub(super) fn of_result(page: &mut Page<'_>, indent: usize, result: &CheckResult) {
    for line in &result.evidence {
        page.quote(indent, line);
    }
    for case in &result.observations {
        page.labelled(indent, "case", LABEL, &title(case));
        if result.verdict != Verdict::Pass {
            observation::deviations(page, indent + 2, &case.observation);
        }
    }
}

fn title(case: &CaseRecord) -> String {
    let mut means = vec![format!("host {}", case.host.name())];
    if !case.producers.is_empty() {
        let producers: Vec<_> = case.producers.iter().map(|producer| producer.word()).collect();
        means.push(format!("DLLs of {}", producers.join(" ")));
    }
    format!("{} ({}): {}", case.case, means.join(", "), case.outcome)
}
