//! The distributions on a search path.

use std::path::PathBuf;

use super::metadata::{Metadata, requires_txt};
use super::requirement::{Requirement, normalized};
use crate::doctor::module::search::{At, Found, Place, Root, Search};
use crate::doctor::module::{Entry, Origin};

/// What is read of one file of metadata; the largest known, with their descriptions, have 200 KiB.
const LIMIT: u64 = 4 << 20;
/// Distributions of one folder; more are nobody's installation.
const MOST: usize = 20_000;

/// A distribution that is installed somewhere on the path.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    /// As it calls itself, or as its folder does.
    pub(super) name: String,
    /// For comparisons.
    pub(super) key: String,
    pub(super) version: Option<String>,
    pub(super) requires: Vec<Requirement>,
    /// The entry of the path in which it lies.
    pub(super) entry: String,
    /// The same as a folder; `None`: it is an archive.
    pub(super) folder: Option<PathBuf>,
    pub(super) origin: Origin,
    /// The names that can be imported, `top_level.txt` or what `RECORD` lists; may be empty.
    pub(super) modules: Vec<String>,
    /// Full names of the extension modules that `RECORD` lists.
    pub(super) extensions: Vec<String>,
}

/// All of them, in the order of the search; within a folder by name. Of merged layers the last one wins, and
/// so it comes first.
pub(super) fn all(search: &Search) -> Vec<Installed> {
    let roots = search.places.iter().flat_map(|place| place.roots.iter().rev());
    roots.flat_map(|root| of_root(root, search)).collect()
}

fn of_root(root: &Root, search: &Search) -> Vec<Installed> {
    let Some(entry) = search.entries.get(root.entry) else { return Vec::new() };
    let top = Place { roots: vec![root.clone()] };
    let found = top.list(|name| name.ends_with(".dist-info") || name.ends_with(".egg-info"));
    found.iter().take(MOST).filter_map(|info| installed(entry, &top, info)).collect()
}

