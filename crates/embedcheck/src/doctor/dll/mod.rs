//! An embedding DLL that somebody else built: what its file says, and what it does in hosts.

mod call;
mod facts;
mod kinds;
mod options;
mod runs;

pub use facts::DllFacts;
pub(super) use kinds::KINDS;
pub use options::DllOptions;
pub(super) use runs::KINDS as RUN_KINDS;
pub use runs::{Backend, Interpreter, Run, RunFacts, Scope};

use runs::About;

use super::{Diagnosis, DoctorError, Subject, TargetRecord};
use crate::elf::Elf;
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
    let unreadable = |source| DoctorError::Unreadable { path: options.dll.clone(), source };
    let path = std::path::absolute(&options.dll).map_err(unreadable)?;
    let elf = Elf::read(&path)?;
    let modules = elf
        .definitions()
        .iter()
        .filter_map(|definition| Some(definition.name.strip_prefix("PyInit_")?.to_owned()));
    let about = About {
        extension: !elf.needs_libpython()
            && elf.undefined.iter().any(|symbol| symbol.name.starts_with("Py"))
            && !elf.undefined.iter().any(|symbol| symbol.name.starts_with("Py_Initialize")),
        modules: modules.collect(),
        start: elf
            .definitions()
            .iter()
            .map(|definition| definition.name.to_string())
            .find(|name| name == "cffi_start_python" || name.ends_with("_start")),
        exports: elf.definitions().iter().map(|definition| definition.name.to_string()).collect(),
        libpython: None,
        contains_python: elf.defines("Py_InitializeEx"),
        path,
    };
    let (runs, found) = runs::run(target, caller, options, &about, stop)?;
    let facts = DllFacts { path: about.path.display().to_string(), runs };
    let findings = runs::join(Vec::new(), found);
    Ok(Diagnosis::new(Some(TargetRecord::of(target)), findings, Subject::Dll(Box::new(facts))))
}
