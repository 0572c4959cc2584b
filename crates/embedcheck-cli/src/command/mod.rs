//! One file for each subcommand.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod run;
pub(crate) mod targets;

use crate::args::{SchemaArgs, SchemaOf};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// `embedcheck __schema`.
pub(crate) fn schema(args: &SchemaArgs, output: &Output) -> Result<Exit, Failure> {
    output.print(&match args.of {
        SchemaOf::Check => embedcheck::report::schema(),
        SchemaOf::Bench => embedcheck::bench::schema(),
        SchemaOf::Doctor => embedcheck::doctor::schema(),
    })?;
    Ok(Exit::Success)
}
