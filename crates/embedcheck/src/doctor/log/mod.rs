//! Logs: what is recognised in them, the likely causes, and the visit that would settle it.
//!
//! Nothing is guessed: without a signature of [`crate::diagnose::RULES`] there is no finding.

mod clean;
mod facts;
mod names;
mod own;
mod read;
mod trace;
mod visit;

use std::io::{self, Read};

pub use facts::LogFacts;

use super::{Diagnosis, Finding, Fix, Severity, Subject};
use crate::diagnose::log::{Recognised, recognise};
use crate::diagnose::{Role, Visit};
use names::Names;

/// Reads a log of any bytes and of any length: memory is bounded, and beyond 128 MiB it is cut off, which the facts
/// say.
///
/// # Errors
///
/// When reading fails.
pub fn explain(name: &str, text: impl Read) -> io::Result<Diagnosis> {
    let log = read::read(text)?;
    let recognised = recognise(&log.lines);
    let next = if recognised.is_empty() { visit::open_question(&log.names) } else { None };
    let findings = recognised.into_iter().map(|one| finding(one, &log.names)).collect();
    let facts = LogFacts::of(name, &log, next);
    Ok(Diagnosis::new(None, findings, Subject::Log(Box::new(facts))))
}

fn finding(one: Recognised, names: &Names) -> Finding {
    let mut fixes: Vec<_> = visit::fix(&one, names).into_iter().collect();
    fixes.extend(mixed(&one, names));
    let advice = std::iter::once(&one.cause.advice).chain(&one.also);
    fixes.extend(advice.map(|text| Fix::advice(names.named_in(text))));
    let severity = match one.rule.role {
        Role::Root | Role::Consequence => Severity::Problem,
        Role::Note => Severity::Note,
    };
    let misnamed = own::Misnamed::of(&one, names);
    let finding = Finding { severity, fixes, ..Finding::from(one.cause) };
    match misnamed {
        Some(misnamed) => misnamed.tell(finding),
        None => finding,
    }
}

/// A word on a log that names files of several Pythons, where that can be the reason.
fn mixed(one: &Recognised, names: &Names) -> Option<Fix> {
    let about_modules = matches!(one.rule.visit, Visit::Module(_) | Visit::Named);
    let (major, minor) = names.python()?;
    let others: Vec<_> = names
        .seen
        .iter()
        .filter(|version| **version != (major, minor))
        .map(|(major, minor)| format!("{major}.{minor}"))
        .collect();
    (about_modules && !others.is_empty()).then(|| {
        Fix::advice(format!(
            "The log names files of Python {major}.{minor} and of {}: an extension module of one is not seen by \
             another. Look for the folder that two of them share.",
            others.join(", ")
        ))
    })
}
