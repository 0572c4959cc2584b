//! Starting real interpreters, each case in a process of its own.
//!
//! The interpreters are those of pyenv, those under /usr, and those in the prefixes that
//! `EMBED_DLL_TEST_PYTHONS` lists. Without any the tests are skipped, or fail if
//! `EMBEDCHECK_REQUIRE_ALL` is 1.

mod case;
mod failures;
mod found;
mod host;
mod host_state;
mod interpreters;
mod offsets;
mod together;
mod where_it_lives;

use interpreters::Target;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--host") {
        host::main(arguments);
    }
    let targets = interpreters::all();
    let mut trials = if targets.is_empty() {
        vec![trial("interpreters".to_owned(), || Err(skip("this machine has no libpython")))]
    } else {
        Vec::new()
    };
    trials.extend(where_it_lives::trials(&targets));
    trials.extend(failures::trials(&targets));
    trials.extend(found::trials(&targets));
    trials.extend(host_state::trials(&targets));
    trials.extend(together::trials(&targets));
    trials.extend(offsets::trials(&targets));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Why a test did not come to an end.
pub(crate) enum Stop {
    /// Something is not as it should be.
    Failed(Failed),
    /// This machine lacks something.
    Skipped(String),
}

impl<T: Into<Failed>> From<T> for Stop {
    fn from(failed: T) -> Stop {
        Stop::Failed(failed.into())
    }
}

/// This machine lacks something.
pub(crate) fn skip(reason: &str) -> Stop {
    Stop::Skipped(reason.to_owned())
}

/// A test that may be skipped, but not silently.
pub(crate) fn trial(
    name: String,
    test: impl FnOnce() -> Result<(), Stop> + Send + 'static,
) -> Trial {
    let shown = name.clone();
    Trial::ignorable_test(name, move || match test() {
        Ok(()) => Ok(Completion::Completed),
        Err(Stop::Failed(failed)) => Err(failed),
        Err(Stop::Skipped(reason))
            if interpreters::variable("EMBEDCHECK_REQUIRE_ALL")
                .is_some_and(|value| value == "1") =>
        {
            Err(format!("{shown}: {reason}, and EMBEDCHECK_REQUIRE_ALL is 1").into())
        }
        Err(Stop::Skipped(reason)) => Ok(Completion::ignored_with(reason)),
    })
}

/// A test of each interpreter.
pub(crate) fn on_each(
    targets: &[Target],
    name: &'static str,
    test: fn(&Target) -> Result<(), Stop>,
) -> impl Iterator<Item = Trial> {
    targets
        .iter()
        .cloned()
        .map(move |target| trial(format!("{name}/{}", target.name), move || test(&target)))
}

/// A test that needs two interpreters of different versions that this C library can load.
pub(crate) fn on_two(
    targets: &[Target],
    name: &'static str,
    test: fn(&Target, &Target) -> Result<(), Stop>,
) -> Trial {
    let ordinary: Vec<Target> = targets
        .iter()
        .filter(|target| target.loader.is_none() && target.flags.is_empty())
        .cloned()
        .collect();
    trial(name.to_owned(), move || match (ordinary.first(), ordinary.last()) {
        (Some(one), Some(other)) if one.version != other.version => test(one, other),
        _ => Err(skip("this machine has no two versions of libpython")),
    })
}
