//! Why the doctor has nothing to say.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::module::ArchiveError;
use crate::elf::ElfError;
use crate::run::{RunError, ScratchError};

/// An error that names the input, the reason and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// A file or folder that was named cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was named as a DLL or a host is no ELF file of this machine.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// An input that makes no sense; the text names it, says why, and what to do.
    #[error("{0}")]
    Input(String),
    /// An archive that was named is damaged, or nobody should unpack it; the text says why, and what to do.
    #[error("{0}")]
    Archive(String),
    /// A folder for what is tried.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A child process could not be started or watched.
    #[error(transparent)]
    Run(RunError),
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl From<RunError> for DoctorError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Interrupted => Self::Interrupted,
            other => Self::Run(other),
        }
    }
}

impl From<ArchiveError> for DoctorError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error.to_string())
    }
}
