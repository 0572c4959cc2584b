//! One place of the search path, and what lies there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::doctor::module::archive::{Archive, MemberKind};
use crate::doctor::module::regular;

/// A folder that Python searches. It has several roots where layers are merged: of files with the same name the last
/// root's is there.
#[derive(Clone, Debug, Default)]
pub(in crate::doctor::module) struct Place {
    pub(in crate::doctor::module) roots: Vec<Root>,
}

/// A folder on disk or in an archive.
#[derive(Clone, Debug)]
pub(in crate::doctor::module) struct Root {
    /// The entry of the search path that it belongs to.
    pub(in crate::doctor::module) entry: usize,
    /// Where it is.
    pub(in crate::doctor::module) at: At,
}

/// Where a root is.
#[derive(Clone, Debug)]
pub(in crate::doctor::module) enum At {
    /// On disk.
    Folder(PathBuf),
    /// In an archive.
    Archive {
        /// The archive.
        path: PathBuf,
        /// Its contents.
        archive: Rc<RefCell<Archive>>,
        /// The folder in it; empty for its top.
        below: String,
    },
}

/// Something in a place.
#[derive(Clone, Debug)]
pub(in crate::doctor::module) struct Found {
    /// Where it lies, as in an error of Python: for an archive, its path and then the name in it.
    pub(in crate::doctor::module) path: PathBuf,
    /// The root.
    pub(in crate::doctor::module) root: Root,
    /// Its name in the root.
    pub(in crate::doctor::module) name: String,
    /// It is a folder.
    pub(in crate::doctor::module) is_folder: bool,
    /// The entry of the search path whose file of the same name is there in its stead.
    pub(in crate::doctor::module) overwritten_by: Option<usize>,
}

impl At {
    pub(super) fn archive(path: &Path, archive: Archive) -> Self {
        let archive = Rc::new(RefCell::new(archive));
        Self::Archive { path: path.to_owned(), archive, below: String::new() }
    }

    /// What lies directly in it, with whether it is a folder, by name.
    fn list(&self) -> BTreeMap<String, bool> {
        match self {
            Self::Folder(folder) => {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                // What a link leads to counts; a link to nothing is a file that cannot be read.
                let is_folder = |path: &Path| fs::metadata(path).is_ok_and(|data| data.is_dir());
                entries
                    .map(|entry| {
                        (entry.file_name().to_string_lossy().into_owned(), is_folder(&entry.path()))
                    })
                    .collect()
            }
            Self::Archive { archive, below, .. } => {
                let archive = archive.borrow();
                let mut names = BTreeMap::new();
                for member in archive.members() {
                    let Some(rest) = inside(&member.name, below) else { continue };
                    let (name, is_folder) = match rest.split_once('/') {
                        Some((folder, _)) => (folder, true),
                        None => (rest, member.kind == MemberKind::Folder),
                    };
                    *names.entry(name.to_owned()).or_insert(false) |= is_folder;
                }
                names
            }
        }
    }

    /// The folder of that name in it, if there is one.
    fn folder(&self, name: &str) -> Option<Self> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                path.is_dir().then_some(Self::Folder(path))
            }
            Self::Archive { path, archive, below } => {
                let below = joined(below, name);
                let is_there = archive.borrow().members().iter().any(|member| {
                    inside(&member.name, &below).is_some()
                        || member.name == below && member.kind == MemberKind::Folder
                });
                is_there.then(|| Self::Archive {
                    path: path.clone(),
                    archive: Rc::clone(archive),
                    below,
                })
            }
        }
    }

    /// The path of something in it.
    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Archive { path, below, .. } => path.join(joined(below, name)),
        }
    }

    /// At most the first `limit` bytes of a file in it, if it can be read.
    pub(in crate::doctor::module) fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        match self {
            Self::Folder(folder) => {
                let file = regular::open(&folder.join(name)).ok()?;
                let mut bytes = Vec::new();
                file.take(limit).read_to_end(&mut bytes).ok()?;
                Some(bytes)
            }
            Self::Archive { archive, below, .. } => {
                archive.borrow_mut().read(&joined(below, name), limit).ok().flatten()
            }
        }
    }
}

fn joined(below: &str, name: &str) -> String {
    if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") }
}

/// The rest of a member's name below a folder.
fn inside<'a>(name: &'a str, below: &str) -> Option<&'a str> {
    if below.is_empty() { Some(name) } else { name.strip_prefix(below)?.strip_prefix('/') }
}

impl Place {
    /// What lies here under names that pass, by name; of the same name the root that wins comes first.
    pub(in crate::doctor::module) fn list(&self, passes: impl Fn(&str) -> bool) -> Vec<Found> {
        let mut all: Vec<(String, usize, Found)> = Vec::new();
        for (number, root) in self.roots.iter().enumerate() {
            for (name, is_folder) in root.at.list() {
                if passes(&name) {
                    let path = root.at.path(&name);
                    let found = Found {
                        path,
                        root: root.clone(),
                        name: name.clone(),
                        is_folder,
                        overwritten_by: None,
                    };
                    all.push((name, self.roots.len() - number, found));
                }
            }
        }
        all.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        let mut list: Vec<Found> = Vec::with_capacity(all.len());
        for (_, _, mut found) in all {
            // Folders are merged, files are not.
            let winner = list
                .iter()
                .find(|other| other.name == found.name && !(other.is_folder && found.is_folder));
            found.overwritten_by =
                winner.map(|winner| winner.overwritten_by.unwrap_or(winner.root.entry));
            list.push(found);
        }
        list
    }

    /// The folder of that name here, merged.
    pub(in crate::doctor::module) fn folder(&self, name: &str) -> Option<Self> {
        let roots: Vec<Root> = self
            .roots
            .iter()
            .filter_map(|root| Some(Root { entry: root.entry, at: root.at.folder(name)? }))
            .collect();
        (!roots.is_empty()).then_some(Self { roots })
    }

    /// Whether it lies in an archive, from which no extension module can be imported.
    pub(in crate::doctor::module) fn is_archive(&self) -> bool {
        self.roots.iter().any(|root| matches!(root.at, At::Archive { .. }))
    }
}

impl Found {
    /// At most the first `limit` bytes.
    pub(in crate::doctor::module) fn read(&self, limit: u64) -> Option<Vec<u8>> {
        self.root.at.read(&self.name, limit)
    }
}
