//! One file for each subcommand.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod run;
pub(crate) mod targets;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// `embedcheck __schema`.
pub(crate) fn schema(output: &Output) -> Result<Exit, Failure> {
    output.print(&embedcheck::report::schema())?;
    Ok(Exit::Success)
}
