//! Runs for people.

use super::facts::{Run, RunFacts};
use crate::report::{Label, Page};

/// Columns of the longest scope, host and verdict.
const COLUMNS: [usize; 3] = [11, 6, 5];

/// A line for each run; with `page.is_verbose()` all that was seen of it.
pub(in crate::doctor::dll) fn write(facts: &RunFacts, page: &mut Page<'_>) {
    page.labelled(2, "tried", 9, &facts.tried);
    for run in &facts.runs {
        one(page, run);
    }
    for reason in &facts.not_run {
        page.labelled(2, "not run", 9, reason);
    }
    let mut not_called: Vec<_> = facts.runs.iter().flat_map(|run| &run.not_called).collect();
    not_called.sort();
    not_called.dedup();
    for reason in not_called {
        page.labelled(2, "not called in the C host", 9, reason);
    }
    if let Some(inside) = &facts.interpreter {
        page.labelled(2, "prefix", 9, &inside.prefix);
        page.labelled(2, "executable", 9, &inside.executable);
        for folder in &inside.site_packages {
            page.labelled(2, "packages", 9, folder);
        }
        if let Some(backend) = &inside.backend {
            let text = format!("_cffi_backend {} from {}", backend.version, backend.file);
            page.labelled(2, "backend", 9, &text);
        }
        if page.is_verbose() {
            for entry in &inside.path {
                page.labelled(2, "sys.path", 9, entry);
            }
        }
    }
}

fn one(page: &mut Page<'_>, run: &Run) {
    let styles = *page.styles();
    let (verdict, style) = if run.works { ("works", styles.pass) } else { ("fails", styles.fail) };
    let last = run.steps.last().cloned().unwrap_or_default();
    let text = match &run.cause {
        Some(cause) => format!("{cause}: {last}"),
        None => last,
    };
    let [scope, host, word] = COLUMNS;
    let labels = [
        Label { text: run.scope.word(), style: styles.label, width: scope },
        Label { text: run.host.name(), style: styles.label, width: host },
        Label { text: verdict, style, width: word },
    ];
    page.item(2, &labels, &text);
    if !page.is_verbose() {
        return;
    }
    for step in &run.steps {
        page.quote(4, step);
    }
    page.quote(4, &format!("ended: {}", run.ended));
    for libpython in &run.libpythons {
        page.quote(4, &format!("libpython: {libpython}"));
    }
    let facts =
        [("prefix", &run.prefix), ("executable", &run.executable), ("version", &run.version)];
    for (name, value) in facts {
        if let Some(value) = value {
            page.quote(4, &format!("{name}: {value}"));
        }
    }
    for line in &run.stderr {
        page.quote(4, &format!("stderr: {line}"));
    }
}
