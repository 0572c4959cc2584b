//! From the places where interpreters usually are to a list of targets.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::env::Caller;

use super::error::TargetError;
use super::find::{self, Candidate};
use super::interrogate;
use super::lead::{self, Lead};
use super::libpython::LibraryName;
use super::model::{FoundBy, Reached, Target, Via};
use super::{Options, identify, library, parallel};

/// The targets of a machine.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Discovery {
    /// Every target, in the order of discovery: that of `PATH` first.
    pub targets: Vec<Target>,
    /// The id of the target that the first `python3` on `PATH` leads to.
    pub default: Option<String>,
    /// Every path that looked like a target and is none.
    pub problems: Vec<Problem>,
}

/// A path that looked like a target and is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// The path as found.
    #[serde(serialize_with = "super::model::lossy::path")]
    pub path: PathBuf,
    /// Why it was looked at.
    pub rule: FoundBy,
    /// The path, the reason, and what to do about it.
    pub message: String,
    /// Part of normal life; see [`TargetError::is_expected`].
    pub expected: bool,
}

/// `st_dev` and `st_ino`.
pub(super) type FileId = (u64, u64);

/// An interpreter or a libpython, with every path that led to it.
struct Found {
    path: PathBuf,
    reached: Vec<Reached>,
}

/// Finds the targets of this machine.
///
/// Nothing that goes wrong with one of them keeps the others from being found; what did is in
/// [`Discovery::problems`].
#[must_use]
pub fn discover(caller: &Caller, options: &Options) -> Discovery {
    let mut discovery = Discovery::default();
    let candidates = find::candidates(caller);
    let leads = parallel::map(&candidates, options.workers, |candidate| {
        settle(caller, options, &candidate.path)
    });
    let (mut programs, mut libraries) = (Group::default(), Group::default());
    for (candidate, lead) in candidates.into_iter().zip(leads) {
        match lead {
            Ok((path, via)) => {
                let group = if via == Via::Libpython { &mut libraries } else { &mut programs };
                group.add(candidate, path, via);
            }
            Err(error) => discovery.report(candidate, &error),
        }
    }
    let mut merged = Merged::default();
    discovery.identify(programs.found, &mut merged, options, identify::interpreter);
    for candidate in library_folders() {
        if let Some(id) = file_id(&candidate.path).filter(|id| !merged.by_library.contains_key(id))
        {
            let path = candidate.path.clone();
            libraries.add_as(id, candidate, path, Via::Libpython);
        }
    }
    discovery.identify(libraries.found, &mut merged, options, library::library);
    discovery.targets = merged.targets;
    make_ids_unique(&mut discovery.targets);
    discovery.default = find::on_path(caller, OsStr::new("python3")).and_then(|path| {
        let leads_there = |target: &&Target| target.reached.iter().any(|known| known.path == path);
        discovery.targets.iter().find(leads_there).map(|target| target.id.clone())
    });
    discovery
}

impl Discovery {
    fn report(&mut self, candidate: Candidate, error: &TargetError) {
        let Candidate { path, rule } = candidate;
        // A library of another architecture is not wrong, it is for somebody else.
        let foreign = rule == FoundBy::LibraryFolder;
        let expected = error.is_expected() || foreign;
        self.problems.push(Problem { path, rule, message: error.to_string(), expected });
    }

    fn identify(
        &mut self,
        found: Vec<Found>,
        merged: &mut Merged,
        options: &Options,
        identify: impl Fn(&Path, &Options) -> Result<Target, TargetError> + Sync,
    ) {
        let results =
            parallel::map(&found, options.workers, |found| identify(&found.path, options));
        for (found, result) in found.into_iter().zip(results) {
            match (result, found.reached.first()) {
                (Ok(target), _) => merged.add(target, found.reached),
                (Err(error), Some(Reached { path, rule, .. })) => {
                    self.report(Candidate { path: path.clone(), rule: *rule }, &error);
                }
                (Err(_), None) => {}
            }
        }
    }
}

/// Follows a path to the file that has to be asked.
pub(super) fn settle(
    caller: &Caller,
    options: &Options,
    path: &Path,
) -> Result<(PathBuf, Via), TargetError> {
    let mut next = path.to_owned();
    let mut via = None;
    // A shim leads to a venv, a venv to an interpreter; more than that is a circle.
    for _ in 0..3 {
        match lead::follow(&next)? {
            Lead::Interpreter(real) => {
                let direct = if real == path { Via::Itself } else { Via::Link };
                return Ok((real, via.unwrap_or(direct)));
            }
            Lead::Library => return Ok((next, Via::Libpython)),
            Lead::Venv(base) => (next, via) = (base, via.or(Some(Via::Venv))),
            Lead::Shim => {
                next = interrogate::follow_shim(&next, &caller.shim_environment, options)?;
                via = via.or(Some(Via::Shim));
            }
        }
    }
    let reason = "it leads from one shim to the next".to_owned();
    Err(TargetError::Shim { path: path.to_owned(), reason })
}

