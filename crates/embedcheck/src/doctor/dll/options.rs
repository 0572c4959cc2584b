//! What may be asked about a DLL.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::run::HostCommand;

/// What to examine, and how.
#[derive(Clone, Debug)]
pub struct DllOptions {
    /// The DLL.
    pub dll: PathBuf,
    /// The program that will load it.
    pub host: Option<PathBuf>,
    /// Variables of the host's environment, which otherwise is built from nothing.
    pub environment: Vec<(OsString, OsString)>,
    /// Calls to make, in this order: a C declaration and its arguments.
    pub calls: Vec<Vec<String>>,
    /// Time limit of one host process.
    pub timeout: Duration,
    /// How to start the Rust host.
    pub rust_host: HostCommand,
}
