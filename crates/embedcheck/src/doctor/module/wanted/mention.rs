//! Which modules of a distribution contain the name of the module in question: those are the ones
//! that import it, whatever the top of their package does.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use super::distribution::{Installed, extension_module};
use super::model::Mention;
use crate::doctor::module::regular;
use crate::run::Stop;

/// Files of one distribution that are read.
const FILES: usize = 5_000;
/// Bytes of one file; extension modules with a TLS library inside have 20 MiB.
const BYTES: u64 = 64 << 20;
/// Bytes of all files of one distribution.
const ALL_BYTES: u64 = 512 << 20;
/// Folders within folders.
const DEEPEST: usize = 12;

/// The modules of `installed` that contain `module` as a word, by name. Only of a folder: what an
/// archive holds can hardly need an extension module.
pub(super) fn mentions(installed: &Installed, module: &str, stop: &Stop) -> Vec<Mention> {
    // Escaped, it is an expression.
    let Ok(word) = Regex::new(&format!(r"(?-u:\b){}(?-u:\b)", regex::escape(module))) else {
        return Vec::new();
    };
    let Some(folder) = &installed.folder else { return Vec::new() };
    let mut files = Vec::new();
    for name in tops(installed) {
        collect(folder, &folder.join(&name), 0, &mut files);
    }
    files.sort();
    files.truncate(FILES);
    let mut left = ALL_BYTES;
    let mut found: Vec<Mention> = Vec::new();
    for file in files {
        if stop.is_requested() || left == 0 {
            break;
        }
        let Some(name) = module_of(folder, &file) else { continue };
        let mut bytes = Vec::new();
        let Ok(open) = regular::open(&file) else { continue };
        if open.take(BYTES.min(left)).read_to_end(&mut bytes).is_err() {
            continue;
        }
        left -= bytes.len() as u64;
        if name != module && word.is_match(&bytes) {
            found.push(Mention {
                module: name,
                native: file.extension().is_some_and(|end| end == "so"),
                file: file.display().to_string(),
                distribution: installed.name.clone(),
            });
        }
    }
    found
}

/// The names below the entry at which the modules begin; without a list the name of the distribution.
fn tops(installed: &Installed) -> Vec<String> {
    let listed = installed.modules.iter().cloned();
    let mut tops: Vec<String> = if installed.modules.is_empty() {
        vec![installed.key.replace('-', "_")]
    } else {
        listed.collect()
    };
    // A module at the top is a file.
    tops.extend(tops.clone().iter().map(|name| format!("{name}.py")));
    tops
}

fn collect(entry: &Path, path: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // Links are not followed: they may lead in a circle, and out.
    let Ok(data) = fs::symlink_metadata(path) else { return };
    if data.is_file() && module_of(entry, path).is_some() {
        files.push(path.to_owned());
    } else if data.is_dir() && depth < DEEPEST && files.len() < FILES {
        let Ok(entries) = fs::read_dir(path) else { return };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            collect(entry, &path, depth + 1, files);
        }
    }
}

/// The full name of the module in a file below an entry of the path.
fn module_of(entry: &Path, file: &Path) -> Option<String> {
    let inside = file.strip_prefix(entry).ok()?.to_str()?;
    if let Some(stem) = inside.strip_suffix(".py") {
        let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
        return Some(stem.replace('/', "."));
    }
    extension_module(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::module::Origin;

    #[test]
    fn only_the_whole_name_counts() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("pkg/__init__.py", "import os"),
            ("pkg/uses.py", "import _cffi_backend as b\n"),
            ("pkg/longer.py", "x_cffi_backend_y = '_cffi_backends'\n"),
            ("pkg/deep/native.abi3.so", "\x7fELF\0_cffi_backend\0"),
            ("pkg/notes.txt", "_cffi_backend"),
            ("other/uses.py", "import _cffi_backend"),
        ];
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("pkg/circle")).unwrap();
        let installed = Installed {
            name: "Pkg".to_owned(),
            key: "pkg".to_owned(),
            version: None,
            requires: Vec::new(),
            entry: String::new(),
            folder: Some(folder.path().to_owned()),
            origin: Origin::Option(1),
            modules: Vec::new(),
            extensions: Vec::new(),
        };
        let found = mentions(&installed, "_cffi_backend", &Stop::new().unwrap());
        let found: Vec<_> = found.iter().map(|one| (one.module.as_str(), one.native)).collect();
        assert_eq!(found, [("pkg.deep.native", true), ("pkg.uses", false)]);
    }
}