/// Follows a named path only as far as necessary: a venv is asked itself, because its own packages
/// are meant.
pub(super) fn settle_named(
    caller: &Caller,
    options: &Options,
    path: &Path,
) -> Result<(PathBuf, Via), TargetError> {
    match lead::follow(path)? {
        Lead::Interpreter(_) | Lead::Venv(_) => Ok((path.to_owned(), Via::Itself)),
        Lead::Library => Err(TargetError::IsLibrary { path: path.to_owned() }),
        Lead::Shim => {
            let next = interrogate::follow_shim(path, &caller.shim_environment, options)?;
            match lead::follow(&next)? {
                Lead::Interpreter(_) | Lead::Venv(_) => Ok((next, Via::Shim)),
                Lead::Library | Lead::Shim => {
                    let reason = format!("it leads to `{}`, which is none either", next.display());
                    Err(TargetError::Shim { path: path.to_owned(), reason })
                }
            }
        }
    }
}

pub(super) fn file_id(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Files in the order in which they were first reached, each once.
#[derive(Default)]
struct Group {
    found: Vec<Found>,
    places: HashMap<FileId, usize>,
}

impl Group {
    fn add(&mut self, candidate: Candidate, path: PathBuf, via: Via) {
        if let Some(id) = file_id(&path) {
            self.add_as(id, candidate, path, via);
        }
    }

    fn add_as(&mut self, id: FileId, candidate: Candidate, path: PathBuf, via: Via) {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.found.push(Found { path: path.clone(), reached: Vec::new() });
            self.found.len() - 1
        });
        let Some(found) = self.found.get_mut(place) else { return };
        // A second hard link is not the path that is run.
        let via = if via == Via::Itself && found.path != path { Via::Link } else { via };
        found.reached.push(Reached { path: candidate.path, rule: candidate.rule, by: via });
    }
}

/// Targets, each libpython once.
#[derive(Default)]
struct Merged {
    targets: Vec<Target>,
    by_library: HashMap<FileId, usize>,
}

impl Merged {
    fn add(&mut self, mut target: Target, reached: Vec<Reached>) {
        let id = target.libpython.as_ref().map(|library| (library.device, library.inode));
        let known = id.and_then(|id| self.by_library.get(&id)).copied();
        if let Some(known) = known.and_then(|place| self.targets.get_mut(place)) {
            let others = reached.into_iter().map(|reached| match reached.by {
                Via::Libpython => reached,
                _ => Reached { by: Via::SameLibpython, ..reached },
            });
            known.reached.extend(others);
            return;
        }
        if let Some(id) = id {
            self.by_library.insert(id, self.targets.len());
        }
        target.reached = reached;
        self.targets.push(target);
    }
}

/// The libpythons in the default library folders: one may be installed without its interpreter.
pub(super) fn library_folders() -> Vec<Candidate> {
    let usual = ["/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib"];
    let mut folders: Vec<_> = usual.iter().map(PathBuf::from).collect();
    // Debian's multiarch folders: `x86_64-linux-gnu`.
    let inner = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let inner = inner.filter(|entry| entry.file_name().to_string_lossy().contains("-linux-"));
    folders.extend(inner.map(|entry| entry.path()));
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for folder in folders {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let is_libpython = |name: &OsStr| name.to_str().and_then(LibraryName::parse).is_some();
        let mut paths: Vec<_> = entries
            .filter(|entry| is_libpython(&entry.file_name()))
            .map(|entry| entry.path())
            .collect();
        // The longest name is that of the file; the others are links for the linker.
        paths.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
        for path in paths {
            if file_id(&path).is_some_and(|id| seen.insert(id)) {
                candidates.push(Candidate { path, rule: FoundBy::LibraryFolder });
            }
        }
    }
    candidates
}

/// Tells targets of the same version apart by their origin, and if that is not enough by a number in
/// the order of discovery.
fn make_ids_unique(targets: &mut [Target]) {
    for by_origin in [true, false] {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for target in targets.iter() {
            *counts.entry(target.id.clone()).or_default() += 1;
        }
        let mut taken: HashMap<String, usize> = HashMap::new();
        for target in targets.iter_mut() {
            if counts.get(&target.id).is_none_or(|&count| count < 2) {
                continue;
            }
            if by_origin {
                target.id = format!("{}-{}", target.id, target.origin);
                continue;
            }
            let number = taken.entry(target.id.clone()).or_default();
            *number += 1;
            if *number > 1 {
                target.id = format!("{}-{number}", target.id);
            }
        }
    }
}
