//! Everything on the search path that has the name of the module, in the order in which Python comes to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidate::Form;
use super::profile::Profile;
use super::search::{Found, Place};
use super::tag::Tag;

/// A package that holds the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Its full name.
    pub name: String,
    /// Where it was found: its `__init__` module, or its folders if it has none. Empty: nowhere.
    pub paths: Vec<String>,
    /// What it is.
    pub form: Option<Form>,
}

/// A candidate, before it is judged.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    /// Where; of a package its `__init__` module.
    pub(super) found: Found,
    pub(super) form: Form,
    /// Of an extension module.
    pub(super) tag: Option<Tag>,
    /// This Python looks for a file of this name; its place in the order of what it looks for here.
    pub(super) rank: Option<usize>,
    /// The top of the search path's entry and the name below it, by which a `RECORD` lists it.
    pub(super) below: String,
}

/// What there is of a module.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    /// The packages that lead to it.
    pub(super) parents: Vec<Parent>,
    /// In the order of the search path; of one place, what Python looks for first comes first, and what it passes by comes last.
    pub(super) all: Vec<Sighting>,
    /// A parent is no package, so that nothing below it can be found.
    pub(super) blocked: bool,
}

/// Looks for a module by the parts of its name.
pub(super) fn find(places: &[Place], parts: &[&str], profile: &Profile) -> Sightings {
    let mut sightings = Sightings::default();
    let mut places = places.to_vec();
    let mut below = String::new();
    for (depth, part) in parts.iter().enumerate() {
        let found: Vec<Sighting> =
            places.iter().flat_map(|place| in_place(place, part, &below, profile)).collect();
        if depth + 1 == parts.len() {
            sightings.all = found;
            break;
        }
        let name = parts[..=depth].join(".");
        let taken = taken(&found);
        let is_package = |one: &&Sighting| one.form == Form::Package;
        let folders: Vec<Place> = match taken {
            Some(one) if one.form == Form::Package => places
                .iter()
                .filter(|place| place.roots.iter().any(|root| root.entry == one.found.root.entry))
                .filter_map(|place| place.folder(part))
                .take(1)
                .collect(),
            Some(one) if one.form == Form::Namespace => {
                places.iter().filter_map(|place| place.folder(part)).collect()
            }
            // A module in the way: Python goes no further, but what lies behind is worth knowing.
            _ => {
                sightings.blocked = true;
                places.iter().filter_map(|place| place.folder(part)).collect()
            }
        };
        let of_form = |form| found.iter().filter(move |one| one.form == form);
        let paths = match taken {
            Some(one) if one.form == Form::Namespace => {
                of_form(Form::Namespace).map(|one| one.found.path.display().to_string()).collect()
            }
            Some(one) => vec![one.found.path.display().to_string()],
            None => found
                .iter()
                .find(is_package)
                .map_or_else(Vec::new, |one| vec![one.found.path.display().to_string()]),
        };
        sightings.parents.push(Parent { name, paths, form: taken.map(|one| one.form) });
        places = folders;
        below = if below.is_empty() { (*part).to_owned() } else { format!("{below}/{part}") };
    }
    sightings
}

/// The one that an import takes: the first that it looks for; a folder without `__init__` only if there is nothing else.
pub(super) fn taken(found: &[Sighting]) -> Option<&Sighting> {
    let is_there = |one: &&Sighting| one.rank.is_some() && one.found.overwritten_by.is_none();
    let mut there = found.iter().filter(is_there);
    there
        .clone()
        .find(|one| one.form != Form::Namespace)
        .or_else(|| there.find(|one| one.form == Form::Namespace))
}

fn in_place(place: &Place, part: &str, below: &str, profile: &Profile) -> Vec<Sighting> {
    let is_meant = |name: &str| {
        name.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || name.strip_prefix(part).is_some_and(|rest| rest == "module.so")
    };
    let mut sightings = Vec::new();
    let path_below = |name: &str| {
        if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
    };
    for found in place.list(is_meant) {
        if found.is_folder {
            if found.name == part && sightings.iter().all(|one: &Sighting| !is_folder(one)) {
                sightings.push(folder(place, part, &path_below(part), found, profile));
            }
            continue;
        }
        let tag = Tag::of(&found.name, part);
        let Some((form, rank)) =
            kind(&found.name, part, tag.is_some(), place.is_archive(), profile)
        else {
            continue;
        };
        let below = path_below(&found.name);
        sightings.push(Sighting { found, form, tag, rank, below });
    }
    // A package comes before a module, a bare folder after all others.
    let order = |one: &Sighting| match (one.form, one.rank) {
        (Form::Package, Some(_)) => (0, 0),
        (Form::Namespace, Some(_)) => (2, 0),
        (_, Some(rank)) => (1, rank),
        (_, None) => (3, 0),
    };
    sightings.sort_by_key(order);
    sightings
}

fn is_folder(sighting: &Sighting) -> bool {
    matches!(sighting.form, Form::Package | Form::Namespace)
}

/// A folder with the name of the module.
fn folder(place: &Place, part: &str, below: &str, found: Found, profile: &Profile) -> Sighting {
    let inner = place.folder(part).unwrap_or_default();
    let init = inner
        .list(|name| name.starts_with("__init__"))
        .into_iter()
        .filter(|init| !init.is_folder && init.overwritten_by.is_none())
        .filter_map(|init| {
            let is_extension = Tag::of(&init.name, "__init__").is_some();
            let kind = kind(&init.name, "__init__", is_extension, place.is_archive(), profile);
            Some((kind?.1?, init))
        })
        .min_by_key(|(rank, _)| *rank);
    match init {
        Some((_, init)) => {
            let below = format!("{below}/{}", init.name);
            Sighting { found: init, form: Form::Package, tag: None, rank: Some(0), below }
        }
        // Python 2 has no packages without `__init__`.
        None => Sighting {
            found,
            form: Form::Namespace,
            tag: None,
            rank: (profile.version.0 >= 3).then_some(0),
            below: below.to_owned(),
        },
    }
}

/// What a file is, and its place in the order in which Python looks; `None` in it if Python does not look for it.
fn kind(
    file: &str,
    name: &str,
    is_extension: bool,
    in_archive: bool,
    profile: &Profile,
) -> Option<(Form, Option<usize>)> {
    let rest = file.strip_prefix(name)?;
    let place = |suffixes: &[String]| suffixes.iter().position(|suffix| suffix == rest);
    let extensions = profile.extension_suffixes.len();
    let sources = profile.source_suffixes.len();
    if let Some(place) = place(&profile.extension_suffixes) {
        return Some((Form::Extension, (!in_archive).then_some(place)));
    }
    if is_extension {
        return Some((Form::Extension, None));
    }
    if let Some(place) = place(&profile.source_suffixes) {
        return Some((Form::Source, Some(extensions + place)));
    }
    let place = place(&profile.bytecode_suffixes)?;
    Some((Form::Bytecode, Some(extensions + sources + place)))
}
