//! An embedding DLL that somebody else built: what its file says, and what it does in hosts.

mod call;
mod facts;
mod file;
mod host;
mod kinds;
mod options;
mod runs;

pub use facts::DllFacts;
pub use file::{
    FileFacts, FoundLibrary, LibpythonFacts, MissingLibrary, ProducerFacts, ProducerKind,
    PythonUse, Resolution, Role, SearchEntry, SearchPath, SearchTag, Tls,
};
pub use host::{HostFacts, HostForm, HostPython, Privilege};
pub(super) use kinds::KINDS;
pub use options::DllOptions;
pub(super) use runs::KINDS as RUN_KINDS;
pub use runs::{Backend, Interpreter, NamedHost, Run, RunFacts, Scope};

use super::{Diagnosis, DoctorError, Finding, Subject, TargetRecord};
use crate::env::Caller;
use crate::run::Stop;
use crate::target::Target;

/// Examines a DLL: the file, then runs of it in hosts.
///
/// # Errors
///
/// When the DLL or the host cannot be read, or a child process cannot be run. What is wrong with the DLL is no error
/// but a finding.
pub fn examine(
    target: &Target,
    caller: &Caller,
    options: &DllOptions,
    stop: &Stop,
) -> Result<Diagnosis, DoctorError> {
    // What makes no sense is to be known before anything is done.
    runs::calls(options)?;
    let Look { mut facts, mut findings, about } = looked_at(target, options)?;
    if stop.is_requested() {
        return Err(DoctorError::Interrupted);
    }
    // There is nothing to learn from a file that ld.so refuses.
    if facts.file.given.is_some() {
        let (runs, found) = runs::run(target, caller, options, &about, stop)?;
        findings = runs::join(&about, findings, found);
        facts.runs = Some(runs);
    }
    Ok(diagnosis(target, facts, findings))
}

/// Examines the files alone: nothing of the DLL or of the host is loaded or started.
///
/// # Errors
///
/// When the DLL or the host cannot be read.
pub fn look(target: &Target, options: &DllOptions) -> Result<Diagnosis, DoctorError> {
    let Look { facts, findings, .. } = looked_at(target, options)?;
    Ok(diagnosis(target, facts, findings))
}

/// What the files say, and what the runs have to know of it.
struct Look {
    facts: DllFacts,
    findings: Vec<Finding>,
    about: runs::About,
}

fn looked_at(target: &Target, options: &DllOptions) -> Result<Look, DoctorError> {
    let host = options.host.as_deref().map(host::see).transpose()?;
    let seen = file::see(target, options, host.as_ref())?;
    let mut findings = file::findings(&seen);
    if let Some(host) = &host {
        findings.extend(host::findings(host, &seen, options));
    }
    let facts = DllFacts {
        path: options.dll.display().to_string(),
        file: file::facts(&seen),
        host: host.as_ref().map(|host| host.facts.clone()),
        runs: None,
    };
    let about = runs::About::of(&seen, &facts.file);
    Ok(Look { facts, findings, about })
}

fn diagnosis(target: &Target, facts: DllFacts, findings: Vec<Finding>) -> Diagnosis {
    Diagnosis::new(Some(TargetRecord::of(target)), findings, Subject::Dll(Box::new(facts)))
}
