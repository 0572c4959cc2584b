//! What was seen in the runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::HostKind;

/// How a host makes the DLL and its libpython visible.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// It opens the DLL with `RTLD_LOCAL`, as most hosts of plugins do. For an extension module: it opens
    /// its libpython so.
    Local,
    /// It opens the DLL with `RTLD_GLOBAL`; for an extension module, its libpython.
    Global,
    /// It opens libpython with `RTLD_GLOBAL` first, then the DLL with `RTLD_LOCAL`.
    Preloaded,
    /// The Python interpreter, which imports the module.
    Interpreter,
}

impl Scope {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Global => "global",
            Self::Preloaded => "preloaded",
            Self::Interpreter => "interpreter",
        }
    }

    /// The hosts that do so, for a sentence.
    pub(super) fn hosts(self) -> &'static str {
        match self {
            Self::Local => "RTLD_LOCAL hosts",
            Self::Global => "RTLD_GLOBAL hosts",
            Self::Preloaded => "hosts with libpython preloaded",
            Self::Interpreter => "the interpreter itself",
        }
    }
}

/// All runs of a DLL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunFacts {
    /// What was tried in each, in words.
    pub tried: String,
    /// Each host in each scope.
    pub runs: Vec<Run>,
    /// What could not be run, and why.
    pub not_run: Vec<String>,
    /// What the runs say of the host that was named.
    pub named_host: Option<NamedHost>,
    /// Variables of the caller that change what a host does and that no run got, as `NAME=value`.
    pub not_used: Vec<String>,
    /// The interpreter as the DLL got it, in the first run that worked.
    pub interpreter: Option<Interpreter>,
}

/// A host that was named. It is read and never started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedHost {
    /// Its file name.
    pub name: String,
    /// The runs in which the DLL meets what it meets there; absent when the file does not tell.
    pub like: Option<Scope>,
    /// Whether all of these work.
    pub works: Option<bool>,
    /// What its file tells, and what it does not.
    pub why: String,
}

/// One host process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// What kind of program.
    pub host: HostKind,
    /// How it opened what it opened.
    pub scope: Scope,
    /// Whether all that was tried was done, and nothing says that it was not done well.
    pub works: bool,
    /// What was done, in order, with its result or error.
    pub steps: Vec<String>,
    /// Why a call could not be made in this host.
    pub not_called: Vec<String>,
    /// How the process ended.
    pub ended: String,
    /// The diagnosis rule or kind of finding that explains a failure.
    pub cause: Option<String>,
    /// Every libpython in the process, by its file.
    pub libpythons: Vec<String>,
    /// `sys.prefix`, if Python was running at the end.
    pub prefix: Option<String>,
    /// `sys.executable`.
    pub executable: Option<String>,
    /// `Py_GetVersion()`.
    pub version: Option<String>,
    /// Whether the C API is in the global scope, where extension modules look for it.
    pub python_is_global: Option<bool>,
    /// Where each thread was at the time limit: its system call, then its stack if a debugger could be
    /// asked. Numbers of processes and threads are left out.
    pub threads: Vec<String>,
    /// The plan, for `embedcheck run`.
    pub plan: String,
    /// Standard error, without what the host wrote itself; its first and last lines if it is long.
    pub stderr: Vec<String>,
}

#[cfg(test)]
impl Run {
    /// A run that works and has shown nothing.
    pub(super) fn made_up(host: HostKind, scope: Scope) -> Self {
        Self {
            host,
            scope,
            works: true,
            steps: Vec::new(),
            not_called: Vec::new(),
            ended: "exit 17".to_owned(),
            cause: None,
            libpythons: Vec::new(),
            prefix: None,
            executable: None,
            version: None,
            python_is_global: None,
            threads: Vec::new(),
            plan: String::new(),
            stderr: Vec::new(),
        }
    }
}

/// An interpreter from inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// `sys.prefix`.
    pub prefix: String,
    /// `sys.executable`.
    pub executable: String,
    /// `sys.path`.
    pub path: Vec<String>,
    /// Those of its entries that are for installed packages.
    pub site_packages: Vec<String>,
    /// `_cffi_backend`, if it was loaded.
    pub backend: Option<Backend>,
}

/// A `_cffi_backend`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// Its file; empty if it is built in.
    pub file: String,
    /// Its `__version__`.
    pub version: String,
    /// It lies where packages of this very Python are, or in a folder that was given with PYTHONPATH.
    pub expected: bool,
}
