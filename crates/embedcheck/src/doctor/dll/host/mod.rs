//! The program that will load a DLL. It is read, never started.

mod facts;
mod judge;
mod privilege;
mod text;

use std::path::{Path, PathBuf};

pub use facts::{HostFacts, HostForm, HostPython, Privilege};
pub(super) use judge::findings;
pub(super) use text::write;

use super::file::{Texts, bytes_of, is_c_api, is_libpython, libpython_in, require_sane};
use crate::doctor::DoctorError;
use crate::elf::{Elf, ElfError, Kind, NotElf};

/// A host as it was read.
pub(super) struct HostSeen {
    pub(super) facts: HostFacts,
    /// The program that runs: for a script its interpreter.
    elf: Option<Elf>,
}

impl HostSeen {
    /// The program, if it can open a DLL of this machine.
    pub(super) fn program(&self) -> Option<&Elf> {
        self.elf.as_ref().filter(|_| self.facts.form == HostForm::Program)
    }

    /// Whether a DLL finds a Python in its global scope, as far as its own file tells.
    pub(super) fn has_python(&self) -> bool {
        let has = matches!(self.facts.python, HostPython::Linked { .. } | HostPython::Exported);
        has && self.program().is_some()
    }

    /// Whether ld.so distrusts the environment.
    pub(super) fn is_privileged(&self) -> bool {
        !self.facts.privileges.is_empty()
    }
}

/// Reads a host.
///
/// # Errors
///
/// When it cannot be read, or is a damaged or hostile ELF file.
pub(super) fn see(path: &Path) -> Result<HostSeen, DoctorError> {
    let unreadable = |source| DoctorError::Unreadable { path: path.to_owned(), source };
    let path = std::path::absolute(path).map_err(unreadable)?;
    let mut facts = HostFacts {
        path: path.display().to_string(),
        form: HostForm::Program,
        script_for: None,
        machine: None,
        interpreter: None,
        needed: Vec::new(),
        rpath: None,
        runpath: None,
        python: HostPython::None,
        opens: None,
        python_version: None,
        exports_c_api: 0,
        privileges: Vec::new(),
    };
    let elf = match Elf::read(&path) {
        Err(ElfError::NotElf { found: NotElf::Script(line), .. }) => {
            facts.form = HostForm::Script;
            facts.script_for = Some(line.clone());
            match program_of(&line) {
                Some(elf) => elf,
                None => return Ok(HostSeen { facts, elf: None }),
            }
        }
        Err(ElfError::NotElf { found, .. }) => {
            facts.form = HostForm::NotElf { found: found.to_string() };
            return Ok(HostSeen { facts, elf: None });
        }
        other => other?,
    };
    require_sane(&elf)?;
    let script = facts.form == HostForm::Script;
    fill(&mut facts, &elf)?;
    // Privileges of a script count for nobody; those of its interpreter do.
    facts.privileges = privilege::of(&elf.path);
    facts.form = match form(&elf) {
        HostForm::Program if script => HostForm::Script,
        form => form,
    };
    Ok(HostSeen { facts, elf: Some(elf) })
}

/// The program that runs a script, where the first line names it by a path and it is no starter of others.
fn program_of(line: &str) -> Option<Elf> {
    let program = PathBuf::from(line.split_whitespace().next()?);
    let is_starter = program.file_name().is_some_and(|name| name == "env");
    if is_starter || !program.is_absolute() {
        return None;
    }
    Elf::read(&program).ok()
}

fn form(elf: &Elf) -> HostForm {
    match elf.kind {
        _ if !elf.is_for_this_machine() => HostForm::OtherMachine,
        Kind::SharedLibrary if elf.interpreter.is_none() && elf.soname.is_none() && elf.dynamic => {
            // A static-pie executable has a dynamic segment and needs nothing; a library would.
            if elf.needed.is_empty() && elf.definitions().is_empty() {
                HostForm::Static
            } else {
                HostForm::Library
            }
        }
        Kind::SharedLibrary => HostForm::Library,
        Kind::Other => HostForm::Library,
        _ if elf.interpreter.is_none() => HostForm::Static,
        Kind::Executable | Kind::PositionIndependentExecutable => HostForm::Program,
    }
}

fn fill(facts: &mut HostFacts, elf: &Elf) -> Result<(), DoctorError> {
    facts.machine = Some(elf.machine.to_string());
    facts.interpreter = elf.interpreter.clone();
    facts.needed = elf.needed.clone();
    facts.rpath = elf.rpath.clone();
    facts.runpath = elf.runpath.clone();
    facts.exports_c_api = elf.definitions().iter().filter(|one| is_c_api(&one.name)).count();
    let named = elf.needed.iter().find(|name| is_libpython(name));
    if let Some(name) = named {
        facts.python = HostPython::Linked { name: name.clone() };
        return Ok(());
    }
    let bytes = bytes_of(&elf.path)?;
    let texts = Texts::of(&bytes);
    facts.python = if elf.defines("Py_InitializeEx") {
        HostPython::Exported
    } else if texts.has_interpreter {
        HostPython::Hidden
    } else {
        if elf.undefined.iter().any(|symbol| ["dlopen", "dlmopen"].contains(&&*symbol.name)) {
            facts.opens = libpython_in(&bytes);
        }
        return Ok(());
    };
    facts.python_version = texts.python_version;
    Ok(())
}
