//! What can go wrong while a DLL or a host is made.

use std::path::PathBuf;

use super::cache::CacheError;
use super::tool::ToolError;

/// Something that this machine lacks, so that a DLL cannot be made: the reason of a skip, not a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {advice}")]
pub struct Unavailable {
    /// What is missing, with the name of the thing.
    pub reason: String,
    /// What the user can do about it.
    pub advice: String,
}

impl Unavailable {
    pub(super) fn new(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { reason: reason.into(), advice: advice.into() }
    }
}

/// Why a DLL or a host was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The machine lacks something.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A compiler, linker or interpreter failed. Its messages are evidence.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Neither the cache nor the scratch folder can take the result.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A file cannot be written or read.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb: `write`, `copy` …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A tool succeeded, but its answer makes no sense.
    #[error("{command}: {reason}")]
    Answer {
        /// The command line.
        command: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl BuildError {
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
