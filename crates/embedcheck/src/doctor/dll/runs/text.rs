//! Runs for people.

use super::facts::{NamedHost, Run, RunFacts, Scope};
use crate::dll::quote;
use crate::report::{Label, Page};

/// Columns of the longest label.
const LABEL: usize = 10;
/// Columns of the longest scope, host and verdict.
const COLUMNS: [usize; 3] = [11, 6, 5];

/// A line for each run; with `page.is_verbose()` all that was seen of it.
pub(in crate::doctor::dll) fn write(facts: &RunFacts, page: &mut Page<'_>) {
    page.line(0, page.styles().heading, "runs");
    page.labelled(2, "tried", LABEL, &facts.tried);
    for run in &facts.runs {
        one(page, run);
    }
    if let Some(host) = &facts.named_host {
        named(page, host);
    }
    for reason in &facts.not_run {
        page.labelled(2, "not run", LABEL, reason);
    }
    for variable in &facts.not_used {
        let name = variable.split('=').next().unwrap_or_default();
        let text = format!(
            "your {name}: hosts get what --env gives, and PATH; add --env {}",
            quote(variable.as_ref())
        );
        page.labelled(2, "not used", LABEL, &text);
    }
    let mut not_called: Vec<_> = facts.runs.iter().flat_map(|run| &run.not_called).collect();
    not_called.sort();
    not_called.dedup();
    for reason in not_called {
        page.labelled(2, "C host", LABEL, &format!("does not call {reason}"));
    }
    if let Some(inside) = &facts.interpreter {
        page.labelled(2, "prefix", LABEL, &inside.prefix);
        if !inside.executable.is_empty() {
            page.labelled(2, "executable", LABEL, &inside.executable);
        }
        for folder in &inside.site_packages {
            page.labelled(2, "packages", LABEL, folder);
        }
        if let Some(backend) = &inside.backend {
            let text = format!("_cffi_backend {} from {}", backend.version, backend.file);
            page.labelled(2, "backend", LABEL, &text);
        }
        if page.is_verbose() {
            for entry in &inside.path {
                page.labelled(2, "sys.path", LABEL, entry);
            }
        }
    }
}

/// The row of a host that was named.
fn named(page: &mut Page<'_>, host: &NamedHost) {
    let styles = *page.styles();
    let (verdict, style) = match host.works {
        Some(true) => ("works", styles.pass),
        Some(false) => ("fails", styles.fail),
        None => ("?", styles.skip),
    };
    let [scope, kind, word] = COLUMNS;
    let labels = [
        Label { text: host.like.map_or("?", Scope::word), style: styles.label, width: scope },
        Label { text: "yours", style: styles.label, width: kind },
        Label { text: verdict, style, width: word },
    ];
    page.item(2, &labels, &format!("{} was not started; {}", host.name, host.why));
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
        [("prefix", &run.prefix), ("executable", &run.executable), ("python", &run.version)];
    for (name, value) in facts {
        // The second line of a version is about the compiler.
        if let Some(value) = value.as_deref().and_then(|value| value.lines().next()) {
            page.quote(4, &format!("{name}: {value}"));
        }
    }
    for thread in &run.threads {
        page.quote(4, thread);
    }
    for line in &run.stderr {
        page.quote(4, &format!("stderr: {line}"));
    }
}
