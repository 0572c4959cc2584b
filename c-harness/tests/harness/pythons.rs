//! The interpreters of this machine, and the probe pointed at them.

use std::path::{Path, PathBuf};

use embedcheck_c_harness::{NEEDED_PLACEHOLDER, PROBE, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER};

use crate::support::{Run, Scratch, skip, variable};

/// A libpython and the folder with the interpreter that belongs to it.
pub(crate) struct Python {
    pub(crate) library: PathBuf,
    pub(crate) bin: PathBuf,
    /// Such as `3.11`.
    pub(crate) version: String,
}

impl Python {
    fn new(library: PathBuf, bin: PathBuf) -> Option<Self> {
        let name = library.file_name()?.to_str()?.strip_prefix("libpython")?;
        let (version, rest) = name.split_once(".so")?;
        let version = version.trim_end_matches(|c: char| c.is_ascii_alphabetic()).to_owned();
        // `libpython3.so` has no number, and only forwards.
        (version.contains('.') && !rest.is_empty()).then_some(Self { library, bin, version })
    }

    pub(crate) fn path(&self) -> &str {
        self.library.to_str().expect("UTF-8")
    }

    /// Runs a plan with the PATH that leads this libpython to its own prefix.
    pub(crate) fn run(&self, scratch: &Scratch, steps: &str) -> Run {
        let path = format!("{}:/nonexistent", self.bin.display());
        scratch.run_with(steps, |command| {
            command.env("PATH", path).env("LC_ALL", "C.UTF-8");
        })
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Shared libpythons of pyenv and of the system.
pub(crate) fn all() -> Vec<Python> {
    let pyenv = variable("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".pyenv")));
    let mut found = Vec::new();
    for prefix in pyenv.iter().flat_map(|root| list(&root.join("versions"))) {
        let libraries = list(&prefix.join("lib"));
        found.extend(libraries.into_iter().filter_map(|lib| Python::new(lib, prefix.join("bin"))));
    }
    for folder in list(Path::new("/usr/lib")) {
        found.extend(
            list(&folder).into_iter().filter_map(|lib| Python::new(lib, "/usr/bin".into())),
        );
    }
    // Several names of one file: links to it, and the versions that pyenv knows under two names.
    found.retain(|python| !python.library.is_symlink());
    found.sort_by(|a, b| a.library.cmp(&b.library));
    found
}

/// All of them; says loudly if there is none.
pub(crate) fn all_or_skip(test: &str) -> Vec<Python> {
    let found = all();
    if found.is_empty() {
        skip(test, "no shared libpython in PYENV_ROOT, ~/.pyenv or /usr/lib");
    }
    found
}

fn overwrite(bytes: &mut [u8], placeholder: &str, text: &str) {
    let at = bytes
        .windows(placeholder.len())
        .position(|window| window == placeholder.as_bytes())
        .expect("the placeholder is in the probe");
    let room = &mut bytes[at..at + placeholder.len()];
    room.fill(0);
    room[..text.len()].copy_from_slice(text.as_bytes());
}

/// Writes the probe for that libpython under that name.
pub(crate) fn write_probe(scratch: &Scratch, name: &str, needed: &str, search: &str) {
    let mut bytes = PROBE.to_vec();
    overwrite(&mut bytes, NEEDED_PLACEHOLDER, needed);
    overwrite(&mut bytes, SEARCH_PLACEHOLDER, search);
    overwrite(&mut bytes, SONAME_PLACEHOLDER, name);
    scratch.write(name, bytes);
}
