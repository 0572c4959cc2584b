//! Which Pythons are measured.

use embedcheck::env::Caller;
use embedcheck::target::{self, Support, Target};

use crate::{Arguments, Error};

/// The targets to measure: what the command line says, else `EMBEDCHECK_BENCH_PYTHON`, else the
/// first Python that is found and has a shared libpython; `python3` on `PATH` comes first.
///
/// # Errors
///
/// If that is no target, or none that can be embedded.
pub(crate) fn targets(arguments: &Arguments, caller: &Caller) -> Result<Vec<Target>, Error> {
    let options = target::Options::default();
    if arguments.all {
        let mut found = target::discover(caller, &options).targets;
        found.retain(is_usable);
        return match found.is_empty() {
            false => Ok(found),
            true => Err("no Python with a shared libpython was found".into()),
        };
    }
    let named = arguments.python.as_deref().or(caller.bench_python.as_deref());
    let target = match named {
        Some(name) => target::resolve_python(caller, &options, name)?,
        None => target::discover_first(caller, &options, is_usable)
            .ok_or("no Python with a shared libpython was found; name one with --python")?,
    };
    target.embeddable()?;
    Ok(vec![target])
}

fn is_usable(target: &Target) -> bool {
    target.support == Support::Full && target.embeddable().is_ok()
}
