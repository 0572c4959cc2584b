//! The search for an extension module: every file that could have been meant, and what becomes of it.

mod archive;
mod candidate;
mod candidates;
mod cffi;
mod child;
mod conclude;
mod elffile;
mod facts;
mod find;
mod import;
mod judge;
mod kinds;
mod known;
mod lambda;
mod library;
mod loader;
mod name;
mod options;
mod outcome;
mod owner;
mod path;
mod profile;
mod pth;
mod redact;
mod regular;
mod remedy;
mod search;
mod tag;
mod text;
mod wanted;
mod who;

pub(super) use archive::ArchiveError;
pub use candidate::{Candidate, Fate, Flaw, Form};
pub use facts::{CffiPart, CffiParts, Inside, ModuleFacts, RuntimeFacts};
pub use find::Parent;
pub(super) use import::KINDS as IMPORT_KINDS;
pub use import::{ImportHow, ImportRun, ImportedBy, Imports};
pub(super) use kinds::KINDS;
pub use options::{ModuleOptions, Runtime};
pub use outcome::Outcome;
pub use path::{Entry, EntryState, Origin};
pub use pth::PthFile;
pub(super) use wanted::KINDS as WANTED_KINDS;
pub use wanted::{Attempt, Chain, Failure, Link, Mention, Place, Step, Trace, Wanted};

use conclude::Conclusion;
use loader::Loader;
use profile::{Libc, Profile};
use search::Search;

use super::{Diagnosis, DoctorError, Finding, Subject, TargetRecord};
use crate::env::Caller;
use crate::run::{Scratch, ScratchRoot, Stop};

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
    let scratch = ScratchRoot::temporary(caller.temporary_folder()).folder("doctor")?;
    let mut seen = look(caller, options, &scratch, stop)?;
    let visit = who::Visit { caller, options, search: &seen.search, stop };
    (seen.facts.wanted, seen.facts.imports) = visit.examine(&mut seen.findings)?;
    if seen.facts.imports.plain().is_some_and(|run| run.outcome.is_imported()) {
        conclude::but_it_works(&mut seen.findings);
    }
    Ok(diagnosis(options, seen, &scratch))
}

/// The part of [`examine`] that looks at files and imports nothing: an interpreter is asked where it searches, and that
/// is all that is run.
///
/// # Errors
///
/// As [`examine`].
pub fn files(
    caller: &Caller,
    options: &ModuleOptions,
    stop: &Stop,
) -> Result<Diagnosis, DoctorError> {
    let scratch = ScratchRoot::temporary(caller.temporary_folder()).folder("doctor")?;
    let seen = look(caller, options, &scratch, stop)?;
    Ok(diagnosis(options, seen, &scratch))
}

/// What was seen of the files.
struct Seen {
    search: Search,
    findings: Vec<Finding>,
    facts: ModuleFacts,
}

fn look(
    caller: &Caller,
    options: &ModuleOptions,
    scratch: &Scratch,
    stop: &Stop,
) -> Result<Seen, DoctorError> {
    let parts = name::parts(&options.name)?;
    let (mut search, loader) = match &options.runtime {
        Runtime::Installed(target) => {
            let search = search::installed(caller, target, options, scratch, stop)?;
            (search, Loader::of(target, options, scratch.path()))
        }
        Runtime::Described { version, architecture } => {
            (search::described(*version, architecture, options, scratch, stop)?, None)
        }
    };
    if search.profile.glibc.is_none() {
        search.profile.glibc = loader.as_ref().and_then(|loader| loader.glibc);
    }
    let inside = inside(&search.profile, &options.name);
    let found = candidates::candidates(&search, &parts, inside.is_some(), loader.as_ref());
    let is_cffi = matches!(parts.first(), Some(&("_cffi_backend" | "cffi")));
    let cffi = (is_cffi && inside.is_none()).then(|| cffi::parts(&search.places, &search.profile));
    let conclusion = Conclusion {
        search: &search,
        caller,
        name: &options.name,
        parts: &parts,
        found: &found,
        cffi: cffi.as_ref(),
        inside: inside.is_some(),
    };
    let findings = conclusion.findings();
    let facts = ModuleFacts {
        name: options.name.clone(),
        runtime: runtime_facts(&search.profile),
        inside,
        layers: search.layers.iter().map(|layer| layer.given.display().to_string()).collect(),
        path: search.entries.clone(),
        pth: search.pth.clone(),
        parents: found.parents,
        candidates: found.all.into_iter().map(|one| one.candidate).collect(),
        cffi,
        wanted: Wanted::default(),
        imports: Imports::default(),
    };
    Ok(Seen { search, findings, facts })
}

/// With the names of what was unpacked instead of the paths that it was unpacked to.
fn diagnosis(options: &ModuleOptions, seen: Seen, scratch: &Scratch) -> Diagnosis {
    let Seen { search, mut findings, facts } = seen;
    let names = redact::Names::of(&search, scratch.path());
    findings.iter_mut().for_each(|finding| names.finding(finding));
    let facts = names.value(facts);
    Diagnosis::new(Some(record(options)), findings, Subject::Module(Box::new(facts)))
}

/// Whether the module needs no file. Only a name without dots can.
fn inside(profile: &Profile, name: &str) -> Option<Inside> {
    if profile.is_builtin(name) {
        return Some(Inside::Builtin);
    }
    profile.is_frozen.then_some(Inside::Frozen)
}

fn runtime_facts(profile: &Profile) -> RuntimeFacts {
    RuntimeFacts {
        python: profile.title(),
        architecture: profile.architecture.clone(),
        libc: match (profile.libc, profile.glibc) {
            (Libc::Musl, _) => "musl".to_owned(),
            (Libc::Glibc, Some((major, minor))) => format!("glibc {major}.{minor}"),
            (Libc::Glibc, None) => "glibc".to_owned(),
        },
        lambda: profile.lambda,
        extension_suffixes: profile.extension_suffixes.clone(),
    }
}

fn record(options: &ModuleOptions) -> TargetRecord {
    match &options.runtime {
        Runtime::Installed(target) => TargetRecord::of(target),
        Runtime::Described { version: (major, minor), .. } => TargetRecord {
            id: format!("python{major}.{minor}"),
            version: format!("{major}.{minor}"),
            interpreter: None,
            libpython: None,
        },
    }
}
