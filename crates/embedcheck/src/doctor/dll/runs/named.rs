//! What the runs say of the host that was named.

use super::about::{Host, HostScope};
use super::facts::{NamedHost, Scope};
use super::judge::Judged;
use crate::doctor::Severity;

/// Which runs it is like, and whether they work.
pub(super) fn seen(host: &Host, judged: &[Judged]) -> NamedHost {
    let runs: Vec<_> = in_scope(judged, Scope::Preloaded).collect();
    let is_like = host.scope == HostScope::Global && !runs.is_empty();
    let why = match &host.scope {
        HostScope::Global if is_like => {
            "a libpython is in its global scope, as in the preloaded runs".to_owned()
        }
        HostScope::Global => {
            "a libpython is in its global scope, and no run has one there".to_owned()
        }
        HostScope::Inside => {
            "it has a Python inside, in its global scope, and no run has that one".to_owned()
        }
        HostScope::MayOpen(libpython) => format!(
            "it names {libpython}: if it opens that with RTLD_GLOBAL first, the preloaded runs are like it, and else \
             the local or global ones, by how it opens the DLL"
        ),
        HostScope::Unknown => {
            "its file does not tell whether it opens the DLL with RTLD_LOCAL or RTLD_GLOBAL"
                .to_owned()
        }
    };
    NamedHost {
        name: host.name.clone(),
        like: is_like.then_some(Scope::Preloaded),
        works: is_like.then(|| runs.iter().all(|judged| judged.run.works)),
        why,
    }
}

/// What a failure in hosts of some kinds is in this one, where that is less than a problem; with the reason.
pub(super) fn relief(
    host: &Host,
    group: &[&Judged],
    judged: &[Judged],
) -> Option<(Severity, String)> {
    let fails = group
        .iter()
        .any(|judged| matches!(judged.run.scope, Scope::Preloaded | Scope::Interpreter));
    if fails || in_scope(judged, Scope::Preloaded).next().is_none() {
        return None;
    }
    let name = &host.name;
    match &host.scope {
        HostScope::Global | HostScope::Inside => {
            let reason = format!("{name} is none of these: a libpython is in its global scope");
            Some((Severity::Note, reason))
        }
        HostScope::MayOpen(_) => doubt(host).map(|reason| (Severity::Warning, reason)),
        HostScope::Unknown => None,
    }
}

/// Why it is not known of a host whether it meets what others meet.
pub(super) fn doubt(host: &Host) -> Option<String> {
    let HostScope::MayOpen(libpython) = &host.scope else { return None };
    let name = &host.name;
    Some(format!(
        "whether {name} is one of these depends on how it opens {libpython}, which it names"
    ))
}

fn in_scope(judged: &[Judged], scope: Scope) -> impl Iterator<Item = &Judged> {
    judged.iter().filter(move |judged| judged.run.scope == scope)
}
