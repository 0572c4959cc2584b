//! `embedcheck targets`.

use embedcheck::env::Caller;
use embedcheck::run::Stop;
use embedcheck::target::{
    Discovery, Options, Style, Target, TargetError, discover, identify_libpython, resolve_python,
};
use serde::Serialize;

use crate::args::{Format, TargetArgs, TargetsArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Version of the JSON form.
const SCHEMA: &str = "embedcheck.targets/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    discovery: &'a Discovery,
}

/// Prints what was found, or the one that was named.
pub(crate) fn targets(args: &TargetsArgs, output: &Output, stop: &Stop) -> Result<Exit, Failure> {
    let caller = Caller::from_process();
    let discovery = match named(&args.target, &caller, stop)? {
        Some(target) => Discovery { targets: vec![target], ..Discovery::default() },
        None => discover(&caller, &options(stop)),
    };
    if stop.is_requested() {
        return Err(TargetError::Interrupted.into());
    }
    let text = match args.format {
        Format::Text => {
            let mut text = String::new();
            let style = Style { width: output.width(), verbose: args.verbose };
            // Writing to a String cannot fail.
            let _ = discovery.write(&mut text, &style);
            text
        }
        Format::Json => {
            serde_json::to_string_pretty(&Document { schema: SCHEMA, discovery: &discovery })?
                + "\n"
        }
    };
    output.print(&text)?;
    Ok(Exit::Success)
}

/// How to look for targets until a signal comes.
pub(crate) fn options(stop: &Stop) -> Options {
    Options { stop: Some(stop.clone()), ..Options::default() }
}

/// The target of `--python` or `--libpython`.
pub(crate) fn named(
    args: &TargetArgs,
    caller: &Caller,
    stop: &Stop,
) -> Result<Option<Target>, TargetError> {
    let options = options(stop);
    match (&args.python, &args.libpython) {
        (Some(python), _) => resolve_python(caller, &options, python).map(Some),
        (None, Some(libpython)) => identify_libpython(&options, libpython).map(Some),
        (None, None) => Ok(None),
    }
}
