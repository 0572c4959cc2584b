//! The search for an extension module: every file that could have been meant, and what becomes of it.

mod facts;
mod kinds;
mod options;
mod path;

pub use facts::ModuleFacts;
pub(super) use kinds::KINDS;
pub use options::{ModuleOptions, Runtime};
pub use path::{Entry, EntryState, Origin};

use super::{Diagnosis, DoctorError};
use crate::env::Caller;
use crate::run::Stop;

/// Examines the search for a module.
///
/// # Errors
///
/// When an input cannot be read or makes no sense, or a child process cannot be run. What is wrong with the module is
/// no error but a finding.
pub fn examine(
    _caller: &Caller,
    _options: &ModuleOptions,
    _stop: &Stop,
) -> Result<Diagnosis, DoctorError> {
    Err(DoctorError::Input("not there yet".to_owned()))
}
