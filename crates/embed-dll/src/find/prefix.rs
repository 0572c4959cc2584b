//! The installation that a libpython belongs to.

use std::path::{Path, PathBuf};

use super::venv::Venv;
use super::{Found, Named};

/// Whether an environment belongs to a libpython that was found without it. One that the author has
/// brought along may name a base that is not there; of a base that is, nothing is mixed with another
/// installation.
///
/// # Errors
///
/// Why not.
pub(crate) fn fits(venv: &Venv, found: &Found, is_authors: bool) -> Result<(), String> {
    let (major, minor) = found.image.version;
    if let Some(version) = venv.version.filter(|version| *version != found.image.version) {
        return Err(format!(
            "is for Python {}.{}, not for the {major}.{minor} that is used",
            version.0, version.1
        ));
    }
    let build = build(found);
    let prefix = found.image.path.as_deref().and_then(|path| of(path, &build));
    let base = venv.base();
    if prefix.is_none_or(|prefix| prefix == base) || is_authors && !has_stdlib(&base, &build) {
        return Ok(());
    }
    Err(format!("was made from {}, not from the Python that is used", base.display()))
}

/// Version and build flags, from the name of the file if that tells them.
pub(crate) fn build(found: &Found) -> Named {
    let name = found.image.path.as_deref().and_then(Path::file_name);
    let named = name.and_then(Named::library).filter(|named| named.version == found.image.version);
    named.unwrap_or_else(|| {
        let is_debug = !found.image.symbol(c"_Py_RefTotal").is_null()
            || !found.image.symbol(c"_Py_NegativeRefcount").is_null();
        let flags = format!(
            "{}{}",
            if found.abi.free_threaded { "t" } else { "" },
            if is_debug { "d" } else { "" }
        );
        Named { version: found.image.version, flags }
    })
}

/// The prefix that a libpython lies in, recognised by the standard library of its version.
pub(crate) fn of(library: &Path, build: &Named) -> Option<PathBuf> {
    let given = absolute(library);
    let real = given.canonicalize().unwrap_or_else(|_| given.clone());
    let found = [real, given].iter().find_map(|file| {
        let mut folders = file.ancestors().skip(1).take(4);
        folders.find(|folder| has_stdlib(folder, build)).map(Path::to_owned)
    });
    found.filter(|prefix| prefix.as_os_str() != "/")
}

/// Whether the standard library of a version is under a prefix.
pub(crate) fn has_stdlib(prefix: &Path, build: &Named) -> bool {
    let (major, minor) = build.version;
    let thread = if build.flags.contains('t') { "t" } else { "" };
    // What PYTHONPLATLIBDIR can say otherwise is as good as unknown to anybody.
    ["lib", "lib64"].iter().any(|lib| {
        let lib = prefix.join(lib);
        lib.join(format!("python{major}.{minor}{thread}/os.py")).exists()
            || lib.join(format!("python{major}.{minor}{thread}/os.pyc")).exists()
            || lib.join(format!("python{major}{minor}{thread}.zip")).exists()
    })
}

/// The path from the root, links and all.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
