//! What each extension module misses, computed from the files and asked of ld.so.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use crate::check::{Lab, LabError};
use crate::diagnose::{self, Cause, Evidence};
use crate::elf::{Elf, Environment, LoaderModel, Mode, Trace, trace};

/// Whether libpython is in the global scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Scope {
    /// Loaded as a dependency of an RTLD_LOCAL DLL.
    Local,
    /// Loaded as a dependency of an RTLD_GLOBAL DLL.
    Global,
}

/// One extension module and what it cannot bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) struct ModuleNeeds {
    /// Import name.
    pub(in crate::check) name: String,
    /// Its file.
    pub(in crate::check) path: PathBuf,
    /// Undefined symbols that nothing in the lookup scope defines.
    pub(in crate::check) symbols: BTreeSet<String>,
    /// Libraries that are not found.
    pub(in crate::check) libraries: BTreeSet<String>,
}

impl fmt::Display for ModuleNeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        for library in &self.libraries {
            write!(f, " {library} is not found;")?;
        }
        for symbol in &self.symbols {
            write!(f, " {symbol}")?;
        }
        Ok(())
    }
}

/// The computed answers.
#[derive(Debug)]
pub(in crate::check) struct Prediction {
    local: Vec<ModuleNeeds>,
    global: Vec<ModuleNeeds>,
}

impl Prediction {
    /// Computes both from the ELF files of the host, libpython and the modules.
    pub(in crate::check) fn compute(lab: &Lab<'_>) -> Result<Self, LabError> {
        Ok(Self { local: compute(lab, Scope::Local)?, global: compute(lab, Scope::Global)? })
    }

    pub(in crate::check) fn of(&self, scope: Scope) -> &[ModuleNeeds] {
        match scope {
            Scope::Local => &self.local,
            Scope::Global => &self.global,
        }
    }
}

fn compute(lab: &Lab<'_>, scope: Scope) -> Result<Vec<ModuleNeeds>, LabError> {
    let host = lab.c_host();
    let environment = Environment::of_program(&host.program, lab.libdir())
        .map_err(LabError::internal("read the C host"))?;
    let (mut model, _) = LoaderModel::start(environment);
    let mode = Mode { global: scope == Scope::Global, ..Mode::default() };
    model.open(&lab.libpython.real_path, mode);
    let needs = lab.target.extension_modules.iter().map(|module| {
        let missing = model.missing_for(&module.path);
        ModuleNeeds {
            name: module.name.clone(),
            path: module.path.clone(),
            symbols: missing.symbols.into_iter().map(|missing| missing.symbol).collect(),
            libraries: missing.libraries.into_iter().map(|missing| missing.name).collect(),
        }
    });
    Ok(needs.collect())
}

/// The ld.so that loads the hosts.
pub(super) fn ld_so(lab: &Lab<'_>) -> Result<PathBuf, LabError> {
    let host = Elf::read(&lab.c_host().program).map_err(LabError::internal("read the C host"))?;
    let static_host = || LabError::unavailable("the C host is static: there is no ld.so to ask");
    host.interpreter.map(PathBuf::from).ok_or_else(static_host)
}

/// What ld.so says when it gives an object up, and then nothing about it.
pub(super) fn refusal(trace: &Trace) -> Option<&str> {
    let gave_up = |line: &&String| line.contains("error while loading shared libraries");
    trace.other.iter().find(gave_up).map(String::as_str)
}

/// Asks ld.so to bind each module without running it. What it refuses goes to `refused`, unless
/// nothing can import it anyway.
pub(super) fn ask_ld_so(
    lab: &Lab<'_>,
    scope: Scope,
    refused: &mut Vec<String>,
) -> Result<Vec<ModuleNeeds>, LabError> {
    let ld_so = ld_so(lab)?;
    let except = lab.unimportable()?;
    let preload = match scope {
        Scope::Local => None,
        Scope::Global => Some(lab.libpython.real_path.as_path()),
    };
    let mut asked = Vec::with_capacity(lab.target.extension_modules.len());
    for module in &lab.target.extension_modules {
        if lab.stop().is_requested() {
            return Err(LabError::Interrupted);
        }
        let trace = trace(&ld_so, &module.path, preload, &[])?;
        if let Some(line) = refusal(&trace)
            && !except.contains(&module.name)
        {
            refused.push(format!("{}: ld.so gave up: {line}", module.name));
        }
        asked.push(ModuleNeeds {
            name: module.name.clone(),
            path: module.path.clone(),
            symbols: trace.undefined.into_iter().map(|undefined| undefined.symbol).collect(),
            libraries: trace.not_found.into_iter().collect(),
        });
    }
    Ok(asked)
}

/// The diagnosis of a module that misses a symbol although libpython is global.
pub(super) fn cause_of(module: &ModuleNeeds) -> Option<Cause> {
    let errors = module
        .symbols
        .iter()
        .map(|symbol| format!("{}: undefined symbol: {symbol}", module.path.display()));
    diagnose::cause(&Evidence::of_errors(errors.collect()).in_global_scope())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_giving_up_is_a_refusal() {
        let said = |line: &str| Trace { other: vec![line.to_owned()], ..Trace::default() };
        let line = "./x.so: error while loading shared libraries: ./x.so: file too short";
        assert_eq!(refusal(&said(line)), Some(line));
        assert_eq!(refusal(&said("./x.so: warning: something")), None);
        assert_eq!(refusal(&Trace::default()), None);
    }
}
