//! The vocabulary of a resolution: by which rule a library was found, or why it was not.

use std::fmt;
use std::path::PathBuf;

/// By which rule ld.so comes to a file. The order of the search is that of ld.so(8).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The process was started with it.
    Executable,
    /// It is ld.so itself, which is always there.
    Interpreter,
    /// An object in the namespace has this name: its SONAME, its path, or a name it was loaded by.
    SameName,
    /// The search led to a file (same device and inode) that is loaded already.
    SameFile,
    /// The name has a slash and is a path.
    Path,
    /// `DT_RPATH` of an object without `DT_RUNPATH`: the one that needs the library, the one that loaded
    /// that one, and so on, then the executable.
    RPath {
        /// The object that has the `DT_RPATH`.
        of: PathBuf,
        /// The entry of it, not expanded.
        entry: String,
    },
    /// `LD_LIBRARY_PATH`.
    LibraryPath {
        /// The entry of it, not expanded.
        entry: PathBuf,
    },
    /// `DT_RUNPATH` of the object that needs the library.
    RunPath {
        /// That object.
        of: PathBuf,
        /// The entry of it, not expanded.
        entry: String,
    },
    /// `/etc/ld.so.cache`.
    Cache,
    /// A directory compiled into ld.so.
    DefaultDir,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Executable => f.write_str("the executable"),
            Rule::Interpreter => f.write_str("ld.so itself"),
            Rule::SameName => f.write_str("already loaded under this name"),
            Rule::SameFile => f.write_str("the same file is already loaded"),
            Rule::Path => f.write_str("path"),
            Rule::RPath { of, entry } => write!(f, "RPATH `{entry}` of {}", of.display()),
            Rule::LibraryPath { entry } => write!(f, "LD_LIBRARY_PATH `{}`", entry.display()),
            Rule::RunPath { of, entry } => write!(f, "RUNPATH `{entry}` of {}", of.display()),
            Rule::Cache => f.write_str("ld.so.cache"),
            Rule::DefaultDir => f.write_str("default directory"),
        }
    }
}

/// Why a candidate is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such file, or it may not be looked at. The search goes on.
    NotThere,
    /// It is for another processor or word size; what it is for. The search goes on.
    OtherMachine(String),
    /// It is damaged or no shared library; what is wrong. The search ends here: ld.so does not look
    /// for a better file of the same name.
    Unusable(String),
}

impl Refusal {
    pub(super) fn ends_search(&self) -> bool {
        matches!(self, Refusal::Unusable(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotThere => f.write_str("not there"),
            Refusal::OtherMachine(machine) => write!(f, "is for {machine}"),
            Refusal::Unusable(reason) => f.write_str(reason),
        }
    }
}

/// A file that was considered and not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The file.
    pub path: PathBuf,
    /// What led to it.
    pub rule: Rule,
    /// Why it was not taken.
    pub refusal: Refusal,
}

/// A library that ld.so does not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The name that was asked for.
    pub name: String,
    /// The object whose `DT_NEEDED` it is; `None` when it was opened or preloaded by name.
    pub needed_by: Option<PathBuf>,
    /// What was considered, in order.
    pub tried: Vec<Candidate>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        if let Some(object) = &self.needed_by {
            write!(f, ", needed by {}", object.display())?;
        }
        match self.tried.last() {
            Some(last) if last.refusal.ends_search() => {
                write!(f, ", is found as {}, which {}", last.path.display(), last.refusal)
            }
            _ => write!(f, ", is not found ({} places tried)", self.tried.len()),
        }
    }
}

/// A name and the object that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The name that was asked for.
    pub name: String,
    /// The object whose `DT_NEEDED` it is; `None` for what was opened, preloaded or started.
    pub needed_by: Option<PathBuf>,
    /// The file as ld.so names it: neither normalised nor stripped of symbolic links, but absolute.
    pub path: PathBuf,
    /// How ld.so came to it.
    pub rule: Rule,
    /// What was considered before, in order.
    pub tried: Vec<Candidate>,
}
