//! Why a run has no observation.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// A run that could not be made. How a child that was started *ended* is never an error, but part
/// of the
/// [`Observation`](super::Observation).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Somebody called [`Stop::request`](super::Stop::request). Everything that was started is
    /// gone.
    #[error("interrupted")]
    Interrupted,

    /// The program could not be started.
    #[error("cannot start {}: {reason}", program.display())]
    NotStarted {
        /// The program as given.
        program: PathBuf,
        /// What was found out about it, and what to do.
        reason: String,
        /// What the kernel answered.
        source: io::Error,
    },

    /// The working folder does not exist.
    #[error("cannot start a program in {}: it is no folder that can be entered", .0.display())]
    NoWorkingFolder(PathBuf),

    /// A name that the environment cannot hold, or that would read as another name there.
    #[error(
        "cannot set the environment variable {0:?}: a name is not empty and holds neither `=` nor a zero byte"
    )]
    BadVariable(OsString),

    /// SIGKILL was sent, but the process is still there: it waits in the kernel for a device or a
    /// network file system.
    #[error("process {process} ({}) does not go away after SIGKILL; it is stuck in the kernel", program.display())]
    Unkillable {
        /// Its number.
        process: i32,
        /// What it was started from.
        program: PathBuf,
    },

    /// The system refused something that the runner cannot do without.
    #[error("cannot {what}: {source}")]
    System {
        /// What the runner wanted to do.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl RunError {
    /// For `map_err`: an error with the deed that failed.
    pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
