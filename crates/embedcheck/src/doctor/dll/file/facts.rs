//! What was seen of the file of a DLL.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::producer::ProducerFacts;

/// A DLL, as its file states it, and as ld.so would load it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// The file, absolute.
    pub path: String,
    /// The processor it is for.
    pub machine: String,
    /// Who made it.
    pub producer: ProducerFacts,
    /// What it is for.
    pub role: Role,
    /// The Python modules in it, by their full names as far as these are known.
    pub modules: Vec<String>,
    /// The function that starts Python, if the producer exports one.
    pub start: Option<String>,
    /// The functions and variables that it offers to a host, without those of Python, of the producer's
    /// run time and of the linker; sorted.
    pub exports: Vec<String>,
    /// Which libpython serves it.
    pub python: PythonUse,
    /// The libpython that a process would get with it, in the environment that was given.
    pub libpython: Option<LibpythonFacts>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// The build-id note.
    pub build_id: Option<String>,
    /// Every `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH` and `DT_RUNPATH`, in this order.
    pub search: Vec<SearchPath>,
    /// What ld.so does in the environment that was given; absent for a file of another machine.
    pub given: Option<Resolution>,
    /// The same without any variable.
    pub empty: Option<Resolution>,
    /// Thread-local storage.
    pub tls: Tls,
    /// `DF_1_NODELETE`: `dlclose` leaves it where it is.
    pub no_delete: bool,
    /// It demands that the stacks of the process be executable.
    pub executable_stack: bool,
    /// `RTLD_LAZY` has no effect.
    pub bind_now: bool,
    /// The versions that it demands of libraries, such as `libc.so.6 GLIBC_2.34`, in order.
    pub versions: Vec<String>,
}

/// What a DLL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A program calls it, and it brings Python into the process.
    Embedding,
    /// Python imports it; it cannot start Python.
    Extension,
    /// It has to do with Python neither way.
    Other,
}

/// Which libpython serves a DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum PythonUse {
    /// It names one in `DT_NEEDED`.
    Named {
        /// The name.
        name: String,
    },
    /// It has one inside.
    Contained,
    /// It refers to the C API and names no libpython: the process has to have one in its global scope.
    FromProcess,
    /// It opens one at run time.
    Opened,
    /// None.
    None,
}

/// A libpython that a process would get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibpythonFacts {
    /// The file as ld.so names it.
    pub path: String,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// Its version, when its bytes name exactly one.
    pub version: Option<String>,
    /// The build-id note.
    pub build_id: Option<String>,
    /// Whether it is that of the Python that was named, or a copy of it.
    pub is_targets: bool,
    /// The host brings it, or has it inside.
    pub is_hosts: bool,
}

/// A `DT_RPATH` or `DT_RUNPATH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchPath {
    /// Which of both.
    pub tag: SearchTag,
    /// As it stands in the file.
    pub text: String,
    /// Its entries, in order.
    pub entries: Vec<SearchEntry>,
}

/// The dynamic entry that holds a search path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SearchTag {
    /// `DT_RPATH`: before `LD_LIBRARY_PATH`, also for what its libraries need; ignored beside a `DT_RUNPATH`.
    Rpath,
    /// `DT_RUNPATH`: after `LD_LIBRARY_PATH`, for its own `DT_NEEDED` alone.
    Runpath,
}

impl SearchTag {
    /// As readers of `readelf` know it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rpath => "RPATH",
            Self::Runpath => "RUNPATH",
        }
    }
}

/// One entry of a search path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchEntry {
    /// As it stands in the file.
    pub text: String,
    /// The folder that ld.so makes of it.
    pub expanded: String,
    /// Whether the folder is there.
    pub exists: bool,
}

/// What ld.so does with the DLL in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// Each name that is asked for and found, in the order of ld.so.
    pub found: Vec<FoundLibrary>,
    /// The names that are found nowhere.
    pub not_found: Vec<MissingLibrary>,
}

/// A name and the file that it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundLibrary {
    /// The name.
    pub name: String,
    /// The object whose `DT_NEEDED` it is.
    pub needed_by: String,
    /// The file as ld.so names it.
    pub path: String,
    /// The rule of ld.so(8) that led to it.
    pub rule: String,
    /// What was tried before, in order, each with the rule and why it was not taken.
    pub tried: Vec<String>,
}

/// A name that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingLibrary {
    /// The name.
    pub name: String,
    /// The object whose `DT_NEEDED` it is.
    pub needed_by: String,
    /// What was tried, in order, each with the rule and why it was not taken.
    pub tried: Vec<String>,
}

/// Thread-local storage of a DLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Bytes for each thread (`PT_TLS`).
    pub size: u64,
    /// `DF_STATIC_TLS`: its place is at a fixed distance from the thread pointer, of which little is left
    /// when a process runs.
    pub is_static: bool,
}
