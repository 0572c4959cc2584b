//! One target, for those who need any that will do.

use std::collections::HashSet;
use std::path::Path;

use crate::env::Caller;

use super::discover::{file_id, library_folders, settle};
use super::model::{Reached, Target, Via};
use super::{Options, find, identify, library};

/// The first target, in the order of [`discover`](super::discover), that is accepted. Nothing
/// after it is asked: starting every interpreter of a machine takes seconds.
///
/// In [`Target::reached`] is only the path by which it was found.
pub fn discover_first(
    caller: &Caller,
    options: &Options,
    mut accepted: impl FnMut(&Target) -> bool,
) -> Option<Target> {
    let mut asked = HashSet::new();
    let named = find::candidates(caller).into_iter().filter_map(|candidate| {
        let (path, via) = settle(caller, options, &candidate.path).ok()?;
        Some((candidate, path, via))
    });
    let libraries = library_folders().into_iter().map(|candidate| {
        let path = candidate.path.clone();
        (candidate, path, Via::Libpython)
    });
    // Libraries come last, as in a discovery of everything: their interpreters are preferred.
    let mut late = Vec::new();
    let mut ask = |candidate: find::Candidate, path: &Path, via| {
        if options.is_stopped() || !asked.insert(file_id(path)?) {
            return None;
        }
        let found = match via {
            Via::Libpython => library::library(path, options),
            _ => identify::interpreter(path, options),
        };
        let mut target = found.ok()?;
        target.reached.push(Reached { path: candidate.path, rule: candidate.rule, by: via });
        accepted(&target).then_some(target)
    };
    for (candidate, path, via) in named {
        if via == Via::Libpython {
            late.push((candidate, path, via));
        } else if let Some(target) = ask(candidate, &path, via) {
            return Some(target);
        }
    }
    late.into_iter().chain(libraries).find_map(|(candidate, path, via)| ask(candidate, &path, via))
}
