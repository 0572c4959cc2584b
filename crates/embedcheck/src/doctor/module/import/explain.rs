//! What the imports mean.

use std::path::Path;

use super::kinds::{EMBEDDED_DIFFERS, KILLS, NEEDS_GLOBAL, NEEDS_MODULE, OTHER_PREFIX, RAISES};
use super::{ImportHow, ImportRun, Tried};
use crate::diagnose::Cause;
use crate::doctor::module::child::Children;
use crate::doctor::module::conclude;
use crate::doctor::module::outcome::Outcome;
use crate::doctor::shell::{self, quoted};
use crate::doctor::{Finding, Fix};

/// Lines of standard error that stand with a finding.
const LINES: usize = 6;

/// What the imports found. `explained`: what the files alone show to be wrong with the module, so that a failure that is
/// like it is no news.
pub(in crate::doctor::module) fn explain(
    tried: &Tried,
    children: &Children<'_>,
    module: &str,
    explained: Option<&Finding>,
) -> Vec<Finding> {
    let Some(plain) = tried.imports.plain() else { return Vec::new() };
    let mut findings = Vec::new();
    let is_news = explained.is_none() && !plain.outcome.is_missing(module);
    match &plain.outcome {
        Outcome::Imported { .. } => {}
        Outcome::Raised { .. } if is_news => findings.push(raised(tried, plain, children, module)),
        Outcome::Raised { .. } => {}
        _ if explained.is_some_and(conclude::can_kill) => {}
        Outcome::Lost { reason } => findings.push(
            Finding::of(
                &KILLS,
                format!("what becomes of `import {module}` is not known: {reason}"),
            )
            .with_evidence(last(plain)),
        ),
        outcome => findings.push(
            Finding::of(&KILLS, format!("python does not survive `import {module}`: {outcome}"))
                .with_evidence(last(plain)),
        ),
    }
    let mut embedded = tried.imports.runs.iter().filter(|run| run.how == ImportHow::Embedded);
    if let Some(global) = embedded.next().filter(|run| !run.is_like(plain)) {
        findings.push(differs(tried, plain, global, children, module));
    }
    let local = tried.imports.runs.iter().find(|run| run.how == ImportHow::EmbeddedLocal);
    if let Some(local) = local.filter(|run| !run.outcome.is_imported()) {
        findings.push(needs_global(tried, local, module));
    }
    findings
}

/// The file is there, and its import fails.
fn raised(tried: &Tried, plain: &ImportRun, children: &Children<'_>, module: &str) -> Finding {
    let decisive = tried.imports.trace.as_ref().and_then(|trace| trace.decisive());
    let other = decisive.filter(|failure| failure.module != module);
    let other = other.map(|failure| (failure.module.as_str(), failure.outcome.to_string()));
    // Somebody else may hand the error on in other words; an ImportError says what it is about.
    let named = plain.missing.as_deref().filter(|name| *name != module);
    let other = other.or_else(|| named.map(|name| (name, plain.outcome.to_string())));
    let finding = match other {
        Some((other, why)) => Finding::of(
            &NEEDS_MODULE,
            format!("{module} is there, and cannot be imported because it imports {other}: {why}"),
        )
        .with_fix(Fix::command(
            format!("find out about {other}, which is what has to be mended"),
            again(children, other),
        )),
        None => Finding::of(&RAISES, format!("`import {module}` raises {}", plain.outcome)),
    };
    let frames = plain.frames.iter().rev().take(LINES).rev().cloned();
    finding
        .with_evidence(frames)
        .with_evidence(plain.causes.iter().cloned())
        .with_evidence(last(plain))
}

/// The same visit for another module.
fn again(children: &Children<'_>, module: &str) -> String {
    let mut words = vec!["embedcheck".to_owned(), "doctor".to_owned(), "--module".to_owned()];
    words.push(quoted(module));
    if let Some(executable) = &children.target.executable {
        words.extend(["--python".to_owned(), shell::path(executable)]);
    }
    for path in &children.options.paths {
        words.extend(["--path".to_owned(), shell::path(path)]);
    }
    if children.options.layers {
        words.push("--lambda".to_owned());
    }
    words.join(" ")
}

/// The embedded Python does otherwise than the interpreter.
fn differs(
    tried: &Tried,
    plain: &ImportRun,
    global: &ImportRun,
    children: &Children<'_>,
    module: &str,
) -> Finding {
    let summary = format!(
        "python and an embedded Python differ about {module}. python: {}. Embedded: {}",
        plain.outcome, global.outcome
    );
    let evidence = [prefix(plain), prefix(global)].into_iter().flatten();
    if tried.mended_by_path {
        let folder = children.target.executable.as_deref().and_then(Path::parent);
        let folder = folder.map(shell::path).unwrap_or_default();
        let fix = Fix::command(
            "start the host with the folder of this interpreter first on PATH, or set PyConfig.executable to it",
            format!("PATH={folder}:\"$PATH\" <the host>"),
        );
        return Finding::of(
            &OTHER_PREFIX,
            format!("{summary}. The first python3 on PATH decides, and that is not this one"),
        )
        .with_evidence(evidence)
        .with_evidence([format!("PATH={}", global.search)])
        .with_evidence(absent(plain, global))
        .with_fix(fix.verified());
    }
    let causes = causes_of(tried, ImportHow::Embedded);
    let mut finding = Finding::of(&EMBEDDED_DIFFERS, summary)
        .with_evidence(evidence)
        .with_evidence(absent(plain, global))
        .with_evidence(last(global));
    if let Some(cause) = causes.first() {
        finding.summary = format!("{}: {}", finding.summary, cause.summary);
        finding = finding.with_fix(Fix::advice(cause.advice.clone()));
    }
    finding
}

fn needs_global(tried: &Tried, local: &ImportRun, module: &str) -> Finding {
    let advice = "open libpython itself with RTLD_NOW|RTLD_GLOBAL before the first call, or promote the loaded one with \
                  RTLD_NOLOAD|RTLD_GLOBAL, or link the host to libpython";
    let cause = causes_of(tried, ImportHow::EmbeddedLocal).first();
    Finding::of(
        &NEEDS_GLOBAL,
        format!(
            "{module} works in an embedded Python only if the host has libpython in the global scope; with RTLD_LOCAL: {}",
            local.outcome
        ),
    )
    .with_fix(Fix::advice(cause.map_or_else(|| advice.to_owned(), |cause| cause.advice.clone())))
}

fn causes_of(tried: &Tried, how: ImportHow) -> &[Cause] {
    tried.causes.iter().find(|(of, _)| *of == how).map_or(&[], |(_, causes)| causes)
}

fn prefix(run: &ImportRun) -> Option<String> {
    let python = run.python.as_ref()?;
    Some(format!("{}: Python {}, sys.prefix {}", run.how, python.version, python.prefix))
}

/// Entries that only the interpreter has.
fn absent(plain: &ImportRun, global: &ImportRun) -> Vec<String> {
    let (Some(plain), Some(global)) = (&plain.python, &global.python) else { return Vec::new() };
    let only = plain.path.iter().filter(|entry| !entry.is_empty() && !global.path.contains(entry));
    only.map(|entry| format!("not on the embedded sys.path: {entry}")).collect()
}

fn last(run: &ImportRun) -> Vec<String> {
    run.stderr[run.stderr.len().saturating_sub(LINES)..].to_vec()
}
