//! Where the libpython of an interpreter may be, and the trail of what was found there.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::elf::Elf;

use super::interrogate::Answer;
use super::libpython::{self, Found, Wanted};
use super::model::TrailEntry;
use super::needed;

/// A path with the rule that it comes from.
type Place = (PathBuf, String);

/// Looks for the libpython of an interpreter: the first candidate that fits.
pub(super) fn search(
    interpreter: &Elf,
    answer: &Answer,
    library_path: Option<&Path>,
    wanted: &Wanted,
) -> (Vec<TrailEntry>, Option<Found>) {
    let mut trail = Vec::new();
    let mut accepted: Option<Found> = None;
    for (path, rules) in by_path(places(interpreter, answer, library_path, wanted)) {
        let rule = rules.join("; ");
        if let Some(found) = &accepted {
            let (accepted, reason) = after(found, &path);
            trail.push(TrailEntry { path, rule, accepted, reason: reason.to_owned() });
            continue;
        }
        let (is_it, reason) = match look(&path, interpreter, answer, wanted) {
            Ok(found) => {
                let reason = describe(&found);
                accepted = Some(found);
                (true, reason)
            }
            Err(reason) => (false, reason),
        };
        trail.push(TrailEntry { path, rule, accepted: is_it, reason });
    }
    (trail, accepted)
}

/// Each path once, in the order of its first rule, with all its rules.
fn by_path(places: Vec<Place>) -> Vec<(PathBuf, Vec<String>)> {
    let mut paths: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for (path, rule) in places {
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, rules)) => rules.push(rule),
            None => paths.push((path, vec![rule])),
        }
    }
    paths
}

fn look(path: &Path, interpreter: &Elf, answer: &Answer, wanted: &Wanted) -> Result<Found, String> {
    let mut found = libpython::read(path).map_err(|refusal| refusal.reason(path))?;
    libpython::agree(&mut found, wanted)?;
    // A static interpreter that was configured without a shared library can still meet one of its own
    // version: the distribution's. That is another installation, with other modules.
    let shared = interpreter.needs_libpython() || config(answer, "Py_ENABLE_SHARED") == Some("1");
    if !shared && !is_own(answer, &found.library.real_path) {
        return Err("belongs to another installation: the interpreter was built without a shared \
                    library, and this one is outside its prefix"
            .to_owned());
    }
    Ok(found)
}

fn is_own(answer: &Answer, library: &Path) -> bool {
    let prefix = answer.base_prefix.path();
    let prefix = fs::canonicalize(&prefix).unwrap_or(prefix);
    library.starts_with(prefix)
}

/// What there is to say about a place once the library is known: enough to notice a second one.
fn after(found: &Found, path: &Path) -> (bool, &'static str) {
    let Ok(metadata) = fs::metadata(path) else { return (false, "not there") };
    if (metadata.dev(), metadata.ino()) == (found.library.device, found.library.inode) {
        return (true, "the same file");
    }
    (false, "another file; the accepted one came first")
}

fn describe(found: &Found) -> String {
    let soname = found.library.soname.as_deref().unwrap_or("no SONAME");
    let version = found.library.version.as_deref().unwrap_or("of an unknown patch release");
    format!("shared library for this machine, {soname}, defines Py_Initialize, is {version}")
}

/// Every place, the most telling first.
fn places(
    interpreter: &Elf,
    answer: &Answer,
    library_path: Option<&Path>,
    wanted: &Wanted,
) -> Vec<Place> {
    let mut places = Vec::new();
    if interpreter.needs_libpython() {
        // ld.so has decided, so that nothing else matters; the prediction should be the same.
        let mapped = answer.mapped.iter().map(|path| (path.path(), "mapped by the interpreter"));
        places.extend(mapped.map(|(path, rule)| (path, rule.to_owned())));
        places.extend(needed::predict(interpreter, library_path));
    }
    // An installation that was moved (a build root, python-build-standalone) still states its old
    // LIBDIR, where there may be a library of the same name that is not its own.
    let prefix = answer.base_prefix.path();
    let libdir = config(answer, "LIBDIR").map(PathBuf::from);
    let moved = libdir.as_ref().is_some_and(|libdir| !libdir.starts_with(&prefix));
    if moved {
        places.extend(in_prefix(interpreter, answer, wanted));
        places.extend(configured(answer));
    } else {
        places.extend(configured(answer));
        places.extend(in_prefix(interpreter, answer, wanted));
    }
    places.extend(needed::cached(&soname(answer, wanted)));
    places
}

/// The places that sysconfig states.
fn configured(answer: &Answer) -> Vec<Place> {
    let join = |variable: &str, folder: &str| {
        let path = Path::new(config(answer, folder)?).join(config(answer, variable)?);
        Some((path, format!("{variable} in {folder}")))
    };
    let pairs = [
        ("INSTSONAME", "LIBDIR"),
        ("LDLIBRARY", "LIBDIR"),
        ("INSTSONAME", "LIBPL"),
        ("LDLIBRARY", "LIBPL"),
    ];
    pairs.iter().filter_map(|(variable, folder)| join(variable, folder)).collect()
}

