//! What the tools get of the world.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::run::Stop;

/// What of the caller's environment the compiler and the interpreters get; nothing else reaches them.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Their `PATH`.
    pub path: OsString,
    /// An existing folder for their temporary files, which the caller removes.
    pub scratch: PathBuf,
    /// Variables for pip; those for which [`is_pip_variable`](super::cffi::is_pip_variable) is false are passed over.
    pub pip_environment: Vec<(OsString, OsString)>,
    /// Nothing may be fetched.
    pub offline: bool,
    /// Ends a tool that is running.
    pub stop: Stop,
}

#[cfg(test)]
impl Surroundings {
    pub(super) fn for_tests(path: &str, scratch: &std::path::Path) -> Self {
        Self {
            path: path.into(),
            scratch: scratch.to_owned(),
            pip_environment: Vec::new(),
            offline: true,
            stop: Stop::new().expect("a descriptor is left"),
        }
    }
}
