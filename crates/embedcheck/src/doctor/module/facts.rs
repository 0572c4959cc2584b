//! What was seen of the search for a module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::find::Parent;
use super::import::Imports;
use super::path::Entry;
use super::pth::PthFile;
use super::wanted::Wanted;

/// A module, the search path and everything on it that could have been meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleFacts {
    /// Full name of the module.
    pub name: String,
    /// The Python that searches.
    pub runtime: RuntimeFacts,
    /// The module is inside the interpreter, and nothing is searched for.
    pub inside: Option<Inside>,
    /// The layers of AWS Lambda, in the order of the function.
    pub layers: Vec<String>,
    /// The search path, in its order.
    pub path: Vec<Entry>,
    /// The `.pth` files that may have added to it.
    pub pth: Vec<PthFile>,
    /// The packages that hold the module, from the outside in.
    pub parents: Vec<Parent>,
    /// Everything that has the name of the module, in the order in which Python comes to it.
    pub candidates: Vec<Candidate>,
    /// The versions of the two parts of cffi, if the module is one of them.
    pub cffi: Option<CffiParts>,
    /// Who wants it.
    pub wanted: Wanted,
    /// What happened when it was imported.
    pub imports: Imports,
}

/// The Python that searches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuntimeFacts {
    /// `CPython 3.12`.
    pub python: String,
    /// As `uname -m` gives it.
    pub architecture: String,
    /// `glibc 2.34`, `musl`.
    pub libc: String,
    /// A runtime of AWS Lambda.
    pub lambda: bool,
    /// What the names of its extension modules end with, in the order in which they are tried.
    pub extension_suffixes: Vec<String>,
}

/// A module that comes with the interpreter's own file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Inside {
    /// In C.
    Builtin,
    /// In Python, compiled.
    Frozen,
}

/// The two parts of cffi: a package in Python, and `_cffi_backend`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CffiParts {
    /// The package `cffi`.
    pub package: Option<CffiPart>,
    /// `_cffi_backend`.
    pub backend: Option<CffiPart>,
}

/// A part of cffi that an import takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CffiPart {
    /// Its version, if the file tells.
    pub version: Option<String>,
    /// The file.
    pub path: String,
}
