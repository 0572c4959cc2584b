//! What an extension module's file says about the Python it is for.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::regular;
use crate::elf::Elf;

/// Bytes that are searched for words; the largest extension modules have some hundred megabytes.
const MAX_BYTES: u64 = 64 << 20;

/// The headers that `assert` and inlined functions name.
static HEADERS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)include/python(\d)\.(\d{1,2})[a-z]?/").ok());
/// A version that stands alone, as `_cffi_backend.__version__` does.
static VERSIONS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\x00(\d+\.\d+(?:\.\d+)?(?:\.?(?:dev|rc|a|b)\d+)?)\x00").ok()
});

/// The bytes of a file, as far as they are looked at.
pub(super) fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    regular::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The versions of Python whose headers the file names.
pub(super) fn named_pythons(bytes: &[u8]) -> BTreeSet<(u32, u32)> {
    let Some(headers) = HEADERS.as_ref() else { return BTreeSet::new() };
    let version = |captures: Captures<'_>| {
        let number = |index: usize| number(captures.get(index)?.as_bytes());
        number(1).zip(number(2))
    };
    headers.captures_iter(bytes).filter_map(version).collect()
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The versions of Python that stand alone in the file, as `PY_VERSION` does.
pub(super) fn standalone_pythons(bytes: &[u8]) -> BTreeSet<(u32, u32)> {
    let python = |text: String| {
        let mut numbers = text.split('.');
        let version = (number(numbers.next()?.as_bytes())?, number(numbers.next()?.as_bytes())?);
        is_python(&text).then_some(version)
    };
    alone(bytes).into_iter().filter_map(python).collect()
}

/// The version numbers that stand alone in the file, without those of Python itself.
pub(super) fn versions(bytes: &[u8]) -> BTreeSet<String> {
    alone(bytes).into_iter().filter(|text| !is_python(text)).collect()
}

/// Whether a version can be one of Python: cffi has not come to 3 yet.
fn is_python(text: &str) -> bool {
    text.starts_with("3.") || text.starts_with("2.7.")
}

fn alone(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Some(versions) = VERSIONS.as_ref() else { return found };
    let mut at = 0;
    while let Some(captures) = bytes.get(at..).and_then(|rest| versions.captures(rest)) {
        found.extend(
            captures.get(1).map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned()),
        );
        // The NUL at the end may begin the next.
        at += captures.get(0).map_or(1, |all| all.end().max(2) - 1);
    }
    found
}

/// Whether it is linked to musl: Alpine calls it `libc.musl-x86_64.so.1`, wheels `libc.so`.
pub(super) fn is_for_musl(elf: &Elf) -> bool {
    elf.needed.iter().any(|name| name.starts_with("libc.musl-") || name == "libc.so")
}

/// Whether it is linked to glibc.
pub(super) fn is_for_glibc(elf: &Elf) -> bool {
    elf.needed.iter().any(|name| name == "libc.so.6")
        || elf.version_needs.iter().any(|need| need.version.starts_with("GLIBC_"))
}

/// The newest version of glibc that it asks for.
pub(super) fn newest_glibc<'a>(versions: impl Iterator<Item = &'a str>) -> Option<(u32, u32)> {
    versions
        .filter_map(|version| {
            let mut numbers = version.strip_prefix("GLIBC_")?.split('.');
            let major = numbers.next()?.parse().ok()?;
            Some((major, numbers.next().unwrap_or("0").parse().ok()?))
        })
        .max()
}

/// The functions by which Python starts modules.
pub(super) fn init_functions(elf: &Elf, major: u32) -> Vec<String> {
    let prefix = if major == 2 { "init" } else { "PyInit" };
    let is_one = |name: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| {
            if major == 2 {
                !rest.is_empty()
            } else {
                rest.starts_with('_') || rest.starts_with("U_")
            }
        })
    };
    elf.definitions().iter().map(|one| one.name.to_string()).filter(|name| is_one(name)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_and_told_apart() {
        let bytes = b"\0x\x002.1.1\x003.12.13\0/opt/include/python3.11/object.h\0";
        assert_eq!(named_pythons(bytes).into_iter().collect::<Vec<_>>(), [(3, 11)]);
        assert_eq!(standalone_pythons(bytes).into_iter().collect::<Vec<_>>(), [(3, 12)]);
        assert_eq!(versions(bytes).into_iter().collect::<Vec<_>>(), ["2.1.1"]);
        assert_eq!(
            newest_glibc(["GLIBC_2.2.5", "GLIBC_2.34", "GCC_3.0"].into_iter()),
            Some((2, 34))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_searched(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (named_pythons(&bytes), standalone_pythons(&bytes), versions(&bytes));
        }
    }
}
