//! Why a path is no target.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::elf::ElfError;

/// What helps depends on whether the file or the machine is to blame.
fn start_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => {
            "end other processes, or raise the limits (`ulimit -u`, `ulimit -v`)"
        }
        _ => "check that the file is whole",
    }
}

/// Why a path that was to lead to a target does not. Each message names the path, the reason and
/// what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// [`Options::stop`](super::Options::stop) was requested before there was an answer.
    #[error("interrupted")]
    Interrupted,
    /// The path does not exist.
    #[error("`{}` is not there; name an existing interpreter or libpython", path.display())]
    NotThere {
        /// The path as given.
        path: PathBuf,
    },
    /// A name without a slash that no folder of `PATH` has.
    #[error(
        "no `{name}` in any folder of PATH; name the interpreter by its path, or see \
         `embedcheck targets` for what is there"
    )]
    NotOnPath {
        /// The name as given.
        name: String,
    },
    /// A version that no target has.
    #[error("no Python {version} was found (there is {found}); name the interpreter by its path")]
    NoSuchVersion {
        /// The version as given.
        version: String,
        /// The ids of the targets that there are, or `none`.
        found: String,
    },
    /// A folder where a file is wanted.
    #[error("`{}` is a directory; {advice}", path.display())]
    Directory {
        /// The path as given.
        path: PathBuf,
        /// The file in it that was probably meant.
        advice: String,
    },
    /// The path cannot be looked at.
    #[error("cannot look at `{}`: {source}; check the permissions of its folders", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file without permission to execute it.
    #[error(
        "`{}` is not executable; name an interpreter, or `chmod +x` it if it is one",
        path.display()
    )]
    NotExecutable {
        /// The path as given.
        path: PathBuf,
    },
    /// A libpython where an interpreter is wanted.
    #[error("`{}` is a library, not an interpreter; use --libpython for it", path.display())]
    IsLibrary {
        /// The path as given.
        path: PathBuf,
    },
    /// An interpreter where a libpython is wanted.
    #[error("`{}` is a program, not a shared library; use --python for it", path.display())]
    IsProgram {
        /// The path as given.
        path: PathBuf,
    },
    /// A program that this machine cannot run, or that is damaged.
    #[error("{source}; name a whole interpreter that is for this machine")]
    BadProgram {
        /// What is wrong with the file, which it names.
        source: ElfError,
    },
    /// A file that cannot be loaded by a process of this machine, or that is damaged.
    #[error("{source}; name the shared library of a Python that is installed on this machine")]
    BadLibrary {
        /// What is wrong with the file, which it names.
        source: ElfError,
    },
    /// The system refuses to start it.
    #[error("cannot start `{}`: {source}; {}", path.display(), start_advice(source))]
    NotStarted {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A library of the interpreter is missing.
    #[error(
        "`{}` does not start: {message}; reinstall it, or put the library where its RUNPATH points",
        path.display()
    )]
    LibraryMissing {
        /// The path as given.
        path: PathBuf,
        /// What ld.so said.
        message: String,
    },
    /// It does not end.
    #[error(
        "`{}` did not answer within {:.1} s and was killed; run it by hand to see what it waits \
         for (a sitecustomize, a network file system …)",
        path.display(), limit.as_secs_f32()
    )]
    Hung {
        /// The path as given.
        path: PathBuf,
        /// The time limit.
        limit: Duration,
    },
    /// It ended without an answer.
    #[error("`{}` is no working Python: it {ending} and printed {output}; {advice}", path.display())]
    NoAnswer {
        /// The path as given.
        path: PathBuf,
        /// How it ended.
        ending: String,
        /// The beginning of what it printed.
        output: String,
        /// What to do.
        advice: &'static str,
    },
    /// It answered, but not with what was asked.
    #[error(
        "the answer of `{}` makes no sense ({reason}); is something in its site-packages writing \
         to standard output?",
        path.display()
    )]
    BadAnswer {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A shim that leads to no interpreter.
    #[error(
        "the shim `{}` leads to no interpreter: {reason}; select a version in its version manager, or \
         name one by version (such as 3.12) or path",
        path.display()
    )]
    Shim {
        /// The path as given.
        path: PathBuf,
        /// What the version manager said.
        reason: String,
    },
    /// A file that is no libpython.
    #[error(
        "`{}` is no libpython: it {reason}; name a `libpythonX.Y.so.1.0`",
        path.display()
    )]
    NotLibpython {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it, as a fragment with the file as its subject.
        reason: String,
    },
}

impl TargetError {
    /// Part of normal life, and of no interest unless it was named: a version manager has a shim for
    /// each version that it knows, and most of them lead nowhere until that version is selected.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        matches!(self, Self::Shim { .. })
    }
}
