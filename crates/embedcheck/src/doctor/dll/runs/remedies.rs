//! What helps against the cause of a failure, tried in the C host where that is possible.

use std::ffi::OsString;
use std::path::Path;

use super::About;
use super::bench::Bench;
use super::facts::{Run, Scope};
use super::findings::{GENERAL, list};
use super::judge::Judged;
use super::python;
use crate::dll::quote;
use crate::doctor::{DoctorError, Fix};
use crate::target::Target;

/// Causes that a libpython in the global scope may end.
const WANT_GLOBAL: &[&str] =
    &["libpython-local", "undefined-symbol", "dll-without-libpython", "symbol-missing"];
/// Causes that a search path may end.
const WANT_PATH: &[&str] = &["libpython-not-found", "library-not-found"];
/// Causes that cffi itself may end.
const WANT_CFFI: &[&str] = &["backend-missing", "backend-version", "backend-abi"];

/// The fixes for a group of failures of one cause, those that were tried and work first.
pub(super) fn remedies(
    target: &Target,
    about: &About,
    bench: &Bench<'_>,
    group: &[&Judged],
    judged: &[Judged],
) -> Result<Vec<Fix>, DoctorError> {
    let Some(first) = group.first() else { return Ok(Vec::new()) };
    let cause = first.run.cause.as_deref().unwrap_or_default();
    let scope = first.run.scope;
    let mut fixes = Vec::new();
    // The interpreter needs no host's remedies.
    if scope == Scope::Interpreter {
        return Ok(if WANT_CFFI.contains(&cause) {
            python::install_cffi(target, about, judged)
        } else {
            fixes
        });
    }
    if let Some(libpython) = bench.libpython.as_deref() {
        if WANT_GLOBAL.contains(&cause) {
            global(about, bench, libpython, group, judged, &mut fixes)?;
        }
        if WANT_PATH.contains(&cause) {
            path(about, bench, libpython, group, judged, &mut fixes)?;
        }
    }
    // To wait for several hangs more would take minutes.
    let variables = if cause == "hang" { Vec::new() } else { bench.python_variables() };
    for name in variables {
        if bench.again(scope, &[(name, None)])?.run.works {
            let what = format!("Take {name} out of the environment of the host.");
            fixes.push(Fix::command(what, format!("unset {name}")).verified());
        }
    }
    if WANT_CFFI.contains(&cause) {
        fixes.extend(python::install_cffi(target, about, judged));
    }
    if cause == "init-module-missing" {
        let lines = first.cause.iter().flat_map(|cause| &cause.evidence);
        fixes.extend(python::look_for(lines, target, about, judged));
    }
    Ok(fixes)
}

/// What a trial did to a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// All works.
    Works,
    /// The cause is gone, and another one is next.
    Next(String),
    /// Nothing that is known to be better.
    NoBetter,
}

impl Outcome {
    /// Of runs of one kind, against a cause.
    fn of<'r>(cause: &str, runs: impl IntoIterator<Item = &'r Run>) -> Self {
        let mut outcome = Self::NoBetter;
        for run in runs {
            match run.cause.as_deref() {
                _ if run.works && outcome == Self::NoBetter => outcome = Self::Works,
                _ if run.works => {}
                // How a process ended does not tell that the cause is gone.
                Some(next) if next != cause && !GENERAL.contains(&next) => {
                    outcome = Self::Next(next.to_owned());
                }
                _ => return Self::NoBetter,
            }
        }
        outcome
    }

    /// Of the runs that were made in this scope.
    fn in_scope(cause: &str, judged: &[Judged], scope: Scope) -> Self {
        let runs = judged.iter().map(|judged| &judged.run);
        Self::of(cause, runs.filter(|run| run.scope == scope))
    }

    /// The fix, with what came of it; `None` if it is none.
    fn told(&self, fix: Fix) -> Option<Fix> {
        match self {
            Self::Works => Some(fix.verified()),
            Self::Next(next) => {
                let what = format!(
                    "{} Tried in this visit: this problem is gone, and {next} is next.",
                    fix.what
                );
                Some(Fix { what, ..fix })
            }
            Self::NoBetter => None,
        }
    }
}

/// Opens libpython where extension modules look.
pub(in crate::doctor::dll) fn before(libpython: &Path) -> Fix {
    let file = libpython.display();
    let open = format!("dlopen(\"{file}\", RTLD_NOW | RTLD_GLOBAL)");
    Fix::advice(format!("In the host, before it opens the DLL: {open}."))
}

fn global(
    about: &About,
    bench: &Bench<'_>,
    libpython: &Path,
    group: &[&Judged],
    judged: &[Judged],
    fixes: &mut Vec<Fix>,
) -> Result<(), DoctorError> {
    let Some(first) = group.first() else { return Ok(()) };
    let (cause, scope) = (first.run.cause.as_deref().unwrap_or_default(), first.run.scope);
    // The global host of an extension module is one that opens libpython so.
    let like = if about.extension { Scope::Global } else { Scope::Preloaded };
    fixes.extend(Outcome::in_scope(cause, judged, like).told(before(libpython)));
    if !about.extension {
        let what = "In the host, open the DLL with RTLD_NOW | RTLD_GLOBAL.";
        let outcome = Outcome::in_scope(cause, judged, Scope::Global);
        fixes.extend(outcome.told(Fix::advice(what)));
    }
    if scope == Scope::Local && !is_privileged(about) {
        let preload: OsString = libpython.into();
        let what = "Without a change to the host, in its environment.";
        let fix = Fix::command(what, format!("export LD_PRELOAD={}", quote(&preload)));
        let again = bench.again(scope, &[("LD_PRELOAD", Some(preload))])?;
        fixes.extend(Outcome::of(cause, [&again.run]).told(fix));
    }
    Ok(())
}

