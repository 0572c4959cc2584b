//! What the runs have to know about the file.

use std::path::{Path, PathBuf};

use crate::doctor::dll::file::{FileFacts, PythonUse, Role, Seen, name_of};
use crate::doctor::dll::host::HostPython;

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
    /// The libpython that a process has with it, as the files say, if that is a library.
    pub(in crate::doctor::dll) libpython: Option<PathBuf>,
    /// It has a libpython inside.
    pub(in crate::doctor::dll) contains_python: bool,
    /// The host that was named.
    pub(in crate::doctor::dll) host: Option<Host>,
}

/// A host that was named, as far as its file tells what the DLL meets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor::dll) struct Host {
    /// Its file name.
    pub(super) name: String,
    pub(super) scope: HostScope,
    /// ld.so distrusts its environment.
    pub(super) is_privileged: bool,
}

/// Where the C API is in a process of a named host, before the DLL is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostScope {
    /// In the global scope: the host is linked to a libpython.
    Global,
    /// In the global scope, and inside of the host itself: no run has that one.
    Inside,
    /// The host may open this libpython, which its bytes name, in any way.
    MayOpen(String),
    /// Nowhere, as far as the file tells.
    Unknown,
}

impl Host {
    fn of(seen: &Seen<'_>) -> Option<Self> {
        let host = seen.host.filter(|host| host.program().is_some())?;
        let given = seen.loading.as_ref().map(|both| &both.given);
        let is_linked =
            given.and_then(|given| given.libpython.as_ref()).is_some_and(|it| it.is_hosts);
        let scope = match &host.facts {
            facts if facts.python == HostPython::Exported => HostScope::Inside,
            _ if is_linked || host.has_python() => HostScope::Global,
            facts => facts.opens.clone().map_or(HostScope::Unknown, HostScope::MayOpen),
        };
        let name = name_of(Path::new(&host.facts.path));
        Some(Self { name, scope, is_privileged: host.is_privileged() })
    }
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
            libpython: seen.libpython().map(Path::to_owned),
            contains_python: file.python == PythonUse::Contained,
            host: Host::of(seen),
        }
    }
}
