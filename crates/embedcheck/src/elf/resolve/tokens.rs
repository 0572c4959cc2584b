//! Search paths as ld.so reads them: separators, `$ORIGIN`, `$LIB`, `$PLATFORM`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use crate::elf::Platform;

/// Splits a value of `LD_LIBRARY_PATH` at colons and semicolons. An empty entry is the current
/// directory; an empty value is no entry. See ld.so(8).
pub fn split_library_path(value: &OsStr) -> Vec<PathBuf> {
    split(value, b":;")
}

/// Splits a value of `LD_PRELOAD` at blanks and colons, ignoring empty entries. See ld.so(8).
pub fn split_preload(value: &OsStr) -> Vec<PathBuf> {
    let mut entries = split(value, b" :");
    entries.retain(|entry| !entry.as_os_str().is_empty());
    entries
}

/// An entry of the `DT_RPATH` or `DT_RUNPATH` of a library in the folder `origin`, as ld.so reads it; see
/// ld.so(8), "Dynamic string tokens".
pub fn expand_entry(entry: &str, origin: &Path, platform: &Platform) -> PathBuf {
    let origin = Some(origin);
    let tokens = Tokens { origin, platform, secure: false, is_executable: false };
    tokens.expand(entry.as_ref()).map_or_else(|| entry.into(), PathBuf::from)
}

fn split(value: &OsStr, separators: &[u8]) -> Vec<PathBuf> {
    if value.is_empty() {
        return Vec::new();
    }
    let entries = value.as_bytes().split(|byte| separators.contains(byte));
    entries.map(|entry| PathBuf::from(OsStr::from_bytes(entry))).collect()
}

/// The values of the dynamic string tokens for one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    /// The directory of the object; unknown for an executable that cannot be found.
    pub(super) origin: Option<&'a Path>,
    pub(super) platform: &'a Platform,
    /// In a setuid program `$ORIGIN` counts at the beginning only.
    pub(super) secure: bool,
    /// In a setuid program the executable's own `$ORIGIN` must lead into a system directory.
    pub(super) is_executable: bool,
}

impl Tokens<'_> {
    /// Replaces the tokens; `None` when one has no value, which makes ld.so discard the entry.
    ///
    /// The rules are those of `_dl_dst_substitute` and `is_dst` in glibc's elf/dl-load.c.
    pub(super) fn expand(&self, text: &OsStr) -> Option<OsString> {
        let mut result = Vec::new();
        let mut rest = text.as_bytes();
        let mut has_origin = false;
        while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            result.extend(before);
            if let Some(len) = token(after, b"ORIGIN") {
                let is_whole_entry = matches!(after.get(len), None | Some(b'/'));
                if self.secure && !(result.is_empty() && is_whole_entry) {
                    return None;
                }
                has_origin = true;
                result.extend(self.origin?.as_os_str().as_bytes());
                rest = &after[len..];
            } else if let Some(len) = token(after, b"PLATFORM") {
                result.extend(self.platform.platform.bytes());
                rest = &after[len..];
            } else if let Some(len) = token(after, b"LIB") {
                result.extend(self.platform.lib.bytes());
                rest = &after[len..];
            } else {
                result.push(b'$');
                rest = after;
            }
        }
        result.extend(rest);
        let result = OsString::from_vec(result);
        if has_origin && self.secure && self.is_executable && !self.is_trusted(&result) {
            return None;
        }
        Some(result)
    }

    fn is_trusted(&self, path: &OsStr) -> bool {
        let mut normal = PathBuf::new();
        for component in Path::new(path).components() {
            match component {
                std::path::Component::ParentDir => {
                    normal.pop();
                }
                std::path::Component::CurDir => {}
                other => normal.push(other),
            }
        }
        self.platform.system_dirs.iter().any(|dir| normal.starts_with(dir))
    }
}

/// The length of `NAME` or `{NAME}` at the beginning of `text`, unless a longer identifier begins there.
fn token(text: &[u8], name: &[u8]) -> Option<usize> {
    if let Some(text) = text.strip_prefix(b"{") {
        return text.strip_prefix(name)?.starts_with(b"}").then_some(name.len() + 2);
    }
    let after = text.strip_prefix(name)?;
    let goes_on = after.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (!goes_on).then_some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, secure: bool) -> Option<String> {
        let platform = Platform {
            system_dirs: vec!["/lib64/".into()],
            lib: "lib64".to_owned(),
            platform: "haswell".to_owned(),
            hwcaps: Vec::new(),
        };
        let origin = Some(Path::new("/opt/app"));
        let tokens = Tokens { origin, platform: &platform, secure, is_executable: false };
        tokens.expand(text.as_ref()).map(|text| text.into_string().unwrap())
    }

    #[test]
    fn tokens_are_replaced_whole() {
        let cases = [
            ("$ORIGIN/../lib", "/opt/app/../lib"),
            ("${ORIGIN}x", "/opt/appx"),
            ("/a/$LIB/$PLATFORM/b", "/a/lib64/haswell/b"),
            ("$ORIGINAL/$LIB_/$", "$ORIGINAL/$LIB_/$"),
            ("${ORIGIN/$", "${ORIGIN/$"),
            ("$$LIB", "$lib64"),
        ];
        for (text, expanded) in cases {
            assert_eq!(expand(text, false).as_deref(), Some(expanded), "{text}");
        }
    }

    #[test]
    fn a_setuid_program_takes_origin_at_the_beginning_only() {
        assert_eq!(expand("$ORIGIN/lib", true).as_deref(), Some("/opt/app/lib"));
        assert_eq!(expand("/x/$ORIGIN", true), None);
        assert_eq!(expand("$ORIGINx:", true).as_deref(), Some("$ORIGINx:"));
    }

    #[test]
    fn separators() {
        let paths = |entries: &[&str]| entries.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(split_library_path("/a:/b c;:/d".as_ref()), paths(&["/a", "/b c", "", "/d"]));
        assert_eq!(split_library_path("".as_ref()), paths(&[]));
        assert_eq!(
            split_preload(" /a.so:/b.so  c.so".as_ref()),
            paths(&["/a.so", "/b.so", "c.so"])
        );
    }
}
