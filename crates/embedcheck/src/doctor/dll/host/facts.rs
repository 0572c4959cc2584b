//! What was seen of a host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program that is to load a DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFacts {
    /// The file, absolute.
    pub path: String,
    /// What it is.
    pub form: HostForm,
    /// The first line of a script, without `#!`; what follows is then about the program that runs it.
    pub script_for: Option<String>,
    /// The processor it is for.
    pub machine: Option<String>,
    /// `PT_INTERP`: its ld.so.
    pub interpreter: Option<String>,
    /// Every `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH`: also for what DLLs need that have no `DT_RUNPATH`.
    pub rpath: Option<String>,
    /// `DT_RUNPATH`: for its own `DT_NEEDED`.
    pub runpath: Option<String>,
    /// Its own Python.
    pub python: HostPython,
    /// A libpython that its bytes name and `DT_NEEDED` does not, in a program that calls `dlopen`: it may open that
    /// by itself.
    pub opens: Option<String>,
    /// The version of the Python inside, where its bytes name exactly one.
    pub python_version: Option<String>,
    /// How many symbols of the C API it exports.
    pub exports_c_api: usize,
    /// Why ld.so distrusts the environment.
    pub privileges: Vec<Privilege>,
}

/// What a host is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum HostForm {
    /// A program that can open DLLs.
    Program,
    /// A script.
    Script,
    /// A static executable.
    Static,
    /// A shared library or an object file.
    Library,
    /// A program for another machine.
    OtherMachine,
    /// Something else.
    NotElf {
        /// What it begins with.
        found: String,
    },
}

/// The Python that a host brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum HostPython {
    /// It names a libpython in `DT_NEEDED`.
    Linked {
        /// The name.
        name: String,
    },
    /// It has one inside and exports its symbols.
    Exported,
    /// It has one inside and does not export its symbols.
    Hidden,
    /// None.
    None,
}

/// Why ld.so runs a program in secure-execution mode; see ld.so(8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// The set-user-ID bit.
    Setuid,
    /// The set-group-ID bit.
    Setgid,
    /// File capabilities (`security.capability`).
    Capabilities,
}

impl Privilege {
    /// The word in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Setuid => "setuid",
            Self::Setgid => "setgid",
            Self::Capabilities => "file capabilities",
        }
    }
}
