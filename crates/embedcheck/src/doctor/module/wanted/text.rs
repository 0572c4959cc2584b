//! Who wants a module, for people.

use super::model::{Attempt, Trace, Wanted};
use crate::report::Page;

/// Chains, and modules that contain the name, in the short form.
const SHORT: usize = 5;

impl Wanted {
    pub(in crate::doctor::module) fn write(&self, page: &mut Page<'_>) {
        if self.chains.is_empty() && self.mentions.is_empty() && self.traces.is_empty() {
            return;
        }
        page.blank();
        page.line(0, page.styles().heading, "who wants it");
        let most = if page.is_verbose() { usize::MAX } else { SHORT };
        for chain in self.chains.iter().take(most) {
            let label = if chain.is_optional() { "may need" } else { "needs" };
            page.labelled(2, label, 8, &chain.to_string());
            if page.is_verbose() {
                for link in &chain.links {
                    if let Some(requires) = &link.requires {
                        page.quote(12, &format!("{}: {requires}", link.distribution));
                    }
                }
            }
        }
        let rest = self.chains_found.saturating_sub(self.chains.len().min(most));
        if rest > 0 {
            page.labelled(2, "", 8, &format!("and {rest} more"));
        }
        for mention in self.mentions.iter().take(most) {
            let kind = if mention.native { "native code" } else { "Python code" };
            let text =
                format!("{}, {kind} of {}: {}", mention.module, mention.distribution, mention.file);
            page.labelled(2, "names it", 8, &text);
        }
        let verbose = page.is_verbose();
        for one in self.extensions.iter().filter(|_| verbose) {
            let flaws: Vec<_> = one.candidate.flaws.iter().map(ToString::to_string).collect();
            let flaws =
                if flaws.is_empty() { String::new() } else { format!(": {}", flaws.join("; ")) };
            let text = format!("{} of {}{flaws}", one.candidate.path, one.distribution);
            page.labelled(2, "brings", 8, &text);
        }
        for trace in &self.traces {
            write_trace(page, trace);
        }
    }
}

fn write_trace(page: &mut Page<'_>, trace: &Trace) {
    let verbose = page.is_verbose();
    // A finding tells what became of them, and shows the way there in one line.
    let is_told = |attempt: &Attempt| !attempt.outcome.is_imported();
    let hint = if !verbose && trace.attempts.iter().any(is_told) {
        " (--verbose shows each step)"
    } else {
        ""
    };
    page.labelled(2, "import", 8, &format!("{}: {}{hint}", trace.program, trace.outcome));
    for attempt in trace.attempts.iter().filter(|_| verbose) {
        for step in &attempt.chain {
            let at = step.at.as_ref().map(|at| format!(" from {at}")).unwrap_or_default();
            page.quote(12, &format!("{}{at}", step.module));
        }
        page.quote(12, &attempt.outcome.to_string());
        if let Some(by) = &attempt.swallowed_by {
            page.quote(12, &format!("caught in the import of {by}"));
        }
    }
    if verbose {
        for failure in &trace.failures {
            page.quote(12, &format!("failed: {}: {}", failure.module, failure.outcome));
        }
        for line in &trace.stderr {
            page.quote(12, line);
        }
    }
}
