//! What lies in or beside this executable: the Rust host and the measuring host, which are this program
//! run again with a hidden subcommand, and the DLLs that embed-dll made.

use std::ffi::OsString;
use std::process::ExitCode;

use embedcheck::bench::MeasuringHost;
use embedcheck::dll::Twins;
use embedcheck::env::Caller;
use embedcheck::run::{HostCommand, HostKind};

use crate::failure::Failure;

/// What stands first on the command line of a host process.
pub(crate) const SUBCOMMAND: &str = "__host";

/// What stands first on the command line of a measuring host process.
pub(crate) const MEASURE: &str = "__measure";

/// Is the host.
pub(crate) fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let code = embedcheck_host::main(arguments);
    // The host's own codes are 0, 2, 3 and what a plan says.
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Is the measuring host.
pub(crate) fn measure(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::from(u8::try_from(embedcheck_host::measure::main(arguments)).unwrap_or(u8::MAX))
}

/// The twins of the fixtures: what the caller names, or what lies near this executable.
pub(crate) fn twins(caller: &Caller) -> Result<Twins, Failure> {
    match &caller.embedcheck_rust_dlls {
        Some(folder) => Ok(Twins::in_folder(folder)),
        None => Ok(Twins::near(&std::env::current_exe().map_err(Failure::OwnPath)?)),
    }
}

/// How to start the measuring host.
pub(crate) fn measuring() -> Result<MeasuringHost, Failure> {
    Ok(MeasuringHost {
        program: std::env::current_exe().map_err(Failure::OwnPath)?,
        arguments: vec![MEASURE.into()],
        optimised: !cfg!(debug_assertions),
    })
}

/// How to start the host of plans.
pub(crate) fn command() -> Result<HostCommand, Failure> {
    let program = std::env::current_exe().map_err(Failure::OwnPath)?;
    // A host must not outlive a runner that was killed.
    let arguments = [SUBCOMMAND, "--parent-death", "kill"];
    Ok(HostCommand::new(HostKind::Rust, program).with_args(arguments))
}
