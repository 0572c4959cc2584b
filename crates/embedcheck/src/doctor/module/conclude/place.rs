//! Where something is to be put so that it is found, and by those who want it.

use std::path::{Path, PathBuf};

use super::Conclusion;
use crate::doctor::Fix;
use crate::doctor::module::candidates::Judged;
use crate::doctor::module::owner::is_name;
use crate::doctor::module::path::{Entry, EntryState, Origin};
use crate::doctor::module::remedy::{Destination, Fixer};
use crate::doctor::module::wanted::Link;

impl Conclusion<'_> {
    /// Where a better build is to be put: where this one lies, if that was somebody's choice. Without one: to the other part
    /// of cffi, or to who wants it.
    pub(super) fn destination(&self, about: Option<&Judged>) -> Destination {
        let entry = match about {
            Some(one) => one.entry.as_ref(),
            None => self.entry_of_package().or_else(|| self.entry_of_dependent()),
        };
        let Some(last) = self.search.layers.len().checked_sub(1) else {
            return entry.map_or(Destination::Interpreter, in_entry);
        };
        let of_candidate = about.and_then(|one| layer(&one.candidate.origin));
        let of_package = || self.entry_of_package().and_then(|entry| layer(&entry.origin));
        let of_dependent = || self.entry_of_dependent().and_then(|entry| layer(&entry.origin));
        let index = of_candidate.or_else(of_package).or_else(of_dependent).unwrap_or(last);
        let entry = about.and(entry).map(|entry| entry.path.as_str());
        Destination::in_layer(&self.search.layers, index, entry)
    }

    /// Brings what is not there to where it is wanted.
    pub(super) fn bring(&self) -> Vec<Fix> {
        let destination = self.destination(None);
        let is_folder = matches!(destination, Destination::Folder(_));
        if !is_folder || self.entry_of_package().is_none() {
            return self.fixer(None).install(&destination);
        }
        // The other part of cffi lies there, and would be found in front of a new one anywhere else. pip replaces both.
        let mut fixes = Fixer { pinned: None, ..self.fixer(None) }.install(&destination);
        fixes.truncate(1);
        fixes
    }

    /// Where something better is to be put than what lies in this entry.
    pub(super) fn place_in(&self, entry: &Entry) -> Destination {
        match layer(&entry.origin) {
            Some(index) => {
                Destination::in_layer(&self.search.layers, index, Some(entry.path.as_str()))
            }
            None => in_entry(entry),
        }
    }

    /// The entry of the search path that a file lies in, and its place in the order.
    pub(super) fn entry_of(&self, path: &str) -> Option<(usize, &Entry)> {
        let entries = self.search.entries.iter().enumerate();
        entries
            .filter(|(_, entry)| Path::new(path).starts_with(&entry.path))
            .max_by_key(|(_, entry)| entry.path.len())
    }

    /// Of the package cffi, if it is found without its other part.
    fn entry_of_package(&self) -> Option<&Entry> {
        let package = self.cffi?.package.as_ref()?;
        self.entry_of(&package.path).map(|(_, entry)| entry)
    }

    /// Of who wants the module itself.
    fn entry_of_dependent(&self) -> Option<&Entry> {
        let mut chains = self.wanted.chains.iter();
        let place = chains.find_map(|chain| chain.links.iter().rev().nth(1)?.place.as_ref())?;
        self.search.entries.iter().find(|entry| entry.path == place.entry)
    }

    /// What a new environment has to have beside the module: the beginnings of the chains that lead to it.
    pub(super) fn companions(&self) -> Vec<String> {
        let named = |link: &Link| {
            let name = Some(&link.distribution).filter(|name| is_name(name))?;
            let extra = link.extra.as_ref().filter(|extra| is_name(extra));
            Some(extra.map_or_else(|| name.clone(), |extra| format!("{name}[{extra}]")))
        };
        let firsts = self.wanted.chains.iter().filter_map(|chain| chain.links.first());
        firsts.filter(|link| link.place.is_some()).filter_map(named).collect()
    }
}

/// The number of a layer, from 0.
fn layer(origin: &Origin) -> Option<usize> {
    match origin {
        Origin::Layer(number) => number.checked_sub(1),
        _ => None,
    }
}

fn in_entry(entry: &Entry) -> Destination {
    let is_named = matches!(entry.origin, Origin::Option(_) | Origin::Pythonpath);
    if is_named && entry.state == EntryState::Folder {
        return Destination::Folder(PathBuf::from(&entry.path));
    }
    match entry.origin {
        Origin::UserSite => Destination::UserSite,
        _ => Destination::Interpreter,
    }
}
