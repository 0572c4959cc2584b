//! From a libpython back to its interpreter.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Options;
use super::advice;
use super::error::TargetError;
use super::identify::{executable_in, id, interpreter, same_build};
use super::lead::is_missing;
use super::libpython::{self, Found, LibraryName, Refusal};
use super::model::{Linkage, Support, Sysconfig, Target, TrailEntry, Version};
use super::modules;

/// Identifies a target by its libpython. The interpreter may be gone.
pub(super) fn library(path: &Path, options: &Options) -> Result<Target, TargetError> {
    let found = libpython::read(path).map_err(|refusal| refused(path, refusal))?;
    let Some(name) = found.name.clone() else {
        let reason = "says neither in its SONAME nor in its name which version it is".to_owned();
        return Err(TargetError::NotLibpython { path: path.to_owned(), reason });
    };
    let mut trail = Vec::new();
    for (program, rule) in interpreters(path, &found, &name) {
        let verdict = match interpreter(&program, options) {
            // Not a verdict about this interpreter.
            Err(error @ TargetError::Interrupted) => return Err(error),
            verdict => verdict.map_err(|error| error.to_string()),
        };
        match verdict.and_then(|target| adopt(target, &found)) {
            Ok((mut target, reason)) => {
                trail.push(TrailEntry { path: program, rule, accepted: true, reason });
                target.trail.splice(..0, trail);
                return Ok(target);
            }
            Err(reason) => trail.push(TrailEntry { path: program, rule, accepted: false, reason }),
        }
    }
    alone(found, &name, trail)
}

fn refused(path: &Path, refusal: Refusal) -> TargetError {
    match refusal {
        Refusal::Elf(source) if is_missing(&source) => {
            TargetError::NotThere { path: path.to_owned() }
        }
        Refusal::Elf(source) => TargetError::BadLibrary { source },
        Refusal::Program => TargetError::IsProgram { path: path.to_owned() },
        Refusal::Other(reason) => TargetError::NotLibpython { path: path.to_owned(), reason },
    }
}

/// Where the interpreter may be: near the library, below the prefix that its bytes name, and in the
/// usual folders.
fn interpreters(path: &Path, found: &Found, name: &LibraryName) -> Vec<(PathBuf, String)> {
    let real = &found.library.real_path;
    let above = path.ancestors().skip(2).take(3).chain(real.ancestors().skip(2).take(3));
    let mut folders: Vec<_> =
        above.map(|folder| (folder.join("bin"), "near the libpython")).collect();
    // In a build tree both are in one folder.
    folders.extend(path.parent().map(|folder| (folder.to_owned(), "beside the libpython")));
    let compiled_in = found.paths.iter().map(|path| (path.join("bin"), "prefix compiled in"));
    folders.extend(compiled_in);
    for folder in ["/usr/bin", "/usr/local/bin"] {
        folders.push((PathBuf::from(folder), "usual folder"));
    }
    let plain = format!("python{}.{}", name.major, name.minor);
    let flagged = format!("python{}", name.tag());
    let mut seen = HashSet::new();
    let mut programs = Vec::new();
    for (folder, rule) in folders {
        for name in [&flagged, &plain] {
            let Some(program) = executable_in(&folder, name) else { continue };
            let real = fs::canonicalize(&program).unwrap_or_else(|_| program.clone());
            if seen.insert(real) {
                programs.push((program, format!("interpreter: {rule}")));
            }
        }
    }
    programs
}

/// Makes the interpreter's target that of this libpython, if it is of the same build.
fn adopt(mut target: Target, found: &Found) -> Result<(Target, String), String> {
    let Some(own) = &target.libpython else {
        return Err("has no shared libpython of its own".to_owned());
    };
    let library = &found.library;
    if !same_build(own, library) {
        let version = own.version.as_deref().unwrap_or("of an unknown version");
        return Err(format!("its libpython is another build ({version}): {}", own.path.display()));
    }
    let is_same_file = (own.device, own.inode) == (library.device, library.inode);
    let reason =
        if is_same_file { "it uses this very file" } else { "it uses a copy of this file" };
    let version = own.version.clone();
    target.libpython = Some(library.clone());
    if let Some(library) = &mut target.libpython {
        library.version = library.version.take().or(version);
    }
    if !is_same_file {
        target.libpython3 = libpython::stub_beside(&found.library.path, &target.abi_flags);
    }
    Ok((target, reason.to_owned()))
}

