//! What ld.so does with the DLL, in the environment that was given and in an empty one.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::facts::{FoundLibrary, LibpythonFacts, MissingLibrary, Resolution};
use super::{Both, HostSeen, PYPY_INIT};
use crate::doctor::dll::options::DllOptions;
use crate::elf::{
    Candidate, Elf, Environment, Files, LdCache, LoaderModel, Missing, Mode, Opened, Platform,
    split_library_path, split_preload,
};
use crate::target::{Target, describe_libpython, same_build};

/// One process that opens the DLL.
pub(in crate::doctor::dll) struct Loading {
    /// What the program itself brought along.
    pub(in crate::doctor::dll) started: Opened,
    /// What came of opening the DLL.
    pub(in crate::doctor::dll) opened: Opened,
    /// What is missing for that.
    pub(in crate::doctor::dll) missing: Missing,
    /// The objects in which the symbols of the DLL are looked up; empty if it cannot be opened.
    pub(in crate::doctor::dll) scope: Vec<(PathBuf, Elf)>,
    /// The same in a process that has the libpython of the target in its global scope; for a process that has none by
    /// itself.
    pub(in crate::doctor::dll) missing_with_target: Option<Missing>,
    /// The libpython that the process has then.
    pub(in crate::doctor::dll) libpython: Option<LibpythonFacts>,
    /// Its file, whatever bytes are in the path.
    pub(in crate::doctor::dll) libpython_file: Option<PathBuf>,
}

/// Asks in both environments.
pub(super) fn both(
    target: &Target,
    options: &DllOptions,
    host: Option<&HostSeen>,
    dll: &Path,
) -> io::Result<Both> {
    let mut environment = bare(target, host)?;
    let empty = load(environment.clone(), target, dll);
    let value = |name: &str| {
        let variables = options.environment.iter().rev();
        let mut found = variables.filter(|(key, _)| key.as_os_str() == OsStr::new(name));
        found.next().map_or_else(OsString::new, |(_, value)| value.clone())
    };
    environment.library_path = split_library_path(&value("LD_LIBRARY_PATH"));
    environment.preload = split_preload(&value("LD_PRELOAD"));
    let (platform, cache) = (environment.platform.clone(), environment.cache.clone());
    Ok(Both { given: load(environment, target, dll), empty, platform, cache })
}

/// The process of the host, or of a program that is not known, without any variable.
fn bare(target: &Target, host: Option<&HostSeen>) -> io::Result<Environment> {
    let program = host.and_then(HostSeen::program);
    // Which ld.so starts a program that is not known: that of the interpreter, if there is one.
    let interpreter = target.executable.as_ref().and_then(|path| Elf::read(path).ok());
    let ld_so = program.or(interpreter.as_ref()).and_then(|elf| elf.interpreter.clone());
    Ok(Environment {
        executable: program.cloned(),
        library_path: Vec::new(),
        preload: Vec::new(),
        cache: LdCache::load(Path::new(LdCache::PATH)).unwrap_or_default(),
        platform: ld_so.map_or_else(Platform::guess, |ld_so| Platform::of(Path::new(&ld_so))),
        secure: host.is_some_and(HostSeen::is_privileged),
        directory: std::env::current_dir()?,
        files: Files::default(),
    })
}

fn load(environment: Environment, target: &Target, dll: &Path) -> Loading {
    let (mut model, started) = LoaderModel::start(environment);
    let missing = model.missing_for(dll);
    let mut with_target = model.clone();
    let opened = model.open(dll, Mode::default());
    let scope = opened.root.map_or_else(Vec::new, |root| {
        let scope = model.scope(root);
        scope.objects().map(|(path, elf)| (path.to_owned(), elf.clone())).collect()
    });
    let missing_with_target = None;
    let mut loading = Loading {
        started,
        opened,
        missing,
        scope,
        missing_with_target,
        libpython: None,
        libpython_file: None,
    };
    loading.libpython_file = libpython(&loading);
    loading.libpython =
        loading.libpython_file.as_ref().map(|path| described(path, &loading, target));
    if let (None, Some(own)) = (&loading.libpython, &target.libpython) {
        let global = Mode { global: true, ..Mode::default() };
        let root = with_target.open(&own.path, global).root;
        loading.missing_with_target = root.map(|_| with_target.missing_for(dll));
    }
    loading
}

/// The object that answers to the C API in the process: the first that does in the scope of the DLL, or,
/// if the DLL cannot be opened, among what is found.
fn libpython(loading: &Loading) -> Option<PathBuf> {
    let found = loading.started.resolved.iter().chain(&loading.opened.resolved);
    let files: Vec<_> = found.map(|found| found.path.clone()).collect();
    let defines = |elf: &Elf| elf.defines("Py_InitializeEx") || elf.defines(PYPY_INIT);
    let in_scope = loading.scope.iter().find(|(_, elf)| defines(elf)).map(|(path, _)| path.clone());
    let is_python = |path: &&PathBuf| Elf::read(path).is_ok_and(|elf| defines(&elf));
    in_scope.or_else(|| files.iter().find(is_python).cloned())
}

fn described(path: &Path, loading: &Loading, target: &Target) -> LibpythonFacts {
    let is_hosts = loading.started.resolved.iter().any(|found| found.path == *path);
    let described = describe_libpython(path).ok().map(|(library, _)| library);
    let own = target.libpython.as_ref();
    let is_targets = described.as_ref().zip(own).is_some_and(|(one, own)| same_build(one, own));
    LibpythonFacts {
        path: path.display().to_string(),
        soname: described.as_ref().and_then(|library| library.soname.clone()),
        version: described.as_ref().and_then(|library| library.version.clone()),
        build_id: described.as_ref().and_then(|library| library.build_id.clone()),
        is_targets,
        is_hosts,
    }
}

impl Loading {
    /// The file that a `DT_NEEDED` of this object leads to.
    pub(in crate::doctor::dll) fn file(&self, name: &str, needed_by: &Path) -> Option<&Path> {
        let is_it = |found: &&crate::elf::Resolved| {
            found.name == name && found.needed_by.as_deref() == Some(needed_by)
        };
        self.opened.resolved.iter().find(is_it).map(|found| found.path.as_path())
    }

    /// The names that lead nowhere, each once.
    pub(in crate::doctor::dll) fn names_not_found(&self) -> BTreeSet<&str> {
        self.opened.not_found.iter().map(|missing| missing.name.as_str()).collect()
    }

    /// For a report.
    pub(super) fn facts(&self) -> Resolution {
        let of = |path: &Option<PathBuf>| {
            path.as_ref().map_or_else(String::new, |path| path.display().to_string())
        };
        let found = self.opened.resolved.iter().filter(|found| found.needed_by.is_some());
        Resolution {
            found: found
                .map(|found| FoundLibrary {
                    name: found.name.clone(),
                    needed_by: of(&found.needed_by),
                    path: found.path.display().to_string(),
                    rule: found.rule.to_string(),
                    tried: tried(&found.tried),
                })
                .collect(),
            not_found: self
                .opened
                .not_found
                .iter()
                .map(|missing| MissingLibrary {
                    name: missing.name.clone(),
                    needed_by: of(&missing.needed_by),
                    tried: tried(&missing.tried),
                })
                .collect(),
        }
    }
}

/// One line for each file that was considered.
pub(super) fn tried(candidates: &[Candidate]) -> Vec<String> {
    let line = |one: &Candidate| format!("{} ({}): {}", one.path.display(), one.rule, one.refusal);
    candidates.iter().map(line).collect()
}
