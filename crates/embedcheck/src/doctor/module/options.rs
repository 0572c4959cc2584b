//! What may be asked about a module.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::run::HostCommand;
use crate::target::Target;

/// What to examine, and how.
#[derive(Clone, Debug)]
pub struct ModuleOptions {
    /// Full name of the module: `_cffi_backend`, `cryptography.hazmat.bindings._rust`.
    pub name: String,
    /// For which Python.
    pub runtime: Runtime,
    /// Folders and zip archives in front of the usual search path, the first first. With `layers` the layers of a Lambda
    /// function.
    pub paths: Vec<PathBuf>,
    /// The paths are layers of AWS Lambda.
    pub layers: bool,
    /// Variables of the child processes, which otherwise have an environment built from nothing.
    pub environment: Vec<(OsString, OsString)>,
    /// Programs (modules to import) that need the module; empty: found from the metadata of distributions.
    pub imports: Vec<String>,
    /// Time limit of one child process.
    pub timeout: Duration,
    /// How to start the Rust host, for the embedded import.
    pub rust_host: HostCommand,
}

/// The Python that the module is for.
#[derive(Clone, Debug)]
pub enum Runtime {
    /// One that is installed here: it is asked, and the module is really imported.
    Installed(Box<Target>),
    /// One that is not: only files are looked at.
    Described {
        /// Major and minor version.
        version: (u32, u32),
        /// As `uname -m` gives it: `x86_64`, `aarch64`.
        architecture: String,
    },
}
