//! The versions of the two parts of cffi, read from the files.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::elffile;
use super::facts::{CffiPart, CffiParts};
use super::find::{Sighting, find, taken};
use super::judge::on_disk;
use super::owner;
use super::profile::Profile;
use super::search::Place;

/// Bytes of `cffi/__init__.py` that are read.
const MAX: u64 = 64 << 10;

static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^__version__\s*=\s*["']([0-9A-Za-z.+-]{1,40})["']"#).ok());

/// Both parts, as an import takes them.
pub(super) fn parts(places: &[Place], profile: &Profile) -> CffiParts {
    let backend = find(places, &["_cffi_backend"], profile);
    let package = find(places, &["cffi"], profile);
    CffiParts {
        package: taken(&package.all).map(|one| CffiPart {
            version: one.found.read(MAX).and_then(|source| version_in_source(&source)),
            path: one.found.path.display().to_string(),
        }),
        backend: taken(&backend.all).map(|one| CffiPart {
            version: backend_version(places, one),
            path: one.found.path.display().to_string(),
        }),
    }
}

fn backend_version(places: &[Place], backend: &Sighting) -> Option<String> {
    let found = on_disk(backend).and_then(|path| elffile::bytes(&path));
    // Two of them, and nobody knows which is its own.
    if let Some([one]) = found.map(|bytes| Vec::from_iter(elffile::versions(&bytes))).as_deref() {
        return Some(one.clone());
    }
    let owner = owner::of(places, backend.found.root.entry, &backend.below)?;
    owner.name.eq_ignore_ascii_case("cffi").then_some(owner.version)
}

fn version_in_source(source: &[u8]) -> Option<String> {
    let captures = VERSION.as_ref()?.captures(source)?;
    Some(String::from_utf8_lossy(captures.get(1)?.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_source() {
        let source = b"import x\n__version__ = \"2.1.1\"\n__version_info__ = (2, 1, 1)\n";
        assert_eq!(version_in_source(source).as_deref(), Some("2.1.1"));
        assert_eq!(version_in_source(b"x = 1\n"), None);
    }
}