/// Whether ld.so ignores what leads it to libraries, in the host that was named.
fn is_privileged(about: &About) -> bool {
    about.host.as_ref().is_some_and(|host| host.is_privileged)
}

/// Leads to the folder of libpython, tried in each scope of the group: where libraries are found, the next
/// trouble may be that libpython is local.
fn path(
    about: &About,
    bench: &Bench<'_>,
    libpython: &Path,
    group: &[&Judged],
    judged: &[Judged],
    fixes: &mut Vec<Fix>,
) -> Result<(), DoctorError> {
    let Some(folder) = libpython.parent() else { return Ok(()) };
    let cause = group.first().and_then(|first| first.run.cause.as_deref()).unwrap_or_default();
    let mut scopes: Vec<_> = group.iter().map(|judged| judged.run.scope).collect();
    scopes.dedup();
    // The interpreter is no host.
    scopes.retain(|scope| *scope != Scope::Interpreter);
    let path = bench.library_path(folder);
    let preload: OsString = libpython.into();
    let lead = [("LD_LIBRARY_PATH", Some(path.clone()))];
    let both = [&lead[..], &[("LD_PRELOAD", Some(preload.clone()))]].concat();
    let path = format!("export LD_LIBRARY_PATH={}", quote(&path));
    if !about.extension && !about.contains_python {
        let outcome = Outcome::in_scope(cause, judged, Scope::Preloaded);
        fixes.extend(Some(before(libpython).verified()).filter(|_| outcome == Outcome::Works));
    }
    if is_privileged(about) {
        return Ok(());
    }
    let mut tried = Vec::new();
    for scope in &scopes {
        tried.push((*scope, Outcome::of(cause, [&bench.again(*scope, &lead)?.run])));
    }
    if tried.iter().all(|(_, outcome)| *outcome == Outcome::Works) {
        let what = "Lead ld.so to it, in the environment of the host.";
        fixes.push(Fix::command(what, path).verified());
        return Ok(());
    }
    let mut for_all = true;
    for scope in &scopes {
        for_all = for_all && bench.again(*scope, &both)?.run.works;
    }
    if for_all {
        let what = "Lead ld.so to it, and have libpython in the global scope from the start, for hosts of every kind, \
                    in the environment of the host.";
        let preload = format!("export LD_PRELOAD={}", quote(&preload));
        let commands = vec![path.clone(), preload];
        fixes.push(Fix { what: what.to_owned(), commands, verified: true });
    }
    let alone = where_enough(&tried).map(|tried| {
        let what = "Lead ld.so to it alone, in the environment of the host.";
        Fix::command(format!("{what} Tried in this visit: {tried}."), path)
    });
    fixes.extend(alone);
    Ok(())
}

/// In which hosts a remedy is enough, and what is next in others; `None` if it changes nothing in any.
fn where_enough(tried: &[(Scope, Outcome)]) -> Option<String> {
    let works = tried.iter().filter(|(_, outcome)| *outcome == Outcome::Works);
    let works: Vec<_> = works.map(|(scope, _)| scope.hosts().to_owned()).collect();
    let next = tried.iter().filter_map(|(scope, outcome)| match outcome {
        Outcome::Next(next) => Some(format!("in {} {next} is next", scope.hosts())),
        _ => None,
    });
    let mut parts: Vec<_> = next.collect();
    if works.is_empty() && parts.is_empty() {
        return None;
    }
    if !works.is_empty() {
        parts.insert(0, format!("it works in {}", list(&works)));
    }
    let same = tried.iter().filter(|(_, outcome)| *outcome == Outcome::NoBetter);
    let same: Vec<_> = same.map(|(scope, _)| scope.hosts().to_owned()).collect();
    if !same.is_empty() {
        parts.push(format!("in {} it is not enough", list(&same)));
    }
    Some(parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::HostKind;

    fn run(cause: Option<&str>) -> Run {
        Run {
            works: cause.is_none(),
            cause: cause.map(str::to_owned),
            ..Run::made_up(HostKind::C, Scope::Local)
        }
    }

    #[test]
    fn a_remedy_is_judged_by_the_cause_that_it_is_for() {
        let of = |causes: &[Option<&str>]| {
            let runs: Vec<_> = causes.iter().map(|cause| run(*cause)).collect();
            Outcome::of("libpython-local", &runs)
        };
        let next = Outcome::Next("cffi-unattached".to_owned());
        assert_eq!(of(&[None, None]), Outcome::Works);
        assert_eq!(of(&[Some("cffi-unattached"), None]), next);
        assert_eq!(of(&[None, Some("cffi-unattached")]), next);
        assert_eq!(of(&[None, Some("libpython-local")]), Outcome::NoBetter);
        assert_eq!(of(&[Some("crash")]), Outcome::NoBetter, "an end tells nothing");
        assert_eq!(of(&[]), Outcome::NoBetter);
    }

    #[test]
    fn a_remedy_says_where_it_is_enough() {
        let next = || Outcome::Next("libpython-local".to_owned());
        let of = |tried: &[(Scope, Outcome)]| where_enough(tried);
        let told = of(&[(Scope::Local, next()), (Scope::Global, Outcome::Works)]);
        let expected = "it works in RTLD_GLOBAL hosts; in RTLD_LOCAL hosts libpython-local is next";
        assert_eq!(told.as_deref(), Some(expected));
        let told = of(&[(Scope::Local, Outcome::NoBetter), (Scope::Global, next())]);
        let expected =
            "in RTLD_GLOBAL hosts libpython-local is next; in RTLD_LOCAL hosts it is not enough";
        assert_eq!(told.as_deref(), Some(expected));
        assert_eq!(of(&[(Scope::Local, Outcome::NoBetter)]), None);
    }
}
