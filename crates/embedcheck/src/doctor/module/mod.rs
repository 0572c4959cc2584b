//! The search for an extension module: every file that could have been meant, and what becomes of it.

mod child;
mod facts;
mod fix;
mod import;
mod kinds;
mod options;
mod outcome;
mod path;
mod wanted;
mod who;

pub use facts::ModuleFacts;
pub(super) use import::KINDS as IMPORT_KINDS;
pub use import::{ImportHow, ImportRun, ImportedBy, Imports};
pub(super) use kinds::KINDS;
pub use options::{ModuleOptions, Runtime};
pub use outcome::Outcome;
pub use path::{Entry, EntryState, Origin};
pub(super) use wanted::KINDS as WANTED_KINDS;
pub use wanted::{Attempt, Chain, Failure, Link, Mention, Place, Step, Trace, Wanted};

use super::{Diagnosis, DoctorError, Subject, TargetRecord};
use crate::env::Caller;
use crate::run::Stop;

/// Examines the search for a module.
///
/// # Errors
///
/// When an input cannot be read or makes no sense, or a child process cannot be run. What is wrong with the module is
/// no error but a finding.
pub fn examine(
    caller: &Caller,
    options: &ModuleOptions,
    stop: &Stop,
) -> Result<Diagnosis, DoctorError> {
    let Runtime::Installed(target) = &options.runtime else {
        return Err(DoctorError::Input("not there yet".to_owned()));
    };
    let mut path: Vec<Entry> = Vec::new();
    for (index, given) in options.paths.iter().enumerate() {
        path.push(Entry {
            path: given.display().to_string(),
            origin: if options.layers {
                Origin::Layer(index + 1)
            } else {
                Origin::Option(index + 1)
            },
            state: EntryState::Folder,
        });
    }
    let children = child::Children::new(target, options, caller, &path, stop);
    let question = wanted::Question {
        module: &options.name,
        version: (target.version.major, target.version.minor),
        architecture: "x86_64",
    };
    let who = who::examine(&children, &path, question, &[])?;
    let facts =
        ModuleFacts { name: options.name.clone(), wanted: who.wanted, imports: who.imports };
    let record = TargetRecord::of(target);
    Ok(Diagnosis::new(Some(record), who.findings, Subject::Module(Box::new(facts))))
}
