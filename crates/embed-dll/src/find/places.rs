//! Files that may be a libpython: what lies in a folder, in a prefix, beside an interpreter.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::elf;
use super::environment;
use super::venv::{self, Venv};

/// Flags in the file names of libpython, the ordinary build first: `t` free-threaded, `d` debug.
const FLAGS: [&str; 4] = ["", "t", "d", "td"];

/// Minor versions that this crate was made for, newest first.
pub(crate) const MINORS: std::ops::RangeInclusive<u8> = 8..=15;

/// What the name of a libpython or of an interpreter tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// (major, minor).
    pub(crate) version: (u8, u8),
    /// `t`, `d`, `td` or nothing.
    pub(crate) flags: String,
}

impl Named {
    /// "libpython3.13td.so.1.0" → 3.13 and "td".
    pub(crate) fn library(name: &OsStr) -> Option<Named> {
        let (stem, rest) = name.to_str()?.strip_prefix("libpython")?.split_once(".so")?;
        (rest.is_empty() || rest.starts_with('.')).then(|| Named::stem(stem))?
    }

    /// "python3.13t" → 3.13 and "t".
    pub(crate) fn interpreter(name: &OsStr) -> Option<Named> {
        Named::stem(name.to_str()?.strip_prefix("python")?)
    }

    fn stem(stem: &str) -> Option<Named> {
        let digits = stem.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let version = venv::version(digits)?;
        Some(Named { version, flags: stem[digits.len()..].to_owned() })
    }

    /// "libpython3.13td.so.1.0": the name under which ld.so knows it.
    pub(crate) fn soname(&self) -> String {
        format!("libpython{}.{}{}.so.1.0", self.version.0, self.version.1, self.flags)
    }
}

/// The sonames that ld.so is asked for: newest first, unusual builds last.
pub(crate) fn sonames() -> impl Iterator<Item = String> {
    FLAGS.iter().flat_map(|flags| {
        MINORS.rev().map(|minor| Named { version: (3, minor), flags: (*flags).into() }.soname())
    })
}

/// Every libpython 3 in a folder: newest first, ordinary builds before others.
pub(crate) fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(Named, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let named = Named::library(&name).filter(|named| named.version.0 == 3)?;
            Some((named, name.into_string().ok()?))
        })
        .collect();
    // `libpython3.11.so` and `libpython3.11.so.1.0` are one library: the longer name is the one
    // that does not depend on the package for developers.
    found.sort_by(|(a, a_name), (b, b_name)| {
        let rank = |named: &Named| FLAGS.iter().position(|flags| *flags == named.flags);
        (rank(a), b.version, b_name).cmp(&(rank(b), a.version, a_name))
    });
    found.dedup_by(|(a, _), (b, _)| a == b);
    found.into_iter().map(|(_, name)| folder.join(name)).collect()
}

/// Where the libpython of a prefix may be: first of the version and build that is `wanted`.
pub(crate) fn in_prefix(prefix: &Path, wanted: Option<&Named>) -> Vec<PathBuf> {
    let multiarch = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    let folders = ["lib", "lib64", &multiarch].map(|folder| prefix.join(folder));
    let wanted = wanted.map_or_else(|| stdlibs(prefix), |wanted| vec![wanted.clone()]);
    let mut found = Vec::new();
    for named in wanted {
        let mut flags = FLAGS.to_vec();
        // A stable sort: what is wanted comes first, the others stay in their order.
        flags.sort_by_key(|flags| *flags != named.flags);
        for flags in flags {
            let soname = Named { flags: flags.to_owned(), ..named.clone() }.soname();
            let short = soname.trim_end_matches(".1.0");
            let names = [soname.as_str(), short];
            found.extend(folders.iter().filter_map(|folder| {
                names.map(|name| folder.join(name)).into_iter().find(|file| file.exists())
            }));
        }
    }
    found
}

/// The versions whose standard library is in a prefix, newest first.
fn stdlibs(prefix: &Path) -> Vec<Named> {
    let mut found: Vec<Named> = ["lib", "lib64"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(prefix.join(folder)).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| Named::interpreter(&entry.file_name()))
        .filter(|named| named.version.0 == 3)
        .collect();
    found.sort_by(|a, b| (b.version, &a.flags).cmp(&(a.version, &b.flags)));
    found.dedup();
    found
}

/// Files that may be the libpython that is meant.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// The best first.
    pub(crate) files: Vec<PathBuf>,
    /// The virtual environment that led to them.
    pub(crate) venv: Option<Venv>,
}

impl Candidates {
    /// Of the interpreter that a virtual environment was made from.
    pub(crate) fn of_venv(venv: Venv) -> Candidates {
        let wanted = venv.version.map(|version| Named { version, flags: String::new() });
        let mut files = in_prefix(&venv.base(), wanted.as_ref());
        // That interpreter may be an unusual build, or elsewhere.
        if let Ok(interpreter) = Interpreter::of(&venv.python()) {
            files.splice(0..0, interpreter.libraries());
        }
        Candidates { files, venv: Some(venv) }
    }

    /// Of an interpreter, which may be that of a virtual environment.
    ///
    /// # Errors
    ///
    /// Why it leads nowhere.
    pub(crate) fn of_interpreter(path: &Path) -> Result<Candidates, String> {
        let interpreter = Interpreter::of(path)?;
        Ok(Candidates { files: interpreter.libraries(), venv: interpreter.venv })
    }
}

