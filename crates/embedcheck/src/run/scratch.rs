//! Folders for the files of a run, which are gone afterwards unless the user wants to keep them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::sys;

/// A file or folder that could not be made, written or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {source}{}", path.display(), advice(source, *keep))]
pub struct ScratchError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
    /// Whether the user has named the folder to keep files in; otherwise `TMPDIR` has.
    keep: bool,
}

impl ScratchError {
    fn new<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self { what, path: path.to_owned(), source, keep: false }
    }

    fn kept(self, keep: bool) -> Self {
        Self { keep, ..self }
    }

    /// The file or folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn advice(error: &io::Error, keep: bool) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded if keep => {
            "; make room there, or name a folder to keep files in that has more"
        }
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::AlreadyExists
            if keep =>
        {
            "; name a folder to keep files in that can be written to"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room there, or set TMPDIR to a folder with more"
        }
        ErrorKind::FileTooLarge => "; raise the limit of file sizes (`ulimit -f`)",
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotFound
        | ErrorKind::NotADirectory => "; set TMPDIR to a folder that exists and can be written to",
        _ => "",
    }
}

/// tempfile adds the name that it tried, which means nothing to the user.
fn without_temporary_name(error: io::Error) -> io::Error {
    error.kind().into()
}

/// Where scratch folders are made.
#[derive(Debug, Clone)]
pub struct ScratchRoot {
    root: PathBuf,
    keep: bool,
}

impl ScratchRoot {
    /// Temporary folders with random names in `root`, which must exist; it is what `TMPDIR` of the
    /// caller says.
    pub fn temporary(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), keep: false }
    }

    /// Folders with readable names in `root`, which is made if need be. Nothing is ever removed.
    pub fn kept(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), keep: true }
    }

    /// Makes a folder that only this user can enter. `name` says what it is for, such as the id of
    /// a check.
    ///
    /// # Errors
    ///
    /// When the root is not there, not writable or full.
    pub fn folder(&self, name: &str) -> Result<Scratch, ScratchError> {
        let failed = || {
            let error = ScratchError::new("make a scratch folder in", &self.root);
            move |source| error(source).kept(self.keep)
        };
        // Children have working folders of their own: the path must mean the same to all.
        let root = std::path::absolute(&self.root).map_err(failed())?;
        let path = if self.keep {
            fs::create_dir_all(&root).map_err(failed())?;
            first_free(&root, &readable(name), "", |path| {
                DirBuilder::new().mode(0o700).create(path)
            })
            .map_err(failed())?
            .0
        } else {
            tempfile::Builder::new()
                .prefix("embedcheck-")
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(&root)
                .map_err(without_temporary_name)
                .map_err(failed())?
                .keep()
        };
        Ok(Scratch { path, keep: self.keep })
    }
}

/// A folder that is removed with everything in it when this is dropped, unless it was made to be
/// kept.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    keep: bool,
}

