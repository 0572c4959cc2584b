//! What a DLL does in hosts.

mod about;
mod bench;
mod facts;
mod findings;
mod judge;
mod kinds;
mod named;
mod python;
mod remedies;
mod script;
mod steps;
mod text;
mod traceback;

pub(super) use about::About;
pub use facts::{Backend, Interpreter, NamedHost, Run, RunFacts, Scope};
pub(super) use findings::join;
pub(in crate::doctor) use kinds::KINDS;
pub(super) use remedies::before;
pub(super) use text::write;

use std::ffi::OsString;

use self::bench::Bench;
use self::steps::Trial;
use super::DllOptions;
use super::call::Call;
use crate::doctor::{DoctorError, Finding};
use crate::env::Caller;
use crate::run::Stop;
use crate::target::Target;

/// Opens the DLL in each host and calls it, as far as it is known how.
///
/// # Errors
///
/// When a call that was asked for makes no sense, or a child process cannot be run.
pub(super) fn run(
    target: &Target,
    caller: &Caller,
    options: &DllOptions,
    about: &About,
    stop: &Stop,
) -> Result<(RunFacts, Vec<Finding>), DoctorError> {
    let trial = trial(about, &calls(options)?);
    let bench = Bench::new(target, caller, options, stop, about, &trial)?;
    let mut facts = RunFacts { tried: trial.words(about), ..RunFacts::default() };
    let mut scopes = vec![Scope::Local, Scope::Global];
    let without = |what: &str| format!("{what}: there is no shared libpython for it");
    match (&bench.libpython, about.contains_python) {
        (Some(_), _) => scopes.push(Scope::Preloaded),
        (None, true) => {
            facts.not_run.push("libpython preloaded: the DLL has its own inside".to_owned());
        }
        (None, false) if about.extension => {
            scopes.clear();
            facts.not_run.push(without("embedded interpreter"));
        }
        (None, false) => facts.not_run.push(without("libpython preloaded")),
    }
    let mut judged = bench.all(&scopes)?;
    if about.extension && !about.modules.is_empty() {
        judged.extend(bench.interpreter()?);
    }
    let good = judged.iter().find(|judged| judged.run.works && judged.run.prefix.is_some());
    facts.interpreter = match good {
        Some(good) => bench.inside(good)?,
        None => None,
    };
    let findings = findings::findings(target, about, &bench, &judged, facts.interpreter.as_ref())?;
    facts.named_host = about.host.as_ref().map(|host| named::seen(host, &judged));
    facts.not_used = not_used(caller, options);
    facts.runs = judged.into_iter().map(|judged| judged.run).collect();
    Ok((facts, findings))
}

/// The calls that were asked for, read. Nothing has run yet when one of them makes no sense.
pub(super) fn calls(options: &DllOptions) -> Result<Vec<Call>, DoctorError> {
    options.calls.iter().map(|words| Call::read(words)).collect()
}

/// The environment of a host is built from nothing: what the caller has set there counts for nobody.
fn not_used(caller: &Caller, options: &DllOptions) -> Vec<String> {
    let is_given = |name: &OsString| options.environment.iter().any(|(given, _)| given == name);
    let left = caller.host_environment.iter().filter(|(name, _)| !is_given(name));
    left.map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
}

fn trial(about: &About, calls: &[Call]) -> Trial {
    match &about.start {
        _ if !calls.is_empty() => Trial::Calls(calls.to_vec()),
        Some(start) => Trial::Start(start.clone()),
        None if !about.modules.is_empty() => Trial::Import,
        None => Trial::Load,
    }
}
