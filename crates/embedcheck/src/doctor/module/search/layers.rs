//! Layers of AWS Lambda: all are laid into `/opt`, one after the other, and the last wins.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Builder, Layer, existing};
use crate::doctor::DoctorError;
use crate::doctor::module::archive::{Archive, looks_like_one};
use crate::doctor::module::lambda;
use crate::run::{Scratch, Stop};

/// Files that are laid into one folder. A function has 250 MB at most.
const MAX_FILES: usize = 200_000;
/// Folders within folders; real packages stay below ten.
const MAX_DEPTH: usize = 64;

/// Opens the layers; archives are unpacked.
pub(super) fn open(
    paths: &[PathBuf],
    scratch: &Scratch,
    stop: &Stop,
) -> Result<Vec<Layer>, DoctorError> {
    let mut layers = Vec::new();
    for (index, given) in paths.iter().enumerate() {
        let path = existing(given)?;
        if path.is_dir() {
            layers.push(Layer { given: path.clone(), folder: path, is_archive: false });
            continue;
        }
        if !looks_like_one(&path) {
            return Err(DoctorError::Input(format!(
                "{} is neither a folder nor a zip archive; a layer is one of them, with `python/` in it",
                path.display()
            )));
        }
        let folder = scratch.path().join(format!("layer-{}", index + 1));
        let made = fs::create_dir(&folder);
        made.map_err(|source| DoctorError::Unreadable { path: folder.clone(), source })?;
        Archive::open(&path)?.unpack(&folder, stop)?.ok_or(DoctorError::Interrupted)?;
        layers.push(Layer { given: path, folder, is_archive: true });
    }
    Ok(layers)
}

/// Adds the folders of the layers that a runtime of this version searches, and with a scratch folder lays them together
/// for an import: the folders to have in front.
pub(super) fn add(
    builder: &mut Builder,
    layers: &[Layer],
    version: (u32, u32),
    scratch: Option<&Scratch>,
) -> Result<Vec<PathBuf>, DoctorError> {
    let folders = lambda::folders(version);
    for folder in &folders {
        builder.add_merged(layers, folder);
    }
    let Some(scratch) = scratch else { return Ok(Vec::new()) };
    let opt = scratch.path().join("opt");
    let mut count = 0;
    for layer in layers {
        let source = layer.folder.join("python");
        if source.is_dir() {
            lay(&source, &opt.join("python"), 0, &mut count)
                .map_err(|source| DoctorError::Unreadable { path: layer.given.clone(), source })?;
        }
    }
    Ok(folders.iter().map(|folder| opt.join(folder)).filter(|folder| folder.is_dir()).collect())
}

/// Lays links to the files of a folder into another, over what is there.
fn lay(from: &Path, to: &Path, depth: usize, count: &mut usize) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("its folders lie too deep within one another"));
    }
    if !to.symlink_metadata().is_ok_and(|data| data.is_dir()) {
        clear(to)?;
        fs::create_dir_all(to)?;
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            lay(&entry.path(), &target, depth + 1, count)?;
            continue;
        }
        *count += 1;
        if *count > MAX_FILES {
            return Err(io::Error::other(format!("the layers have more than {MAX_FILES} files")));
        }
        clear(&target)?;
        symlink(entry.path(), &target)?;
    }
    Ok(())
}

fn clear(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}
