//! A `_cffi_backend` of another version of Python, as it gets onto a `sys.path` by mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::install::{LIMIT, OLDEST, SITE, keep_only, offline, pip_install_somehow};
use crate::dll::cache::{Cache, KeyBuilder};
use crate::dll::error::{BuildError, Unavailable};
use crate::dll::python::PythonFacts;
use crate::dll::surroundings::Surroundings;

/// A `_cffi_backend` that was built for another Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignBackend {
    /// The file, in the cache.
    pub path: PathBuf,
    /// Major and minor of the Python that it was built for.
    pub version: (u32, u32),
}

/// Which version is taken: far enough away to be refused. CFFI compares three characters of the
/// version, so the backends of 3.10 and later do not tell one another apart.
fn other_than(version: (u32, u32, u32)) -> (u32, u32) {
    if version.1 >= 10 { (3, 9) } else { (3, 12) }
}

/// Finds such a file in the cache, or fetches the wheel of the other version with the target's pip.
///
/// # Errors
///
/// [`BuildError::Unavailable`] with the reason for a skip, as for
/// [`ensure_cffi`](super::ensure_cffi).
pub fn ensure_foreign_backend(
    python: &PythonFacts,
    surroundings: &Surroundings,
    cache: &Cache,
) -> Result<ForeignBackend, BuildError> {
    let version = other_than(python.version);
    let key = KeyBuilder::new("cffi-foreign")
        .input(format!("{}.{}", version.0, version.1))
        .input(std::env::consts::ARCH)
        .finish();
    if surroundings.offline && cache.lookup(&key).is_none() {
        let what = format!("the wheel of CFFI for Python {}.{} is not there", version.0, version.1);
        return Err(offline(&what, "run once without --offline".to_owned()).into());
    }
    let entry = cache.entry(&key, |dir| fetch(version, python, surroundings, dir))?;
    Ok(ForeignBackend { path: backend_in(&entry.join(SITE))?, version })
}

fn fetch(
    version: (u32, u32),
    python: &PythonFacts,
    surroundings: &Surroundings,
    dir: &Path,
) -> Result<(), BuildError> {
    let until = Instant::now() + LIMIT;
    let wanted = [
        // Only a wheel can be of another version, and what it depends on is not needed.
        "--only-binary=:all:".to_owned(),
        "--no-deps".to_owned(),
        "--implementation=cp".to_owned(),
        format!("--python-version={}.{}", version.0, version.1),
        format!("cffi>={}.{}", OLDEST.0, OLDEST.1),
    ];
    pip_install_somehow(python, surroundings, dir, &wanted, until)?;
    keep_only(&dir.join(SITE), dir)?;
    backend_in(&dir.join(SITE)).map(drop)
}

fn backend_in(site: &Path) -> Result<PathBuf, BuildError> {
    let entries = fs::read_dir(site).map_err(BuildError::file("read", site))?;
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("_cffi_backend.") && name.ends_with(".so")
    };
    entries.flatten().map(|entry| entry.path()).find(is_it).ok_or_else(|| {
        let reason = format!("the wheel of CFFI in {} has no _cffi_backend", site.display());
        Unavailable::new(reason, "remove the folder and try again").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_characters_of_the_versions_differ() {
        for minor in 8..20 {
            let other = other_than((3, minor, 0));
            let short = |text: String| text[..3].to_owned();
            assert_ne!(short(format!("3.{minor}")), short(format!("{}.{}", other.0, other.1)));
        }
    }
}