impl Scratch {
    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file whose name begins with `stem` and ends with `extension` (with its dot, or
    /// empty): `plan.txt`, or `plan-2.txt` if there is one already.
    ///
    /// # Errors
    ///
    /// When the disk is full, or somebody took the permission away.
    pub fn write(
        &self,
        stem: &str,
        extension: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, ScratchError> {
        self.write_mode(stem, extension, bytes, 0o600)
    }

    /// The same for a file that can be executed.
    ///
    /// # Errors
    ///
    /// As [`Scratch::write`].
    pub fn write_program(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, ScratchError> {
        let path = self.write_mode(name, "", bytes, 0o700)?;
        if sys::forbids_execution(&path) {
            // Known now, and not as an error of each run.
            let _ = fs::remove_file(&path);
            let reason =
                "its file system is mounted with `noexec`; use another folder (TMPDIR, --keep)";
            let source = io::Error::other(reason);
            return Err(
                ScratchError::new("execute programs in", &self.path)(source).kept(self.keep)
            );
        }
        Ok(path)
    }

    fn write_mode(
        &self,
        stem: &str,
        extension: &str,
        bytes: &[u8],
        mode: u32,
    ) -> Result<PathBuf, ScratchError> {
        let open =
            |path: &Path| OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        let (path, mut file): (PathBuf, File) = first_free(&self.path, stem, extension, open)
            .map_err(ScratchError::new("make a file in", &self.path))
            .map_err(|error| error.kept(self.keep))?;
        if let Err(source) = file.write_all(bytes) {
            // Half a file is worse than none.
            let _ = fs::remove_file(&path);
            return Err(ScratchError::new("write", &path)(source).kept(self.keep));
        }
        Ok(path)
    }

    /// Removes the folder now and says if that fails; dropping it ignores that. A kept folder
    /// stays.
    ///
    /// # Errors
    ///
    /// When something in it cannot be removed.
    pub fn close(mut self) -> Result<(), ScratchError> {
        if self.keep {
            return Ok(());
        }
        self.keep = true;
        remove(&self.path).map_err(ScratchError::new("remove", &self.path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.keep {
            let _ = remove(&self.path);
        }
    }
}

/// Removes a tree, also one in which a run has taken away its own permission to write.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(folder)?;
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn make_writable(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The type of the entry itself: a symbolic link is not followed out of the folder.
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes the first of `stem`, `stem-2`, `stem-3` … that does not exist.
fn first_free<T>(
    folder: &Path,
    stem: &str,
    extension: &str,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let mut number = 1_u32;
    loop {
        let path = match number {
            1 => folder.join(format!("{stem}{extension}")),
            _ => folder.join(format!("{stem}-{number}{extension}")),
        };
        match make(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
            Ok(made) => return Ok((path, made)),
        }
    }
}

/// A file name that needs no quoting anywhere, from the id of a check or the like.
fn readable(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "run".to_owned() } else { name.chars().take(100).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_and_gone_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let scratch = ScratchRoot::temporary(root.path()).folder("load/local").unwrap();
        let path = scratch.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        scratch.write("plan", ".txt", b"text").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_run_has_locked_is_removed_and_what_it_links_to_is_not() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("precious")).unwrap();
        fs::set_permissions(root.path().join("precious"), Permissions::from_mode(0o500)).unwrap();
        let scratch = ScratchRoot::temporary(root.path()).folder("x").unwrap();
        let inner = scratch.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("file"), "").unwrap();
        std::os::unix::fs::symlink(root.path().join("precious"), inner.join("link")).unwrap();
        for folder in ["a/b", "a"] {
            fs::set_permissions(scratch.path().join(folder), Permissions::from_mode(0o500))
                .unwrap();
        }
        // Root may remove it anyway; the second way is tried by itself for its sake.
        make_writable(scratch.path()).unwrap();
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
        scratch.close().unwrap();
        let precious = fs::metadata(root.path().join("precious")).unwrap();
        assert_eq!(precious.permissions().mode() & 0o777, 0o500);
    }

    #[test]
    fn kept_folders_have_readable_names_and_stay() {
        let root = tempfile::tempdir().unwrap();
        let kept = ScratchRoot::kept(root.path().join("new"));
        let names: Vec<_> = ["load/local c", "load/local c", "../.."]
            .map(|name| kept.folder(name).unwrap().path().file_name().unwrap().to_owned())
            .into();
        assert_eq!(names, ["load-local-c", "load-local-c-2", "run"]);
        assert!(root.path().join("new/load-local-c-2").is_dir());
    }

    #[test]
    fn an_unusable_root_is_named_with_advice() {
        let root = tempfile::tempdir().unwrap();
        let missing = root.path().join("missing");
        let error = ScratchRoot::temporary(&missing).folder("x").unwrap_err();
        assert_eq!(error.path(), missing);
        let text = error.to_string();
        assert!(
            text.ends_with("; set TMPDIR to a folder that exists and can be written to"),
            "{text}"
        );
    }

    #[test]
    fn a_full_disk_is_named_with_advice() {
        let full = ScratchError::new("write", Path::new("/x"))(io::Error::from_raw_os_error(28));
        let text = full.to_string();
        assert!(text.ends_with("; make room there, or set TMPDIR to a folder with more"), "{text}");
    }

    #[test]
    fn files_do_not_overwrite_each_other() {
        let root = tempfile::tempdir().unwrap();
        let scratch = ScratchRoot::temporary(root.path()).folder("x").unwrap();
        assert_eq!(scratch.write("plan", ".txt", b"1").unwrap(), scratch.path().join("plan.txt"));
        assert_eq!(scratch.write("plan", ".txt", b"2").unwrap(), scratch.path().join("plan-2.txt"));
        let program = scratch.write_program("host", b"3").unwrap();
        assert_eq!(fs::metadata(program).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