/// What a person may give: a libpython, a folder that has one, a prefix, a virtual environment, or
/// an interpreter.
///
/// # Errors
///
/// Why an interpreter leads nowhere.
pub(crate) fn given(path: &Path) -> Result<Candidates, String> {
    if path.is_dir() {
        if let Ok(venv) = Venv::read(path) {
            return Ok(Candidates::of_venv(venv));
        }
        let mut files = in_folder(path);
        files.extend(in_folder(&path.join("lib")));
        files.extend(in_prefix(path, None));
        return Ok(Candidates { files, venv: None });
    }
    let is_interpreter = path
        .file_name()
        .and_then(OsStr::to_str)
        .is_some_and(|name| name.starts_with("python") && !name.contains(".so"));
    if is_interpreter {
        return Candidates::of_interpreter(path);
    }
    Ok(Candidates { files: vec![path.to_owned()], venv: None })
}

/// A Python executable.
#[derive(Debug)]
struct Interpreter {
    prefix: PathBuf,
    named: Option<Named>,
    /// The virtual environment that it was found in.
    venv: Option<Venv>,
}

impl Interpreter {
    /// Follows links, shims and virtual environments to the real one. Nothing is executed.
    ///
    /// # Errors
    ///
    /// Why that cannot be done.
    fn of(path: &Path) -> Result<Interpreter, String> {
        let mut found = path.to_owned();
        let mut real = path.canonicalize().map_err(|error| error.to_string())?;
        if !elf::is_elf(&real).map_err(|error| error.to_string())? {
            (found, real) =
                pyenv(path).ok_or("is a script, and no program is run to ask where it leads")?;
        }
        // As CPython does: where the interpreter was found counts, not where its link leads.
        let venv = found.parent().and_then(Path::parent).and_then(|up| Venv::read(up).ok());
        let name = real.file_name().unwrap_or_default();
        if !name.as_encoded_bytes().starts_with(b"python") {
            return Err(format!("leads to {}, which is no Python", real.display()));
        }
        let named = Named::interpreter(name);
        let prefix = real.parent().and_then(Path::parent).ok_or("has no prefix")?.to_owned();
        // Made with `--copies`: a real file, but the prefix has no libpython.
        match Venv::read(&prefix) {
            Ok(base) => {
                let named =
                    named.or_else(|| Some(Named { version: base.version?, flags: String::new() }));
                Ok(Interpreter { prefix: base.base(), named, venv })
            }
            Err(_) => Ok(Interpreter { prefix, named, venv }),
        }
    }

    /// Where its libpython may be.
    fn libraries(&self) -> Vec<PathBuf> {
        let mut found = in_prefix(&self.prefix, self.named.as_ref());
        found.extend(self.named.as_ref().map(|named| PathBuf::from(named.soname())));
        found
    }
}

/// Follows a shim of pyenv, by the rules of `pyenv version-name` as far as files and `PYENV_VERSION`
/// decide: the interpreter that it runs, and where that one's links lead.
fn pyenv(shim: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = shim.parent().filter(|folder| folder.ends_with("shims"))?;
    let root = folder.parent()?;
    let versions = root.join("versions");
    let chosen = match environment::variable(c"PYENV_VERSION") {
        Some(chosen) => chosen.into_string().ok()?.replace(':', "\n"),
        None => std::env::current_dir()
            .ok()
            .into_iter()
            .flat_map(|current| {
                current.ancestors().map(|folder| folder.join(".python-version")).collect::<Vec<_>>()
            })
            .chain([root.join("version")])
            .find_map(|file| std::fs::read_to_string(file).ok())?,
    };
    let name = shim.file_name()?;
    chosen.split_whitespace().map(|version| versions.join(version).join("bin").join(name)).find_map(
        |python| {
            let real =
                python.canonicalize().ok().filter(|real| elf::is_elf(real).unwrap_or(false))?;
            Some((python, real))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{Named, in_folder, sonames};
    use std::ffi::OsStr;

    fn named(minor: u8, flags: &str) -> Named {
        Named { version: (3, minor), flags: flags.to_owned() }
    }

    #[test]
    fn names_tell_version_and_build() {
        let library = |name: &str| Named::library(OsStr::new(name));
        assert_eq!(library("libpython3.13td.so.1.0"), Some(named(13, "td")));
        assert_eq!(library("libpython3.8.so"), Some(named(8, "")));
        assert_eq!(library("libpython3.so"), None);
        assert_eq!(library("libpython3.11.a"), None);
        assert_eq!(library("libpython3.11.sox"), None);
        assert_eq!(Named::interpreter(OsStr::new("python3.13t")), Some(named(13, "t")));
        assert_eq!(Named::interpreter(OsStr::new("python3")), None);
        assert_eq!(Named::interpreter(OsStr::new("python3.11-config")), None);
    }

    #[test]
    fn ld_so_is_asked_for_the_newest_ordinary_build_first() {
        let names: Vec<String> = sonames().collect();
        assert_eq!(names.first().map(String::as_str), Some("libpython3.15.so.1.0"));
        assert_eq!(names[7], "libpython3.8.so.1.0");
        assert_eq!(names[8], "libpython3.15t.so.1.0");
    }

    #[test]
    fn a_folder_gives_each_library_once_and_the_newest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = [
            "libpython3.9.so",
            "libpython3.9.so.1.0",
            "libpython3.13d.so.1.0",
            "libpython3.10.so.1.0",
            "libpython2.7.so.1.0",
            "libpython3.so",
            "other",
        ];
        for name in files {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        let found: Vec<_> = in_folder(folder.path())
            .into_iter()
            .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
            .collect();
        assert_eq!(found, ["libpython3.10.so.1.0", "libpython3.9.so.1.0", "libpython3.13d.so.1.0"]);
    }
}
