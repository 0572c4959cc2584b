//! Targets: which Python runtimes there are, and what each of them is.
//!
//! An interpreter is asked in a child process with an environment that is built from nothing;
//! a libpython is read as a file. Neither is ever loaded into this process, and nothing is written
//! into anybody's installation.
//!
//! * [`discover`] lists the targets of a machine.
//! * [`default_target`] is the one that the first `python3` on `PATH` leads to.
//! * [`resolve_python`], [`identify_python`] and [`identify_libpython`] are for those that are named.

use std::ffi::OsStr;
use std::num::NonZero;
use std::path::{self, Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::env::Caller;
use crate::run::Stop;

mod advice;
mod candidates;
mod child;
mod discover;
mod error;
mod find;
mod first;
mod identify;
mod interrogate;
mod lead;
mod libpython;
mod library;
mod model;
mod modules;
mod needed;
mod parallel;
mod text;

pub use discover::{Discovery, Problem, discover};
pub use error::TargetError;
pub use first::discover_first;
pub(crate) use identify::same_build;
pub(crate) use libpython::{LibraryName, describe as describe_libpython};
pub use model::{
    Cffi, ExtensionModule, FoundBy, Libpython, Linkage, Origin, Reached, ReleaseLevel, StableStub,
    Support, Sysconfig, Target, TrailEntry, Version, Via,
};
pub use text::Style;

/// How interpreters are asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one interpreter or shim may take to answer.
    pub time_limit: Duration,
    /// How many are asked at the same time.
    pub workers: usize,
    /// Ends the search early: who is being asked is killed, and nobody else is asked. What was named
    /// is then [`TargetError::Interrupted`], and a [`Discovery`] is not complete.
    pub stop: Option<Stop>,
}

impl Options {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(Stop::is_requested)
    }
}

impl Default for Options {
    /// Ten seconds, and one worker for each processor, four at most.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { time_limit: Duration::from_secs(10), workers: processors.min(4), stop: None }
    }
}

/// The target that the first `python3` on `PATH` leads to.
///
/// # Errors
///
/// When there is no such file, or it does not answer as an interpreter does.
pub fn default_target(caller: &Caller, options: &Options) -> Result<Target, TargetError> {
    let name = OsStr::new("python3");
    match find::on_path(caller, name) {
        Some(path) => identify(caller, options, &path, FoundBy::Path),
        None => Err(TargetError::NotOnPath { name: "python3".to_owned() }),
    }
}

/// The target that a user names: by a path, by a name to look up on `PATH` (`python3.12`), by a
/// version (`3.12`, `3.12.1`, `3.13t`) or by the id of a target (`cpython-3.12.1`).
///
/// A version means the first target that has it, in the order of [`discover`].
///
/// # Errors
///
/// When nothing is there by that name, or what is there does not answer as an interpreter does.
pub fn resolve_python(
    caller: &Caller,
    options: &Options,
    named: &OsStr,
) -> Result<Target, TargetError> {
    let text = named.to_string_lossy();
    if text.contains('/') {
        return identify_python(caller, options, Path::new(named));
    }
    if let Some(path) = find::on_path(caller, named) {
        return identify(caller, options, &path, FoundBy::Argument);
    }
    let is_version = text.starts_with(|c: char| c.is_ascii_digit());
    if !is_version && !text.contains('-') {
        return Err(TargetError::NotOnPath { name: text.into_owned() });
    }
    let discovery = discover(caller, options);
    if options.is_stopped() {
        return Err(TargetError::Interrupted);
    }
    let ids: Vec<_> = discovery.targets.iter().map(|target| target.id.as_str()).collect();
    let found = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    let is_meant = |target: &Target| target.id == text || is_version && has_version(target, &text);
    let error = || TargetError::NoSuchVersion { version: text.clone().into_owned(), found };
    discovery.targets.into_iter().find(is_meant).ok_or_else(error)
}

/// Whether `version` is that of the target, or the beginning of it: `3.12` of `3.12.1`. A flavour has
/// to be asked for: `3.13` is not `3.13t`.
fn has_version(target: &Target, version: &str) -> bool {
    let digits = version.trim_end_matches(['t', 'd']);
    let mut flavour: Vec<_> = version[digits.len()..].chars().collect();
    flavour.sort_unstable();
    let own = [('d', target.debug), ('t', target.free_threaded)];
    let own: Vec<_> = own.iter().filter(|(_, has)| *has).map(|(flag, _)| *flag).collect();
    let full = target.version.to_string();
    let is_prefix =
        full == digits || full.strip_prefix(digits).is_some_and(|rest| rest.starts_with('.'));
    is_prefix && flavour == own
}

/// The target of an interpreter. A venv's interpreter is asked as it is, with the packages of the
/// venv; a shim is followed.
///
/// # Errors
///
/// When the path is no interpreter, or none that answers.
pub fn identify_python(
    caller: &Caller,
    options: &Options,
    path: &Path,
) -> Result<Target, TargetError> {
    identify(caller, options, &absolute(path)?, FoundBy::Argument)
}

/// The target of a libpython. Its interpreter is looked for near it, below the prefix that is
/// compiled into it, and in `/usr/bin` and `/usr/local/bin`; it may be gone
/// ([`Linkage::LibraryOnly`]).
///
/// # Errors
///
/// When the path is no libpython for this machine.
pub fn identify_libpython(options: &Options, path: &Path) -> Result<Target, TargetError> {
    let path = absolute(path)?;
    if path.is_dir() {
        return Err(lead::directory(&path));
    }
    let mut target = library::library(&path, options)?;
    target.reached.push(Reached { path, rule: FoundBy::Argument, by: Via::Libpython });
    Ok(target)
}

fn identify(
    caller: &Caller,
    options: &Options,
    path: &Path,
    rule: FoundBy,
) -> Result<Target, TargetError> {
    let (interpreter, by) = discover::settle_named(caller, options, path)?;
    let mut target = identify::interpreter(&interpreter, options)?;
    target.reached.push(Reached { path: path.to_owned(), rule, by });
    Ok(target)
}

/// Without following links: in a venv they matter.
fn absolute(path: &Path) -> Result<PathBuf, TargetError> {
    path::absolute(path).map_err(|source| TargetError::Unreadable { path: path.to_owned(), source })
}
