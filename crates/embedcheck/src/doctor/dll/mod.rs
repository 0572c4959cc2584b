//! An embedding DLL that somebody else built: what its file says, and what it does in hosts.

mod call;
mod facts;
mod kinds;
mod options;

pub use facts::DllFacts;
pub(super) use kinds::KINDS;
pub use options::DllOptions;

use super::{Diagnosis, DoctorError};
use crate::env::Caller;
use crate::run::Stop;
use crate::target::Target;

/// Examines a DLL: the file, then runs of it in hosts.
///
/// # Errors
///
/// When the DLL or the host cannot be read, or a child process cannot be run. What is wrong with the DLL is no error
/// but a finding.
pub fn examine(
    _target: &Target,
    _caller: &Caller,
    _options: &DllOptions,
    _stop: &Stop,
) -> Result<Diagnosis, DoctorError> {
    Err(DoctorError::Input("not there yet".to_owned()))
}
