//! What a path that may be an interpreter really is, judged without running it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::elf::ElfError;

use super::error::TargetError;
use super::find::{is_executable, is_interpreter_name};

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// To an interpreter, whose real path this is.
    Interpreter(PathBuf),
    /// To an interpreter of a venv, made from the one at this path.
    Venv(PathBuf),
    /// To a script or a program of a version manager, which has to be asked.
    Shim,
    /// To a libpython.
    Library,
}

/// Looks at a path.
pub(super) fn follow(path: &Path) -> Result<Lead, TargetError> {
    let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    if metadata.is_dir() {
        return Err(directory(path));
    }
    let name = file_name(path);
    if name.starts_with("libpython") {
        return Ok(Lead::Library);
    }
    if !is_executable(path) {
        return Err(TargetError::NotExecutable { path: path.to_owned() });
    }
    let real = fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
    // mise links `python3` to itself and acts by the name it is called with.
    let renamed = is_interpreter_name(name) && !looks_like_python(file_name(&real));
    if renamed || is_script(path).map_err(|source| unreadable(path, source))? {
        return Ok(Lead::Shim);
    }
    Ok(venv_base(path).map_or(Lead::Interpreter(real), Lead::Venv))
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// `platform-python3.6` of RHEL 8 is one, too.
fn looks_like_python(name: &str) -> bool {
    name.contains("python") || name.contains("pypy")
}

fn is_script(path: &Path) -> io::Result<bool> {
    let mut head = [0; 2];
    match File::open(path)?.read_exact(&mut head) {
        Ok(()) => Ok(&head == b"#!"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The interpreter that a venv was made from, if the path is one of a venv: `pyvenv.cfg` is in the
/// folder of the interpreter or above it, and its `home` is the folder of the other one (PEP 405).
fn venv_base(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let folders = [Some(folder), folder.parent()];
    let mut files = folders.into_iter().flatten().map(|folder| folder.join("pyvenv.cfg"));
    let settings = files.find_map(|file| fs::read_to_string(file).ok())?;
    let home = settings.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "home").then(|| PathBuf::from(value.trim()))
    })?;
    // Most venvs hold a link, which is exact. One with copies leaves the name to be tried.
    let real = fs::canonicalize(path).ok()?;
    if !real.starts_with(fs::canonicalize(folder).ok()?) {
        return Some(real);
    }
    let names = [file_name(path), "python3", "python"];
    names.iter().map(|name| home.join(name)).find(|path| is_executable(path))
}

fn unreadable(path: &Path, source: io::Error) -> TargetError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => TargetError::NotThere { path },
        _ => TargetError::Unreadable { path, source },
    }
}

/// Whether a file could not be read because it does not exist.
pub(super) fn is_missing(error: &ElfError) -> bool {
    matches!(error, ElfError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

/// A prefix or a venv is easily named instead of the interpreter in it.
pub(super) fn directory(path: &Path) -> TargetError {
    let names = ["bin/python3", "bin/python", "python3", "python"];
    let inside = names.iter().map(|name| path.join(name)).find(|path| is_executable(path));
    let advice = inside.map_or_else(
        || "name the interpreter or libpython itself".to_owned(),
        |inside| format!("did you mean `{}`?", inside.display()),
    );
    TargetError::Directory { path: path.to_owned(), advice }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn executable(path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn each_kind_of_path_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let at = |path: &str| root.join(path);
        executable(&at("base/bin/python3.11"), b"\x7fELF");
        symlink("python3.11", at("base/bin/python3")).unwrap();
        executable(&at("shims/python3"), b"#!/bin/sh\n");
        executable(&at("mise"), b"\x7fELF");
        symlink(at("mise"), at("shims/python")).unwrap();
        let interpreter = Lead::Interpreter(at("base/bin/python3.11"));
        assert_eq!(follow(&at("base/bin/python3")).unwrap(), interpreter);
        assert_eq!(follow(&at("shims/python3")).unwrap(), Lead::Shim);
        assert_eq!(follow(&at("shims/python")).unwrap(), Lead::Shim);

        fs::write(at("libpython3.11.so"), "").unwrap();
        assert_eq!(follow(&at("libpython3.11.so")).unwrap(), Lead::Library);

        // One venv with a link, one with a copy.
        for venv in ["linked", "copied"] {
            fs::create_dir_all(at(venv).join("bin")).unwrap();
            let home = format!("home = {}\nversion = 3.11.7\n", at("base/bin").display());
            fs::write(at(venv).join("pyvenv.cfg"), home).unwrap();
        }
        symlink(at("base/bin/python3"), at("linked/bin/python")).unwrap();
        executable(&at("copied/bin/python3"), b"\x7fELF");
        let linked = Lead::Venv(at("base/bin/python3.11"));
        assert_eq!(follow(&at("linked/bin/python")).unwrap(), linked);
        let copied = Lead::Venv(at("base/bin/python3"));
        assert_eq!(follow(&at("copied/bin/python3")).unwrap(), copied);
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        assert!(matches!(follow(&at("gone")), Err(TargetError::NotThere { .. })));
        fs::write(at("python3"), "").unwrap();
        assert!(matches!(follow(&at("python3")), Err(TargetError::NotExecutable { .. })));
        executable(&at("prefix/bin/python3"), b"\x7fELF");
        let message = follow(&at("prefix")).unwrap_err().to_string();
        assert!(message.contains("did you mean") && message.contains("bin/python3"), "{message}");
    }
}
