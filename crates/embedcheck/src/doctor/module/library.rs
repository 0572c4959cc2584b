//! The shared libraries that a file brings along, and those that it leaves to the system.

use std::path::{Path, PathBuf};

use super::search::Layer;
use crate::elf::Elf;

/// What every Linux with glibc has that runs Python (PEP 599, without the graphical ones).
const EVERYWHERE: &[&str] = &[
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
    "libz.so.1",
];

/// The libraries that neither lie where the file looks for them, nor in the `lib` of a layer (which AWS Lambda has in
/// `LD_LIBRARY_PATH`), nor are everywhere.
pub(super) fn foreign(elf: &Elf, file: &Path, layers: &[Layer]) -> Vec<String> {
    let origin = file.parent().unwrap_or(Path::new("/"));
    let paths = elf.runpath.as_ref().or(elf.rpath.as_ref());
    let own = paths.into_iter().flat_map(|paths| paths.split(':')).map(|path| {
        let origin = origin.display().to_string();
        PathBuf::from(path.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin))
    });
    let folders: Vec<PathBuf> =
        own.chain(layers.iter().map(|layer| layer.folder.join("lib"))).collect();
    let is_everywhere = |name: &str| {
        EVERYWHERE.contains(&name) || name.starts_with("ld-linux") || name.starts_with("libpython")
    };
    let is_brought = |name: &str| folders.iter().any(|folder| folder.join(name).exists());
    elf.needed.iter().filter(|name| !is_everywhere(name) && !is_brought(name)).cloned().collect()
}
