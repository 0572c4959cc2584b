//! From runs to findings: one for each cause, however many hosts show it.

use super::About;
use super::bench::Bench;
use super::facts::{Interpreter, Scope};
use super::judge::Judged;
use super::traceback::without_addresses;
use super::{kinds, named, python, remedies};
use crate::doctor::dll::kinds as file_kinds;
use crate::doctor::{DoctorError, Finding, Fix, Severity};
use crate::run::HostKind;
use crate::target::Target;

/// Rules that say how a process ended, and not why.
pub(super) const GENERAL: &[&str] = &["crash", "hang", "exit-inside"];
/// What a command or advice that sets this variable has in it.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH=";
/// Lines of evidence that a finding quotes.
const MOST_EVIDENCE: usize = 12;

pub(super) fn findings(
    target: &Target,
    about: &About,
    bench: &Bench<'_>,
    judged: &[Judged],
    interpreter: Option<&Interpreter>,
) -> Result<Vec<Finding>, DoctorError> {
    let mut findings = Vec::new();
    for group in groups(judged) {
        let mut finding = of_group(&group);
        finding.summary = format!("{}; {}", finding.summary, where_it_happens(&group, judged));
        finding.severity = severity(about, &group, judged);
        let relief = about.host.as_ref().and_then(|host| named::relief(host, &group, judged));
        if let Some((severity, reason)) = relief {
            finding.severity = finding.severity.max(severity);
            finding.summary = format!("{}; {reason}", finding.summary);
        }
        let advice = std::mem::take(&mut finding.fixes);
        // What fails elsewhere alone needs no remedy, which would take a run each.
        if finding.severity != Severity::Note {
            finding.fixes = remedies::remedies(target, about, bench, &group, judged)?;
        }
        // What was tried says the same, and of which file.
        if finding.id != "libpython-local" || finding.fixes.is_empty() {
            finding.fixes.extend(advice);
        }
        findings.push(finding);
    }
    findings.extend(backend_elsewhere(target, about, judged, interpreter));
    Ok(findings)
}

/// Failures of one cause, in the order of the runs.
fn groups(judged: &[Judged]) -> Vec<Vec<&Judged>> {
    let mut groups: Vec<Vec<&Judged>> = Vec::new();
    for failed in judged.iter().filter(|judged| !judged.run.works) {
        let key = |judged: &Judged| match &judged.cause {
            Some(cause) => (cause.id.clone(), cause.summary.clone()),
            None => (String::new(), judged.failure.clone().unwrap_or_default()),
        };
        match groups.iter_mut().find(|group| key(group[0]) == key(failed)) {
            Some(group) => group.push(failed),
            None => groups.push(vec![failed]),
        }
    }
    groups
}

fn of_group(group: &[&Judged]) -> Finding {
    let mut evidence: Vec<String> = Vec::new();
    let mut put = |line: &String| {
        let line = without_addresses(line);
        let is_told = evidence.iter().any(|told| line.contains(told.as_str()));
        if evidence.len() < MOST_EVIDENCE && !is_told && !line.trim().is_empty() {
            evidence.push(line);
        }
    };
    for judged in group {
        judged.cause.iter().flat_map(|cause| &cause.evidence).for_each(&mut put);
        judged.failure.iter().for_each(&mut put);
    }
    let first = group.first();
    let mut finding = match first.and_then(|judged| judged.cause.clone()) {
        Some(mut cause) => {
            // Rules that know only how it ended do not say where.
            let step = first.and_then(|judged| judged.step.as_ref());
            if let Some(step) = step.filter(|_| GENERAL.contains(&&*cause.id)) {
                cause.summary = format!("in {step}, {}", cause.summary);
            }
            first.iter().flat_map(|judged| &judged.run.threads).for_each(&mut put);
            Finding::from(cause)
        }
        None => {
            // What was written may tell a person more than it told the rules.
            first.iter().flat_map(|judged| &judged.run.stderr).for_each(&mut put);
            let failure = first.and_then(|judged| judged.failure.clone()).unwrap_or_default();
            Finding::of(&kinds::RUN_FAILED, failure)
        }
    };
    finding.evidence = evidence;
    finding
}

/// `it fails in RTLD_LOCAL hosts (C and Rust) and works in RTLD_GLOBAL hosts`.
fn where_it_happens(group: &[&Judged], judged: &[Judged]) -> String {
    let scopes = |runs: &[&Judged]| {
        let mut scopes: Vec<_> = runs.iter().map(|judged| judged.run.scope).collect();
        scopes.dedup();
        scopes
    };
    let all: Vec<&Judged> = judged.iter().collect();
    let in_words = |scope: Scope| {
        let of = |runs: &[&Judged]| {
            let runs = runs.iter().filter(|judged| judged.run.scope == scope);
            runs.map(|judged| judged.run.host).collect::<Vec<_>>()
        };
        let failing = of(group);
        match &failing[..] {
            [HostKind::C] if of(&all).len() > 1 => format!("{} written in C", scope.hosts()),
            [HostKind::Rust] if of(&all).len() > 1 => format!("{} written in Rust", scope.hosts()),
            _ => scope.hosts().to_owned(),
        }
    };
    let failing: Vec<_> = scopes(group).into_iter().map(in_words).collect();
    let mut text = format!("it fails in {}", list(&failing));
    let works = |scope: &Scope| {
        let mut runs = judged.iter().filter(|judged| judged.run.scope == *scope);
        runs.all(|judged| judged.run.works)
    };
    let working: Vec<_> =
        scopes(&all).into_iter().filter(works).map(|scope| scope.hosts().to_owned()).collect();
    if !working.is_empty() {
        text.push_str(&format!(" and works in {}", list(&working)));
    }
    text
}

pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// An extension module is for interpreters: a host with a local libpython is a special one.
fn severity(about: &About, group: &[&Judged], judged: &[Judged]) -> Severity {
    let only = |scopes: &[Scope]| group.iter().all(|judged| scopes.contains(&judged.run.scope));
    let is_imported = judged.iter().any(|judged| {
        judged.run.works && matches!(judged.run.scope, Scope::Global | Scope::Interpreter)
    });
    let is_special = about.extension && is_imported && only(&[Scope::Local, Scope::Preloaded]);
    // Few hosts open plugins with RTLD_GLOBAL.
    if is_special || only(&[Scope::Global]) { Severity::Warning } else { Severity::Problem }
}

fn backend_elsewhere(
    target: &Target,
    about: &About,
    judged: &[Judged],
    interpreter: Option<&Interpreter>,
) -> Option<Finding> {
    let interpreter = interpreter?;
    let backend = interpreter.backend.as_ref().filter(|backend| !backend.expected)?;
    let summary = format!(
        "_cffi_backend {} was loaded from {}, which is no folder of the Python in {}",
        backend.version, backend.file, interpreter.prefix
    );
    let evidence = interpreter.path.iter().map(|entry| format!("sys.path: {entry}"));
    let mut finding =
        Finding::of(&kinds::BACKEND_ELSEWHERE, summary).with_evidence(evidence.take(MOST_EVIDENCE));
    finding.fixes.extend(python::install_cffi(target, about, judged));
    Some(finding)
}

/// Puts the findings of the file and of the runs together. What the file predicted and a run confirmed is
/// one finding: that of the file, which knows more places to mend, with what the run showed and tried.
pub(in crate::doctor::dll) fn join(
    about: &About,
    file: Vec<Finding>,
    runs: Vec<Finding>,
) -> Vec<Finding> {
    let doubt = about.host.as_ref().and_then(named::doubt);
    let mut all = file;
    for run in runs {
        let predicted = PREDICTED.iter().find(|(of_run, _)| *of_run == run.id);
        let same = predicted.and_then(|(_, of_file)| {
            all.iter_mut().find(|finding| of_file.contains(&&*finding.id))
        });
        match same {
            Some(finding) => {
                // What is a problem of the file need not be one of a host that is said to have a way round it.
                if let Some(doubt) =
                    doubt.as_ref().filter(|doubt| run.summary.ends_with(doubt.as_str()))
                {
                    finding.severity = finding.severity.max(run.severity);
                    finding.summary = format!("{}; {doubt}", finding.summary);
                }
                let new = run.evidence.into_iter().filter(|line| !finding.evidence.contains(line));
                let new: Vec<_> = new.collect();
                finding.evidence.extend(new);
                // Advice without a trial is what the file's finding knows better.
                let tried =
                    run.fixes.into_iter().filter(|fix| fix.verified || !fix.commands.is_empty());
                let tried: Vec<_> = tried.collect();
                let is_tried = |fix: &Fix| {
                    tried.iter().any(|one| one.what == fix.what && one.commands == fix.commands)
                };
                let leads = tried
                    .iter()
                    .flat_map(|fix| &fix.commands)
                    .any(|line| line.contains(LIBRARY_PATH));
                let is_idle =
                    |fix: &Fix| leads && fix.commands.is_empty() && fix.what.contains(LIBRARY_PATH);
                finding.fixes.retain(|fix| !is_tried(fix) && !is_idle(fix));
                // What was tried and works comes first.
                finding.fixes.splice(0..0, tried);
            }
            None => all.push(run),
        }
    }
    first_things_first(&mut all);
    all
}

/// A DLL that misses packages in another Python than the one that was named: to name the right one comes first, since
/// what is told of the other is about packages that nobody meant.
fn first_things_first(findings: &mut [Finding]) {
    let misses = |finding: &Finding| {
        finding.severity == Severity::Problem && OF_PACKAGES.contains(&&*finding.id)
    };
    let is_other = |finding: &Finding| finding.id == file_kinds::OTHER_PYTHON.id;
    if let Some(at) = findings.iter().position(is_other)
        && findings.iter().any(misses)
    {
        findings[at].severity = Severity::Problem;
        findings[..=at].rotate_right(1);
    }
}

/// Causes that lie in the packages of a Python.
const OF_PACKAGES: &[&str] = &[
    "backend-missing",
    "backend-version",
    "backend-abi",
    "backend-mismatch",
    "init-module-missing",
];

/// Causes that runs show, each with the findings of the file that mean the same.
const PREDICTED: &[(&str, &[&str])] = &[
    ("libpython-not-found", &["dll-libpython-not-found", "dll-origin-eaten"]),
    (
        "library-not-found",
        &["dll-library-not-found", "dll-libpython-not-found", "dll-origin-eaten"],
    ),
    ("dll-without-libpython", &["dll-without-python", "dll-is-extension-module"]),
    ("libpython-local", &["dll-is-extension-module", "dll-contains-python"]),
    (
        "undefined-symbol",
        &["dll-without-python", "dll-is-extension-module", "dll-symbols-undefined"],
    ),
    ("symbol-missing", &["dll-symbols-missing", "dll-libpython-renamed"]),
    ("no-symbol", &["dll-symbols-undefined"]),
    ("version-missing", &["dll-version-missing", "dll-newer-glibc"]),
    ("static-tls", &["dll-static-tls-too-large", "dll-static-tls"]),
    ("damaged-file", &["dll-other-machine", "dll-not-a-library", "dll-library-not-found"]),
    ("hang", &["dll-cffi-hangs"]),
    ("two-libpythons", &["host-other-python"]),
];

#[cfg(test)]
mod tests;