/// `None`: there is nothing that says what it is.
fn installed(entry: &Entry, top: &Place, info: &Found) -> Option<Installed> {
    let folder = top.folder(&info.name);
    let text = |name: &str| {
        let bytes = folder.as_ref()?.roots.first()?.at.read(name, LIMIT)?;
        // What is no UTF-8 becomes U+FFFD.
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    // distutils wrote an `egg-info` that is the file itself.
    let alone = || Some(String::from_utf8_lossy(&info.read(LIMIT)?).into_owned());
    let main = text("METADATA").or_else(|| text("PKG-INFO")).or_else(alone)?;
    let metadata = Metadata::parse(&main);
    let stem = info.name.rsplit_once('.').map_or(info.name.as_str(), |(stem, _)| stem);
    let (stem_name, stem_version) = stem.split_once('-').unwrap_or((stem, ""));
    let name = metadata.name.unwrap_or_else(|| stem_name.to_owned());
    let mut requires = metadata.requires;
    if requires.is_empty() {
        requires.extend(text("requires.txt").iter().flat_map(|text| requires_txt(text)));
    }
    let record = text("RECORD").unwrap_or_default();
    let files: Vec<&str> = record.lines().filter_map(file_of_record).collect();
    let modules = match text("top_level.txt") {
        Some(list) => list.lines().map(|line| line.trim().to_owned()).collect(),
        None => top_levels(&files),
    };
    let version = metadata.version.or_else(|| {
        let version = stem_version.split('-').next().unwrap_or_default();
        (!version.is_empty()).then(|| version.to_owned())
    });
    Some(Installed {
        key: normalized(&name),
        name,
        version,
        requires,
        entry: entry.path.clone(),
        folder: match &top.roots.first()?.at {
            At::Folder(folder) => Some(folder.clone()),
            At::Archive { .. } => None,
        },
        origin: entry.origin.clone(),
        modules: modules.into_iter().filter(|name| is_module(name)).collect(),
        extensions: files.iter().filter_map(|file| extension_module(file)).collect(),
    })
}

/// `FILE,HASH,SIZE`. A name with a comma stands in quotes, and is none of a module.
fn file_of_record(line: &str) -> Option<&str> {
    let file = line.split(',').next()?;
    let is_inside = !file.is_empty() && !file.starts_with(['/', '"', '.']);
    is_inside.then_some(file)
}

fn top_levels(files: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in files {
        let name = match file.split_once('/') {
            Some((folder, _)) => folder,
            None if file.ends_with(".py") || file.ends_with(".so") => {
                file.split('.').next().unwrap_or_default()
            }
            None => continue,
        };
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

fn is_module(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins && name != "__pycache__" && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The full name of the module in `a/b.cpython-311-x86_64-linux-gnu.so`: `a.b`.
pub(super) fn extension_module(file: &str) -> Option<String> {
    let (folders, file) = match file.rsplit_once('/') {
        Some((folders, file)) => (Some(folders), file),
        None => (None, file),
    };
    let (name, rest) = file.split_once('.')?;
    let is_one = (rest == "so" || rest.ends_with(".so")) && is_module(name);
    let mut parts = folders.map(|folders| folders.split('/').collect()).unwrap_or_else(Vec::new);
    parts.push(name);
    // `x.libs/libffi.so.8` is no module.
    (is_one && parts.iter().all(|part| is_module(part))).then(|| parts.join("."))
}

impl Installed {
    /// Whether it brings the module along, as far as it says.
    pub(super) fn provides(&self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or_default();
        if self.extensions.iter().any(|name| name == module) {
            return true;
        }
        let listed = self.modules.iter().any(|name| name == top);
        // Several distributions share a namespace package: then only the list of files tells.
        listed && (self.extensions.is_empty() || !module.contains('.'))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::doctor::module::EntryState;
    use crate::doctor::module::profile::Profile;

    fn all_in(folder: &Path) -> Vec<Installed> {
        let entry = Entry {
            path: folder.display().to_string(),
            origin: Origin::Layer(2),
            state: EntryState::Folder,
        };
        let root = Root { entry: 0, at: At::Folder(folder.to_owned()) };
        let search = Search {
            profile: Profile::described((3, 12), "x86_64").unwrap(),
            places: vec![Place { roots: vec![root] }],
            entries: vec![entry],
            pth: Vec::new(),
            layers: Vec::new(),
            front: Vec::new(),
        };
        all(&search)
    }

    fn lay(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn wheels_eggs_and_distutils() {
        let folder = lay(&[
            (
                "cffi-1.16.0.dist-info/METADATA",
                "Name: cffi\nVersion: 1.16.0\nRequires-Dist: pycparser\n",
            ),
            (
                "cffi-1.16.0.dist-info/RECORD",
                "_cffi_backend.cpython-311-x86_64-linux-gnu.so,sha256=x,1\ncffi/api.py,,\n../../bin/x,,\n\
                 cffi.libs/libffi.so.8,,\n\"a,b\",,\n",
            ),
            ("old-0.1-py3.11.egg-info", "Name: old\n"),
            ("egg.egg-info/PKG-INFO", "Version: 3\n"),
            ("egg.egg-info/requires.txt", "cffi\n"),
            ("egg.egg-info/top_level.txt", "egg_white\n\n../x\n"),
            ("empty.dist-info/WHEEL", ""),
        ]);
        let found = all_in(folder.path());
        let names: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.version.as_deref())).collect();
        assert_eq!(names, [("cffi", Some("1.16.0")), ("egg", Some("3")), ("old", Some("0.1"))]);
        assert_eq!(found[0].modules, ["_cffi_backend", "cffi"]);
        assert_eq!(found[0].extensions, ["_cffi_backend"]);
        assert!(found[0].provides("_cffi_backend") && !found[0].provides("_ctypes"));
        assert_eq!(found[1].modules, ["egg_white"]);
        assert_eq!(found[1].requires[0].name, "cffi");
    }

    #[test]
    fn libraries_of_a_wheel_are_no_modules() {
        assert_eq!(extension_module("a/b.abi3.so").as_deref(), Some("a.b"));
        for file in ["a.libs/libx.so", "a/libffi-1.so.8", "a/x.py", "x", ".so", "a/.so"] {
            assert_eq!(extension_module(file), None, "{file}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let folder = lay(&[("x.dist-info/METADATA/is-a-folder", "")]);
        assert_eq!(all_in(folder.path()).len(), 0);
        assert_eq!(all_in(Path::new("/nonexistent")).len(), 0);
    }

    proptest! {
        #[test]
        fn any_record_is_taken(lines in prop::collection::vec("[ -~\u{e9}/.,\"]{0,20}", 0..10)) {
            let files: Vec<&str> = lines.iter().filter_map(|line| file_of_record(line)).collect();
            top_levels(&files);
            for file in files {
                if let Some(name) = extension_module(file) {
                    prop_assert!(name.split('.').all(is_module));
                }
            }
        }
    }
}
