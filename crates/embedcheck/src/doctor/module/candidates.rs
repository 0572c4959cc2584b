//! From what has the name of the module to what becomes of it.

use std::path::Path;

use super::candidate::{Candidate, Fate, Flaw, Form};
use super::find::{Parent, Sighting, Sightings, taken};
use super::judge::{Judge, Judgement};
use super::loader::Loader;
use super::owner::{self, Owner};
use super::path::Entry;
use super::search::{At, Layer, Place, Root, Search};
use super::{find, lambda};

/// A candidate with what fixes need of it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) candidate: Candidate,
    /// The distribution that it belongs to.
    pub(super) owner: Option<Owner>,
    /// The folder of the search path that it lies in; `None` if it lies in none.
    pub(super) entry: Option<Entry>,
}

/// What there is of the module.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) parents: Vec<Parent>,
    pub(super) all: Vec<Judged>,
    /// The package that should hold it is none, or is not there.
    pub(super) no_package: bool,
}

/// Finds and judges.
pub(super) fn candidates(
    search: &Search,
    parts: &[&str],
    inside: bool,
    loader: Option<&Loader>,
) -> Candidates {
    let profile = &search.profile;
    let sightings = find::find(&search.places, parts, profile);
    let judge = Judge {
        profile,
        name: parts.last().copied().unwrap_or_default(),
        loader,
        layers: &search.layers,
    };
    let fates = fates(&sightings, &search.entries, inside);
    let mut all: Vec<Judged> = sightings
        .all
        .iter()
        .zip(fates)
        .map(|(sighting, fate)| {
            let entry = search.entries.get(sighting.found.root.entry).cloned();
            let owner = owner::of(&search.places, sighting.found.root.entry, &sighting.below);
            judged(sighting, entry, owner, fate, &judge)
        })
        .collect();
    expect_extension(&mut all, parts);
    let mut off_path = off_path(search, parts, &judge, &all);
    all.append(&mut off_path);
    let no_package = sightings.blocked;
    Candidates { parents: sightings.parents, all, no_package }
}

fn fates(sightings: &Sightings, entries: &[Entry], inside: bool) -> Vec<Fate> {
    let winner = taken(&sightings.all).map(|one| one.found.path.clone());
    let fate = |one: &Sighting| {
        if one.rank.is_none() {
            return Fate::PassedBy;
        }
        if let Some(by) = one.found.overwritten_by {
            let by = entries.get(by).map_or_else(String::new, |entry| entry.path.clone());
            return Fate::Overwritten(Path::new(&by).join(&one.found.name).display().to_string());
        }
        if inside {
            return Fate::Shadowed("the module inside the interpreter".to_owned());
        }
        let parent = sightings.parents.iter().rfind(|parent| parent.form != Some(Form::Package));
        if let Some(parent) = parent.filter(|_| sightings.blocked) {
            let path = parent.paths.first().cloned();
            return path.map_or(Fate::PassedBy, Fate::Shadowed);
        }
        match &winner {
            Some(path) if *path == one.found.path => Fate::Taken,
            Some(path) => Fate::Shadowed(path.display().to_string()),
            None => Fate::PassedBy,
        }
    };
    sightings.all.iter().map(fate).collect()
}

/// Judges one of what was found.
pub(super) fn judged(
    sighting: &Sighting,
    entry: Option<Entry>,
    owner: Option<Owner>,
    fate: Fate,
    judge: &Judge<'_>,
) -> Judged {
    let judgement = match sighting.form {
        Form::Extension => judge.extension(sighting, owner.as_ref()),
        _ => Judgement::default(),
    };
    let tag = sighting.tag.as_ref().map(ToString::to_string).filter(|tag| !tag.is_empty());
    let candidate = Candidate {
        path: sighting.found.path.display().to_string(),
        origin: entry.as_ref().map_or(super::path::Origin::Other, |entry| entry.origin.clone()),
        form: sighting.form,
        tag,
        built_for: judgement.built_for,
        glibc: judgement.glibc.map(|(major, minor)| format!("{major}.{minor}")),
        distribution: owner.as_ref().map(Owner::title),
        fate,
        flaws: judgement.flaws,
    };
    Judged { candidate, owner, entry }
}

/// Where something in Python is taken although there is an extension module, that is a flaw.
fn expect_extension(all: &mut [Judged], parts: &[&str]) {
    // The only one whose name alone says what it is.
    let expected =
        parts == ["_cffi_backend"] || all.iter().any(|one| one.candidate.form == Form::Extension);
    for one in all.iter_mut().filter(|_| expected) {
        if one.candidate.form != Form::Extension && one.candidate.fate == Fate::Taken {
            one.candidate.flaws.push(Flaw::NotExtension);
        }
    }
}

/// Folders of a layer that are looked into; real layers have a few thousand.
const MOST_FOLDERS: usize = 20_000;

/// What lies in a layer where the runtime does not look: beside `python/`, or below the folder of another version.
fn off_path(search: &Search, parts: &[&str], judge: &Judge<'_>, known: &[Judged]) -> Vec<Judged> {
    let mut found = Vec::new();
    for (number, layer) in search.layers.iter().enumerate() {
        let mut folders = vec![layer.folder.clone()];
        let mut next = 0;
        while let Some(folder) = folders.get(next).cloned() {
            next += 1;
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let mut below: Vec<_> = entries
                .flatten()
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path())
                .collect();
            below.sort();
            if folders.len() < MOST_FOLDERS {
                folders.append(&mut below);
            }
            let root = Root { entry: usize::MAX, at: At::Folder(folder.clone()) };
            let place = Place { roots: vec![root] };
            let is_wanted = |one: &Sighting| one.form == Form::Extension;
            for sighting in find::find(&[place], parts, &search.profile).all {
                let path = sighting.found.path.display().to_string();
                let is_known = known.iter().chain(&found).any(|one| one.candidate.path == path);
                if is_known || !is_wanted(&sighting) {
                    continue;
                }
                let mut one = judged(&sighting, None, None, Fate::PassedBy, judge);
                one.candidate.origin = super::path::Origin::Layer(number + 1);
                let reason = why_not_searched(layer, &folder, search.profile.version);
                one.candidate.flaws.insert(0, Flaw::OffPath { reason });
                found.push(one);
            }
        }
    }
    found
}

fn why_not_searched(layer: &Layer, folder: &Path, version: (u32, u32)) -> String {
    let place = folder.strip_prefix(&layer.folder).unwrap_or(folder).display().to_string();
    let place = if place.is_empty() { "at its top".to_owned() } else { format!("in `{place}`") };
    let [site, top] = lambda::folders(version);
    format!(
        "lies {place}; a runtime of Python {}.{} searches `{site}` and `{top}`",
        version.0, version.1
    )
}

/// Whether two lie in the same folder.
pub(super) fn beside(one: &Candidate, other: &Candidate) -> bool {
    Path::new(&one.path).parent() == Path::new(&other.path).parent()
}