/// A target without an interpreter. What can be seen without one is filled in.
fn alone(found: Found, name: &LibraryName, trail: Vec<TrailEntry>) -> Result<Target, TargetError> {
    let path = found.library.path.clone();
    let unsure = |reason| TargetError::NotLibpython { path: path.clone(), reason };
    let Some(version) = found.library.version.as_deref().and_then(Version::parse) else {
        let versions: Vec<_> = found.versions.iter().map(String::as_str).collect();
        return Err(unsure(match versions.as_slice() {
            [] => "does not hold its own version, and no interpreter can be asked".to_owned(),
            several => format!(
                "holds several versions ({}), and no interpreter can be asked",
                several.join(", ")
            ),
        }));
    };
    let stdlib = stdlib(&found.paths, name, &trail);
    let prefix = stdlib.as_deref().and_then(|folder| Some(folder.parent()?.parent()?.to_owned()));
    let dynload = modules::folders(stdlib.iter().map(|folder| folder.join("lib-dynload")));
    let include =
        prefix.as_ref().map(|prefix| prefix.join("include").join(format!("python{}", name.tag())));
    let include = include.filter(|folder| folder.is_dir());
    let advice = match stdlib {
        None => Some(advice::for_missing_interpreter(&name.tag())),
        Some(_) => None,
    };
    Ok(Target {
        id: id("cpython", &version, &name.flags),
        implementation: "cpython".to_owned(),
        support: Support::of("cpython", &version),
        version,
        abi_flags: name.flags.clone(),
        free_threaded: name.flags.contains('t'),
        debug: name.flags.contains('d'),
        origin: advice::origin(&found.library.real_path, prefix.as_deref()),
        executable: None,
        reached: Vec::new(),
        libpython3: libpython::stub_beside(&path, &name.flags),
        libpython: Some(found.library),
        linkage: Linkage::LibraryOnly,
        library_path: None,
        base_prefix: prefix.clone(),
        prefix,
        is_venv: false,
        ext_suffix: None,
        stdlib,
        extension_modules: modules::list(&dynload, &[]),
        dynload,
        has_headers: include.as_ref().is_some_and(|folder| folder.join("Python.h").is_file()),
        include,
        builtin_modules: Vec::new(),
        cffi: None,
        sysconfig: Sysconfig::default(),
        trail,
        advice,
    })
}

/// The folder of the standard library, found as an embedded Python would find it: below the prefix
/// that is compiled in, by the landmark `os.py`.
fn stdlib(
    compiled_in: &BTreeSet<PathBuf>,
    name: &LibraryName,
    trail: &[TrailEntry],
) -> Option<PathBuf> {
    let folder = format!("python{}.{}", name.major, name.minor);
    // `/usr` is in the bytes of most builds; if there is an interpreter, it has been asked, and the
    // standard library there is that of another build.
    let is_others = |prefix: &Path| trail.iter().any(|entry| entry.path.starts_with(prefix));
    let prefixes = compiled_in.iter().filter(|path| path.is_dir() && !is_others(path));
    let mut folders = prefixes.flat_map(|prefix| ["lib", "lib64"].map(|lib| prefix.join(lib)));
    folders.find_map(|lib| {
        let stdlib = lib.join(&folder);
        stdlib.join("os.py").is_file().then_some(stdlib)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_of_another_build_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let stdlib_of = |prefix: &str| folder.path().join(prefix).join("lib/python3.11");
        for prefix in ["mine", "others"] {
            fs::create_dir_all(stdlib_of(prefix)).unwrap();
            fs::write(stdlib_of(prefix).join("os.py"), "").unwrap();
        }
        let name = LibraryName { major: 3, minor: 11, flags: String::new() };
        let refused = TrailEntry {
            path: folder.path().join("others/bin/python3.11"),
            rule: "interpreter: prefix compiled in".to_owned(),
            accepted: false,
            reason: "its libpython is another build".to_owned(),
        };
        let paths = |names: &[&str]| names.iter().map(|name| folder.path().join(name)).collect();
        let trail = [refused];
        let found = stdlib(&paths(&["gone", "mine", "others"]), &name, &trail);
        assert_eq!(found, Some(stdlib_of("mine")));
        assert_eq!(stdlib(&paths(&["others"]), &name, &trail), None);
        assert_eq!(stdlib(&paths(&["others"]), &name, &[]), Some(stdlib_of("others")));
    }
}
