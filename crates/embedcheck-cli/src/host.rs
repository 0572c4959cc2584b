//! The Rust host: this executable, run again with a hidden subcommand.

use std::ffi::OsString;
use std::process::ExitCode;

use embedcheck::run::{HostCommand, HostKind};

use crate::failure::Failure;

/// What stands first on the command line of a host process.
pub(crate) const SUBCOMMAND: &str = "__host";

/// Is the host.
pub(crate) fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let code = embedcheck_host::main(arguments);
    // The host's own codes are 0, 2, 3 and what a plan says.
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// How to start it.
pub(crate) fn command() -> Result<HostCommand, Failure> {
    let program = std::env::current_exe().map_err(Failure::OwnPath)?;
    // A host must not outlive a runner that was killed.
    let arguments = [SUBCOMMAND, "--parent-death", "kill"];
    Ok(HostCommand::new(HostKind::Rust, program).with_args(arguments))
}
