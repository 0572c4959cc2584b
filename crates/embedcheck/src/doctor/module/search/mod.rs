//! The search path: asked of an interpreter that is here, imitated for one that is not.

mod ask;
mod described;
mod installed;
mod layers;
mod place;

use std::path::{Path, PathBuf};

pub(super) use ask::child_environment;
pub(super) use described::described;
pub(super) use installed::{installed, library_path};
pub(super) use place::{At, Found, Place, Root};

use super::archive::{Archive, looks_like_one};
use super::path::{Entry, EntryState, Origin};
use super::profile::Profile;
use super::pth::PthFile;
use crate::doctor::DoctorError;

/// Where a Python searches, and what it is.
#[derive(Debug)]
pub(super) struct Search {
    /// What it takes for an extension module.
    pub(super) profile: Profile,
    /// Where, in the order of the search.
    pub(super) places: Vec<Place>,
    /// Each folder of the places, in the order of the search.
    pub(super) entries: Vec<Entry>,
    /// The `.pth` files of its site folders.
    pub(super) pth: Vec<PthFile>,
    /// The layers, if there are any.
    pub(super) layers: Vec<Layer>,
    /// What an import has to have in front of its usual path, with layers unpacked and merged.
    pub(super) front: Vec<PathBuf>,
}

/// A layer of AWS Lambda.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// As given.
    pub(super) given: PathBuf,
    /// The folder, or what the archive was unpacked to.
    pub(super) folder: PathBuf,
    /// It is an archive.
    pub(super) is_archive: bool,
}

/// What adds places to a search path.
#[derive(Debug, Default)]
struct Builder {
    places: Vec<Place>,
    entries: Vec<Entry>,
}

impl Builder {
    /// Adds a folder or archive as it is. An archive is refused if it is hostile: `fatal` says whether that is an
    /// error (it was named) or makes the entry unusable (the interpreter has it).
    fn add(&mut self, path: &Path, origin: Origin, fatal: bool) -> Result<(), DoctorError> {
        let mut state = EntryState::Absent;
        let mut roots = Vec::new();
        let entry = self.entries.len();
        if path.is_dir() {
            let readable = std::fs::read_dir(path);
            if let (Err(source), true) = (&readable, fatal) {
                let source = std::io::Error::from(source.kind());
                return Err(DoctorError::Unreadable { path: path.to_owned(), source });
            }
            state = if readable.is_ok() { EntryState::Folder } else { EntryState::Unusable };
            roots.push(Root { entry, at: At::Folder(path.to_owned()) });
        } else if looks_like_one(path) {
            match Archive::open(path) {
                Ok(archive) => {
                    state = EntryState::Archive;
                    roots.push(Root { entry, at: At::archive(path, archive) });
                }
                Err(error) if fatal => return Err(error.into()),
                Err(_) => state = EntryState::Unusable,
            }
        } else if path.exists() {
            state = EntryState::Unusable;
        }
        self.entries.push(Entry { path: path.display().to_string(), origin, state });
        self.places.push(Place { roots });
        Ok(())
    }

    /// Adds what was given with `--path`.
    fn add_given(&mut self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, DoctorError> {
        let mut absolute = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let path = existing(path)?;
            if !path.is_dir() && !looks_like_one(&path) {
                return Err(DoctorError::Input(format!(
                    "{} is neither a folder nor a zip archive, so that nothing can be imported from it; name the \
                     folder that holds the module",
                    path.display()
                )));
            }
            self.add(&path, Origin::Option(index + 1), true)?;
            absolute.push(path);
        }
        Ok(absolute)
    }

    /// Adds a place that is made of the same folder of each layer.
    fn add_merged(&mut self, layers: &[Layer], folder: &str) {
        let mut roots: Vec<Root> = Vec::new();
        // The last layer wins, and so it comes first.
        for (index, layer) in layers.iter().enumerate().rev() {
            let path = layer.folder.join(folder);
            if path.is_dir() {
                roots.insert(0, Root { entry: self.entries.len(), at: At::Folder(path.clone()) });
                self.entries.push(Entry {
                    path: path.display().to_string(),
                    origin: Origin::Layer(index + 1),
                    state: EntryState::Folder,
                });
            }
        }
        self.places.push(Place { roots });
    }
}

/// The absolute path of something that was named and must be there.
fn existing(path: &Path) -> Result<PathBuf, DoctorError> {
    let error = |source| DoctorError::Unreadable { path: path.to_owned(), source };
    std::fs::metadata(path).map_err(error)?;
    std::path::absolute(path).map_err(error)
}
