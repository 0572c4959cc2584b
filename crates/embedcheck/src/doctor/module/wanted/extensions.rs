//! The extension modules of those who want the module: it is of no use to a program whose other half cannot start.

use super::distribution::Installed;
use super::mention;
use super::model::{Chain, Extension};
use crate::doctor::module::candidate::{Fate, Flaw, Form};
use crate::doctor::module::candidates::judged;
use crate::doctor::module::elffile;
use crate::doctor::module::find::{self, Sighting};
use crate::doctor::module::judge::{Judge, on_disk};
use crate::doctor::module::owner::{self, Owner};
use crate::doctor::module::search::Search;
use crate::doctor::module::tag::Tag;
use crate::elf::Elf;
use crate::run::Stop;

/// Files of one distribution that are judged; the largest known have some hundred.
const MOST: usize = 1_000;

/// The extension modules of all distributions in the chains but the provider itself, each as an import would find it, judged as
/// the candidates for the module are.
///
/// Not judged is what only the process in which they are loaded shows: a package may load libraries before its modules.
pub(super) fn extensions(
    search: &Search,
    installed: &[Installed],
    chains: &[Chain],
    stop: &Stop,
) -> Vec<Extension> {
    let mut all: Vec<Extension> = Vec::new();
    for one in installed.iter().filter(|one| wants(one, chains)) {
        // Whose a file is costs the lists of all distributions beside it, and is the same for all of one.
        let mut owners: Vec<(usize, Option<Owner>)> = Vec::new();
        // Not everybody lists what was installed.
        let unlisted = one.extensions.is_empty().then(|| mention::extension_modules(one));
        for name in unlisted.as_ref().unwrap_or(&one.extensions).iter().take(MOST) {
            if stop.is_requested() {
                return all;
            }
            if !all.iter().any(|known| known.module == *name) {
                all.extend(extension(search, one, name, &mut owners));
            }
        }
    }
    all
}

/// Whether it is in a chain, and not at its end.
fn wants(installed: &Installed, chains: &[Chain]) -> bool {
    chains.iter().any(|chain| {
        let mut wanting = chain.links.iter().rev().skip(1);
        wanting.any(|link| link.distribution == installed.name && super::is_at(link, installed))
    })
}

fn extension(
    search: &Search,
    installed: &Installed,
    name: &str,
    owners: &mut Vec<(usize, Option<Owner>)>,
) -> Option<Extension> {
    let parts: Vec<_> = name.split('.').collect();
    let sightings = find::find(&search.places, &parts, &search.profile);
    let (sighting, fate) = match find::taken(&sightings.all) {
        // Something in Python takes its place, as in packages that can do without.
        Some(taken) if taken.form != Form::Extension => return None,
        Some(taken) => (taken, Fate::Taken),
        None => (sightings.all.iter().find(|one| is_there(one))?, Fate::PassedBy),
    };
    if !is_module(sighting, parts.last()?) {
        return None;
    }
    let entry = sighting.found.root.entry;
    let known = owners.iter().find(|(of, _)| *of == entry).map(|(_, owner)| owner.clone());
    let owner = known.unwrap_or_else(|| {
        let owner = owner::of(&search.places, entry, &sighting.below);
        owners.push((entry, owner.clone()));
        owner
    });
    let judge = Judge {
        profile: &search.profile,
        name: parts.last()?,
        loader: None,
        layers: &search.layers,
    };
    let entry = search.entries.get(entry).cloned();
    let mut candidate = judged(sighting, entry, owner, fate, &judge).candidate;
    // With a tag in its name it may be a library all the same, which is not imported.
    candidate.flaws.retain(|flaw| !matches!(flaw, Flaw::OtherModule { .. }));
    Some(Extension {
        module: name.to_owned(),
        distribution: installed.name.clone(),
        version: installed.version.clone(),
        candidate,
    })
}

fn is_there(sighting: &Sighting) -> bool {
    sighting.form == Form::Extension && sighting.found.overwritten_by.is_none()
}

/// Whether it is one by its name or its contents: distributions bring libraries along that are none, and those of several
/// processors among them.
fn is_module(sighting: &Sighting, name: &str) -> bool {
    let has_tag = sighting.tag.as_ref().is_some_and(|tag| *tag != Tag::None);
    has_tag
        || on_disk(sighting).and_then(|path| Elf::read(&path).ok()).is_some_and(|elf| {
            let mut functions = elffile::init_functions(&elf, 3);
            functions.extend(elffile::init_functions(&elf, 2));
            functions.iter().any(|function| {
                function.strip_prefix("PyInit_").or(function.strip_prefix("init")) == Some(name)
            })
        })
}
