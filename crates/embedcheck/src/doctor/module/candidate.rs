//! A file that could have been meant, and what becomes of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Origin;

/// A file or folder whose name is that of the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The file or folder; of something in an archive, the archive's path and then its name in it.
    pub path: String,
    /// Why its folder is searched.
    pub origin: Origin,
    /// What it is by its name.
    pub form: Form,
    /// The ABI tag in its name; `None` if it has none or is no extension module.
    pub tag: Option<String>,
    /// What it was built for, as far as that can be told; `None` if it is no extension module.
    pub built_for: Option<String>,
    /// The newest version of glibc that it asks for, such as `2.17`.
    pub glibc: Option<String>,
    /// The distribution that it belongs to, with its version, by the `RECORD` beside it.
    pub distribution: Option<String>,
    /// What the import does with it.
    pub fate: Fate,
    /// What is wrong with it, the decisive first. Empty: nothing.
    pub flaws: Vec<Flaw>,
}

/// What a candidate is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `NAME*.so`.
    Extension,
    /// A folder with an `__init__` module.
    Package,
    /// `NAME.py`.
    Source,
    /// `NAME.pyc`.
    Bytecode,
    /// A folder without an `__init__` module, which is only taken when there is nothing else.
    Namespace,
}

/// What the import does with a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is the one.
    Taken,
    /// Its name is not one that this Python looks for, or it lies where this Python does not look.
    PassedBy,
    /// This file, or the module inside the interpreter, comes first.
    Shadowed(String),
    /// A later layer has a file of the same name: this one.
    Overwritten(String),
}

/// What is wrong with a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "flaw", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Flaw {
    /// Its tag says that it is for another Python or build.
    OtherPython {
        /// `CPython 3.11`.
        built_for: String,
    },
    /// It is for another processor or another system.
    OtherMachine {
        /// `aarch64`, `Windows`.
        built_for: String,
    },
    /// It is for musl where there is glibc, or the other way round.
    OtherLibc {
        /// `musl` or `glibc`.
        built_for: String,
    },
    /// It asks for a newer glibc.
    NewerGlibc {
        /// The version that it asks for.
        needs: String,
        /// The version that is there.
        has: String,
    },
    /// It is no complete shared library.
    Damaged {
        /// What it is instead.
        what: String,
    },
    /// It has not the function by which Python starts a module of this name.
    OtherModule {
        /// The function.
        expected: String,
        /// Those that it has instead.
        has: Vec<String>,
    },
    /// An extension module in an archive: Python cannot import it from there.
    InArchive,
    /// It lies where this Python does not look.
    OffPath {
        /// What is wrong about the place.
        reason: String,
    },
    /// It may not be read.
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// A library that it needs is not found.
    MissingLibrary {
        /// Its name.
        name: String,
        /// Where it was looked for.
        tried: Vec<String>,
    },
    /// A library that it needs is neither in the layers nor part of every Linux: the system of the runtime has to have it.
    ForeignLibrary {
        /// Its name.
        name: String,
    },
    /// It asks for a version that a library does not define.
    MissingVersion {
        /// The version.
        version: String,
        /// The library.
        library: String,
    },
    /// Symbols that neither this Python nor a library defines.
    MissingSymbols {
        /// Their names.
        symbols: Vec<String>,
    },
    /// Its name does not forbid it, and there are signs that it was built for another Python.
    ProbablyOtherPython {
        /// `CPython 3.12`.
        built_for: String,
        /// What says so.
        signs: Vec<String>,
    },
    /// No tag, and nothing that says for which Python it was built.
    Untagged,
    /// A module in Python, or an empty folder, where an extension module is expected.
    NotExtension,
    /// It is built for the stable ABI, and this Python has another one.
    StableAbi,
}

impl Flaw {
    /// Whether the import fails because of it, or must not succeed.
    pub(super) fn is_fatal(&self) -> bool {
        !matches!(self, Self::Untagged | Self::ForeignLibrary { .. })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPython { built_for } | Self::OtherMachine { built_for } => {
                write!(f, "for {built_for}")
            }
            Self::OtherLibc { built_for } => write!(f, "for {built_for}"),
            Self::NewerGlibc { needs, has } => write!(f, "needs glibc {needs}, there is {has}"),
            Self::Damaged { what } => write!(f, "damaged: {what}"),
            Self::OtherModule { expected, has } if has.is_empty() => {
                write!(f, "no module: it has no {expected}")
            }
            Self::OtherModule { expected, has } => {
                write!(f, "another module: no {expected}, but {}", has.join(", "))
            }
            Self::InArchive => f.write_str("in an archive, from which it cannot be imported"),
            Self::OffPath { reason } => f.write_str(reason),
            Self::Unreadable { reason } => write!(f, "cannot be read: {reason}"),
            Self::MissingLibrary { name, .. } => write!(f, "needs {name}, which is not found"),
            Self::ForeignLibrary { name } => write!(f, "needs {name}, which no layer brings"),
            Self::MissingVersion { version, library } => {
                write!(f, "needs {version}, which {library} does not define")
            }
            Self::MissingSymbols { symbols } => match symbols.as_slice() {
                [one] => write!(f, "needs {one}, which nothing defines"),
                [first, rest @ ..] => {
                    write!(f, "needs {first} and {} more symbols that nothing defines", rest.len())
                }
                [] => f.write_str("needs symbols that nothing defines"),
            },
            Self::ProbablyOtherPython { built_for, .. } => {
                write!(f, "its contents were built for {built_for}")
            }
            Self::Untagged => f.write_str("without a tag: any Python takes it"),
            Self::NotExtension => f.write_str("no extension module"),
            Self::StableAbi => f.write_str("for the stable ABI of builds with the GIL"),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Extension => "extension module",
            Self::Package => "package",
            Self::Source => "Python source",
            Self::Bytecode => "compiled Python",
            Self::Namespace => "folder without __init__.py",
        })
    }
}

impl Candidate {
    /// Whether Python takes it and nothing keeps it from working.
    pub(super) fn is_good(&self) -> bool {
        self.fate == Fate::Taken && !self.flaws.iter().any(Flaw::is_fatal)
    }
}
