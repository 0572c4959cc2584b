//! The extension modules of a standard library.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::elf::Elf;

use super::model::ExtensionModule;

/// The folders that exist, each once, whatever links lead to it.
pub(super) fn folders(candidates: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let is_new = |folder: &PathBuf| {
        folder.is_dir() && fs::canonicalize(folder).is_ok_and(|real| seen.insert(real))
    };
    candidates.into_iter().filter(is_new).collect()
}

/// The modules in these folders, sorted by name. As for `import`, the first folder wins.
///
/// `suffixes` is `importlib.machinery.EXTENSION_SUFFIXES`; without any, each `NAME.*.so` counts.
/// A file that is no readable ELF file counts too: it cannot be imported, which a check will tell.
pub(super) fn list(folders: &[PathBuf], suffixes: &[String]) -> Vec<ExtensionModule> {
    let mut seen = HashSet::new();
    let mut modules = Vec::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut found: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let file = entry.file_name().into_string().ok()?;
                let (name, rank) = module_name(&file, suffixes)?;
                Some((name.to_owned(), rank, entry.path()))
            })
            .collect();
        // Of two files for one module, the suffix that comes first in the list wins.
        found.sort();
        for (name, _, path) in found {
            if seen.insert(name.clone()) {
                let needs_libpython = needs_libpython(&path);
                modules.push(ExtensionModule { name, path, needs_libpython });
            }
        }
    }
    modules.sort_by(|one, other| one.name.cmp(&other.name));
    modules
}

fn needs_libpython(path: &Path) -> bool {
    Elf::read(path).is_ok_and(|elf| elf.needs_libpython())
}

/// The name to import and the place of the suffix in the list.
fn module_name<'a>(file: &'a str, suffixes: &[String]) -> Option<(&'a str, usize)> {
    let with_suffix = |(place, suffix): (usize, &String)| {
        let name = file.strip_suffix(suffix.as_str())?;
        // A module's name has no dot: `x.cpython-39-x86_64-linux-gnu.so` ends with 3.11's `.so` too.
        (!name.is_empty() && !name.contains('.')).then_some((name, place))
    };
    if suffixes.is_empty() {
        let name = file.strip_suffix(".so")?.split('.').next()?;
        return (!name.is_empty()).then_some((name, 0));
    }
    suffixes.iter().enumerate().find_map(with_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_another_version_is_not_importable() {
        let suffixes = [".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"].map(str::to_owned);
        let name = |file| module_name(file, &suffixes).map(|(name, _)| name);
        assert_eq!(name("math.cpython-311-x86_64-linux-gnu.so"), Some("math"));
        assert_eq!(name("xxlimited.abi3.so"), Some("xxlimited"));
        assert_eq!(name("_ctypes.so"), Some("_ctypes"));
        assert_eq!(name("math.cpython-39-x86_64-linux-gnu.so"), None);
        assert_eq!(name("README"), None);
        assert_eq!(name(".so"), None);
    }

    #[test]
    fn without_an_interpreter_every_library_counts() {
        let name = |file| module_name(file, &[]).map(|(name, _)| name);
        assert_eq!(name("math.cpython-311-x86_64-linux-gnu.so"), Some("math"));
        assert_eq!(name("libfoo.a"), None);
    }

    #[test]
    fn the_first_folder_wins_and_is_listed_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["a/math.so", "b/math.so", "b/zlib.so"] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "").unwrap();
        }
        let folders = folders([at("a"), at("gone"), at("b"), at("a/../a")]);
        assert_eq!(folders, [at("a"), at("b")]);
        let paths: Vec<_> = list(&folders, &[]).into_iter().map(|module| module.path).collect();
        assert_eq!(paths, [at("a/math.so"), at("b/zlib.so")]);
    }
}
