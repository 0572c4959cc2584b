//! Is a file the libpython that is wanted? Files are read, never loaded.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use regex::bytes::Regex;

use crate::elf::{Elf, ElfError, Kind};

use super::lead::is_missing;
use super::model::{Libpython, StableStub, Version};

/// More than any libpython has, its debugging information included.
const SIZE_LIMIT: u64 = 512 << 20;

/// What an interpreter demands of its libpython.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) version: Version,
    /// As in the name of the library: `m`, `d`, `t` or several.
    pub(super) flags: String,
}

/// A shared library that is a libpython.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) library: Libpython,
    pub(super) name: Option<LibraryName>,
    /// Every version of the right series that its bytes name.
    pub(super) versions: BTreeSet<String>,
    /// Every absolute path that its bytes name: the prefix it was configured with is one.
    pub(super) paths: BTreeSet<PathBuf>,
}

/// The parts of `libpython3.13t.so.1.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LibraryName {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// `m`, `d`, `t` or several.
    pub(crate) flags: String,
}

impl LibraryName {
    /// Reads a file name or SONAME. `libpython3.so`, the stub, has no minor version: `None`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (stem, rest) = name.strip_prefix("libpython")?.split_once(".so")?;
        if !(rest.is_empty() || rest.starts_with('.')) {
            return None;
        }
        let (major, rest) = stem.split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        // Debian's debug build of 2.7 is called `libpython2.7_d.so.1.0`.
        let flags = rest[end..].trim_start_matches('_');
        let known = flags.chars().all(|flag| matches!(flag, 'd' | 'm' | 't' | 'u'));
        known.then_some(())?;
        Some(Self {
            major: major.parse().ok()?,
            minor: rest[..end].parse().ok()?,
            flags: flags.to_owned(),
        })
    }

    /// The series and flags as an interpreter's file name has them: `3.13t`.
    pub(crate) fn tag(&self) -> String {
        format!("{}.{}{}", self.major, self.minor, self.flags)
    }
}

/// Why a file is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It cannot be read as ELF, or is for another machine.
    Elf(ElfError),
    /// It is a program.
    Program,
    /// Anything else, as a fragment with the file as its subject.
    Other(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Other(reason)
    }
}

impl Refusal {
    /// A fragment with the file as its subject, which is named beside it.
    pub(super) fn reason(&self, path: &Path) -> String {
        match self {
            Self::Other(reason) => reason.clone(),
            Self::Program => "is a program, not a shared library".to_owned(),
            Self::Elf(error) if is_missing(error) => "not there".to_owned(),
            Self::Elf(error) => {
                let text = error.to_string();
                let subject = format!("`{}` ", path.display());
                text.strip_prefix(&subject).map(str::to_owned).unwrap_or(text)
            }
        }
    }
}

/// Reads a file and says what libpython it is.
pub(super) fn read(path: &Path) -> Result<Found, Refusal> {
    let elf = Elf::read(path).map_err(Refusal::Elf)?;
    elf.require_this_machine().map_err(Refusal::Elf)?;
    match elf.kind {
        Kind::SharedLibrary => {}
        Kind::Executable | Kind::PositionIndependentExecutable => return Err(Refusal::Program),
        Kind::Other => return Err("is not a shared library".to_owned().into()),
    }
    // The only two that every version since 2.3 has and every embedder calls one of.
    if !(elf.defines("Py_InitializeEx") && elf.defines("Py_Initialize")) {
        let stub = elf.needs_libpython();
        let stub = if stub { " (it only leads to another library)" } else { "" };
        return Err(format!("does not define Py_Initialize{stub}").into());
    }
    let real_path = fs::canonicalize(path).map_err(|error| error.to_string())?;
    let metadata = fs::metadata(&real_path).map_err(|error| error.to_string())?;
    let file_name =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let names = [elf.soname.clone(), file_name(&real_path), file_name(path)];
    let name = names.into_iter().flatten().find_map(|name| LibraryName::parse(&name));
    let (versions, paths) = match &name {
        Some(name) => texts(&bytes(&real_path)?, name),
        None => Default::default(),
    };
    let only = if versions.len() == 1 { versions.first().cloned() } else { None };
    let library = Libpython {
        path: path.to_owned(),
        real_path,
        soname: elf.soname,
        device: metadata.dev(),
        inode: metadata.ino(),
        build_id: elf.build_id,
        version: only,
    };
    Ok(Found { library, name, versions, paths })
}

/// What a libpython says about itself as a file; nobody is asked. The error is a fragment with the file as
/// its subject.
pub(crate) fn describe(path: &Path) -> Result<(Libpython, Option<LibraryName>), String> {
    match read(path) {
        Ok(found) => Ok((found.library, found.name)),
        Err(refusal) => Err(refusal.reason(path)),
    }
}

/// Whether this libpython is of the same build as the interpreter, as far as names and versions tell.
pub(super) fn agree(found: &mut Found, wanted: &Wanted) -> Result<(), String> {
    let version = &wanted.version;
    if let Some(name) = &found.name {
        if (name.major, name.minor) != (version.major, version.minor) {
            let (major, minor) = (name.major, name.minor);
            return Err(format!("is for Python {major}.{minor}, the interpreter is {version}"));
        }
        if !same_letters(&name.flags, &wanted.flags) {
            return Err(format!(
                "is of another flavour: ABI flags `{}`, the interpreter has `{}`",
                name.flags, wanted.flags
            ));
        }
    }
    let full = version.to_string();
    if found.versions.contains(&full) {
        // A prefix such as `/opt/python-3.11.4` can make the bytes name two versions.
        found.library.version = Some(full);
    } else if !found.versions.is_empty() {
        let there: Vec<_> = found.versions.iter().map(String::as_str).collect();
        return Err(format!("is {}, the interpreter is {full}", there.join(" or ")));
    }
    Ok(())
}

