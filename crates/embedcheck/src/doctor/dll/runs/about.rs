//! What the runs have to know about the file.

use std::path::{Path, PathBuf};

use crate::doctor::dll::file::{FileFacts, PythonUse, Role, Seen};
use crate::doctor::dll::host::HostSeen;

/// A DLL, as far as it decides what is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::doctor::dll) struct About {
    /// The file, absolute.
    pub(in crate::doctor::dll) path: PathBuf,
    /// Python imports it, and it cannot start Python.
    pub(in crate::doctor::dll) extension: bool,
    /// The Python modules in it.
    pub(in crate::doctor::dll) modules: Vec<String>,
    /// `int start(void)`, which starts Python, and returns 0 if it did.
    pub(in crate::doctor::dll) start: Option<String>,
    /// What it offers to a host.
    pub(in crate::doctor::dll) exports: Vec<String>,
    /// The file of the program that was named as host, if it has a Python in its global scope.
    pub(in crate::doctor::dll) python_host: Option<String>,
    /// The libpython that a process has with it, as the files say, if that is a library.
    pub(in crate::doctor::dll) libpython: Option<PathBuf>,
    /// It has a libpython inside.
    pub(in crate::doctor::dll) contains_python: bool,
}

impl About {
    /// From what the file says.
    pub(in crate::doctor::dll) fn of(seen: &Seen<'_>, file: &FileFacts) -> Self {
        Self {
            path: seen.path.clone(),
            extension: file.role == Role::Extension,
            modules: file.modules.clone(),
            start: file.start.clone(),
            exports: file.exports.clone(),
            python_host: seen.host.and_then(HostSeen::with_python),
            libpython: seen.libpython().map(Path::to_owned),
            contains_python: file.python == PythonUse::Contained,
        }
    }
}