/// The usual folders below the prefix, and beside the interpreter's.
fn in_prefix(interpreter: &Elf, answer: &Answer, wanted: &Wanted) -> Vec<Place> {
    let prefix = answer.base_prefix.path();
    let mut folders =
        vec![(prefix.join("lib"), "prefix/lib"), (prefix.join("lib64"), "prefix/lib64")];
    if let Some(multiarch) = config(answer, "MULTIARCH") {
        folders.push((prefix.join("lib").join(multiarch), "multiarch folder in prefix/lib"));
    }
    let beside = interpreter.path.parent().and_then(Path::parent);
    folders
        .extend(beside.map(|folder| (folder.join("lib"), "lib beside the interpreter's folder")));
    let soname = soname(answer, wanted);
    let place = |(folder, rule): (PathBuf, &str)| (folder.join(&soname), rule.to_owned());
    folders.into_iter().map(place).collect()
}

/// The file name of the library. INSTSONAME states it, unless there was no shared library when the
/// interpreter was configured: then it names the archive.
fn soname(answer: &Answer, wanted: &Wanted) -> String {
    let stated = config(answer, "INSTSONAME").filter(|name| name.contains(".so"));
    stated.map(str::to_owned).unwrap_or_else(|| {
        let Wanted { version, flags } = wanted;
        format!("libpython{}.{}{flags}.so.1.0", version.major, version.minor)
    })
}

fn config<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.configuration.get(name)?.0.to_str().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::env::Caller;
    use crate::target::{Libpython, Options, Version, discover};

    /// An interpreter without a shared libpython, as it would answer with this prefix.
    fn answer(prefix: &Path, version: &Version, enable_shared: &str) -> Answer {
        let series = format!("{}.{}", version.major, version.minor);
        let lib = prefix.join("lib");
        let answer = json!({
            "implementation": "cpython",
            "version": [version.major, version.minor, version.micro, "final", 0],
            "abi_flags": "",
            "debug": false,
            "prefix": prefix,
            "base_prefix": prefix,
            "path": [],
            "builtins": [],
            "suffixes": [],
            "configuration": {
                "INSTSONAME": format!("libpython{series}.a"),
                "LDLIBRARY": format!("libpython{series}.a"),
                "LIBDIR": lib,
                "LIBPL": lib.join("config"),
                "Py_ENABLE_SHARED": enable_shared,
            },
            "paths": {},
            "mapped": [],
            "modules": {},
        });
        serde_json::from_value(answer).unwrap()
    }

    fn a_libpython() -> Option<(Libpython, Version)> {
        let caller = Caller::from_process();
        let targets = discover(&caller, &Options::default()).targets;
        let is_usable = |flags: &str, version: &Version| flags.is_empty() && version.major == 3;
        let found = targets.into_iter().find_map(|target| {
            let is_usable = is_usable(&target.abi_flags, &target.version);
            Some((target.libpython.filter(|_| is_usable)?, target.version))
        });
        assert!(found.is_some() || !caller.require_all, "there is no libpython on this machine");
        found
    }

    fn entry<'a>(trail: &'a [TrailEntry], name: &str) -> &'a TrailEntry {
        let is_it = |entry: &&TrailEntry| entry.path.ends_with(name);
        trail.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {trail:?}"))
    }

    /// This very program stands for a static interpreter: it needs no libpython.
    fn search_below(
        prefix: &Path,
        version: &Version,
        enable_shared: &str,
    ) -> (Vec<TrailEntry>, Option<Found>) {
        let interpreter = Elf::read(&std::env::current_exe().unwrap()).unwrap();
        let answer = answer(prefix, version, enable_shared);
        let wanted = Wanted { version: version.clone(), flags: String::new() };
        search(&interpreter, &answer, None, &wanted)
    }

    #[test]
    fn a_static_archive_and_an_empty_folder_are_no_libpython() {
        let folder = tempfile::tempdir().unwrap();
        let version = Version::parse("3.4.99").unwrap();
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join("lib/libpython3.4.a"), "!<arch>\n").unwrap();
        let (trail, found) = search_below(folder.path(), &version, "0");
        assert!(found.is_none() && trail.iter().all(|entry| !entry.accepted));
        let archive = entry(&trail, "lib/libpython3.4.a");
        assert!(archive.reason.contains("static library"), "{}", archive.reason);
        assert_eq!(archive.rule, "INSTSONAME in LIBDIR; LDLIBRARY in LIBDIR");
        assert_eq!(entry(&trail, "lib/libpython3.4.so.1.0").reason, "not there");
    }

    #[test]
    fn the_library_of_another_installation_is_refused() {
        let Some((library, version)) = a_libpython() else { return };
        let folder = tempfile::tempdir().unwrap();
        let name = format!("libpython{}.{}.so.1.0", version.major, version.minor);
        let place = folder.path().join("lib").join(&name);
        fs::create_dir(folder.path().join("lib")).unwrap();
        std::os::unix::fs::symlink(&library.real_path, &place).unwrap();
        let (trail, found) = search_below(folder.path(), &version, "0");
        assert!(found.is_none());
        assert!(entry(&trail, &name).reason.contains("another installation"), "{trail:?}");

        // One that was configured with a shared library may have it elsewhere, as on Debian.
        let (_, found) = search_below(folder.path(), &version, "1");
        assert_eq!(found.map(|found| found.library.inode), Some(library.inode));

        let next = Version { micro: version.micro + 1, ..version.clone() };
        let (trail, found) = search_below(folder.path(), &next, "1");
        assert!(found.is_none());
        let reason = &entry(&trail, &name).reason;
        assert!(reason.contains(&format!("is {version}, the interpreter is {next}")), "{reason}");

        // Inside the prefix it is the interpreter's own, whatever sysconfig says: conda does this.
        fs::remove_file(&place).unwrap();
        fs::copy(&library.real_path, &place).unwrap();
        let (trail, found) = search_below(folder.path(), &version, "0");
        assert!(found.is_some(), "{trail:?}");
    }
}