fn same_letters(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<BTreeSet<_>>();
    letters(one) == letters(other)
}

/// `libpython3.so` in the same folder; a free-threaded build calls it `libpython3t.so`.
pub(super) fn stub_beside(library: &Path, flags: &str) -> Option<StableStub> {
    let name = if flags.contains('t') { "libpython3t.so" } else { "libpython3.so" };
    let path = library.parent()?.join(name);
    let elf = Elf::read(&path).ok()?;
    Some(StableStub { path, exports: elf.definitions().len(), needed: elf.needed })
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(SIZE_LIMIT).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The versions of one series, and the absolute paths, that the bytes of a library hold as C strings.
///
/// `PY_VERSION` is one of them, the configured prefix is another. The linker stores a string that is
/// the end of another one only there, as in `/opt/pythons/3.11.7`, so a version is also looked for
/// at the end of longer strings, but only if none stands by itself.
fn texts(bytes: &[u8], name: &LibraryName) -> (BTreeSet<String>, BTreeSet<PathBuf>) {
    let version =
        format!(r"{}\.{}\.[0-9]{{1,3}}(?:(?:a|b|rc)[0-9]{{1,3}})?\+?", name.major, name.minor);
    let collect = |pattern: &str| -> BTreeSet<String> {
        // The patterns are fixed but for two numbers.
        let Ok(regex) = Regex::new(pattern) else { return BTreeSet::new() };
        let found = regex.captures_iter(bytes).filter_map(|captures| captures.get(1));
        found.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned()).collect()
    };
    let plain = |versions: BTreeSet<String>| -> BTreeSet<String> {
        versions.iter().filter_map(|text| Some(Version::parse(text)?.to_string())).collect()
    };
    let mut versions = plain(collect(&format!(r"(?-u)\x00({version})\x00")));
    if versions.is_empty() {
        versions = plain(collect(&format!(r"(?-u)[^0-9.]({version})\x00")));
    }
    // Printable, and begun with a name: `//.` is a path, too, but nobody's prefix.
    let paths = collect(r"(?-u)\x00(/[0-9A-Za-z_.\x80-\xff][\x20-\x7e\x80-\xff]{1,254})\x00");
    (versions, paths.into_iter().map(PathBuf::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let tag = |name| LibraryName::parse(name).map(|name| name.tag());
        assert_eq!(tag("libpython3.11.so.1.0").as_deref(), Some("3.11"));
        assert_eq!(tag("libpython3.7m.so").as_deref(), Some("3.7m"));
        assert_eq!(tag("libpython3.13td.so.1.0").as_deref(), Some("3.13td"));
        assert_eq!(tag("libpython2.7_d.so.1.0").as_deref(), Some("2.7d"));
        for name in ["libpython3.so", "libpython3.11.a", "libpython3.11x.so", "libpython3.1.1.so"] {
            assert_eq!(tag(name), None, "{name}");
        }
    }

    fn versions(bytes: &[u8]) -> Vec<String> {
        let name = LibraryName::parse("libpython3.11.so").unwrap();
        texts(bytes, &name).0.into_iter().collect()
    }

    #[test]
    fn a_version_is_found_by_itself_or_at_the_end_of_another_string() {
        assert_eq!(versions(b"x\x003.11.7\0y"), ["3.11.7"]);
        assert_eq!(versions(b"\0/opt/3.11.7\0"), ["3.11.7"]);
        assert_eq!(versions(b"\0/opt/python-3.11.4\x003.11.7\0"), ["3.11.7"]);
        assert_eq!(versions(b"\x003.11.0rc2\x003.12.1\x0013.11.9\x003.11\0"), ["3.11.0rc2"]);
        assert!(versions(b"\x003.11.7").is_empty());
    }

    fn found(name: &str, versions: &[&str]) -> Found {
        Found {
            library: Libpython {
                path: PathBuf::new(),
                real_path: PathBuf::new(),
                soname: None,
                device: 0,
                inode: 0,
                build_id: None,
                version: None,
            },
            name: LibraryName::parse(name),
            versions: versions.iter().map(|&text| text.to_owned()).collect(),
            paths: BTreeSet::new(),
        }
    }

    #[test]
    fn another_version_or_flavour_is_refused() {
        let version = Version::parse("3.13.0").unwrap();
        let wanted = Wanted { version, flags: "t".to_owned() };
        let agree = |name, versions: &[&str]| agree(&mut found(name, versions), &wanted);
        assert_eq!(agree("libpython3.13t.so.1.0", &["3.13.0"]), Ok(()));
        assert_eq!(agree("libpython3.13t.so.1.0", &[]), Ok(()));
        assert!(agree("libpython3.13.so.1.0", &["3.13.0"]).unwrap_err().contains("flavour"));
        assert!(agree("libpython3.12t.so.1.0", &[]).unwrap_err().contains("for Python 3.12"));
        assert!(agree("libpython3.13t.so.1.0", &["3.13.1"]).unwrap_err().contains("is 3.13.1"));
    }
}
