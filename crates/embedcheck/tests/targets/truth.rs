//! What is said about the interpreters of this machine is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::elf::Elf;
use embedcheck::target::{Linkage, Style, Support, Target};

use crate::{ask, here, python3};

fn interpreters() -> impl Iterator<Item = &'static Target> {
    here().targets.iter().filter(|t| t.executable.is_some() && t.implementation == "cpython")
}

/// What ld.so has mapped for a process of the interpreter.
fn mapped(target: &Target) -> BTreeSet<PathBuf> {
    let script = "import sys; sys.stdout.write(open('/proc/self/maps').read())";
    let maps = ask(target, script);
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let paths = paths.filter(|path| path.contains("libpython")).map(PathBuf::from);
    paths.collect()
}

#[test]
fn each_libpython_is_the_one_that_the_interpreter_runs_on() {
    if python3().is_none() {
        return;
    }
    for target in interpreters() {
        let mapped = mapped(target);
        match (&target.linkage, &target.libpython) {
            (Linkage::ExecutableLinked, Some(library)) => {
                assert_eq!(mapped, BTreeSet::from([library.real_path.clone()]), "{}", target.id);
            }
            (Linkage::StaticWithShared | Linkage::StaticOnly, _) => {
                assert!(mapped.is_empty(), "{} has {mapped:?}", target.id);
                let elf = Elf::read(target.executable.as_ref().unwrap()).unwrap();
                assert!(!elf.needs_libpython() && elf.defines("Py_Initialize"), "{}", target.id);
            }
            other => panic!("{}: {other:?}", target.id),
        }
    }
}

#[test]
fn each_libpython_says_the_version_of_its_interpreter() {
    if python3().is_none() {
        return;
    }
    for target in interpreters() {
        let Some(library) = &target.libpython else { continue };
        let script = format!(
            "import ctypes\n\
             library = ctypes.CDLL({:?})\n\
             library.Py_GetVersion.restype = ctypes.c_char_p\n\
             print(library.Py_GetVersion().decode('ascii').split()[0])",
            library.real_path.display().to_string()
        );
        let said = ask(target, &script);
        // A build between two releases says `3.12.0a7+`.
        let said = said.trim().trim_end_matches('+');
        assert_eq!(said, target.version.to_string(), "{}", target.id);
        assert_eq!(library.version.as_deref(), Some(said), "{}", target.id);
    }
}

#[test]
fn what_the_interpreter_says_itself_is_reported() {
    if python3().is_none() {
        return;
    }
    for target in interpreters() {
        let script = "import sys, sysconfig\n\
            print(sys.prefix)\n\
            print(getattr(sys, 'abiflags', ''))\n\
            print(sysconfig.get_config_var('EXT_SUFFIX') or sysconfig.get_config_var('SO'))\n\
            print(sysconfig.get_paths()['stdlib'])\n\
            print(len(sys.builtin_module_names))";
        let said = ask(target, script);
        let path = |path: &Option<PathBuf>| path.as_ref().unwrap().display().to_string();
        let expected = [
            path(&target.prefix),
            target.abi_flags.clone(),
            target.ext_suffix.clone().unwrap(),
            path(&target.stdlib),
            target.builtin_modules.len().to_string(),
        ];
        assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{}", target.id);
    }
}

#[test]
fn every_extension_module_is_a_file_that_the_interpreter_would_import() {
    if python3().is_none() {
        return;
    }
    for target in interpreters() {
        // python-build-standalone has everything built in.
        let Some(folder) = target.dynload.first() else { continue };
        assert!(!target.extension_modules.is_empty(), "{}", target.id);
        let names: Vec<_> = target.extension_modules.iter().map(|m| m.name.as_str()).collect();
        // `pkgutil` knows what is importable; it reads names, not files.
        let script = format!(
            "import pkgutil\n\
             for _, name, _ in pkgutil.iter_modules([{:?}]): print(name)",
            folder.display().to_string()
        );
        let said = ask(target, &script);
        let said: BTreeSet<_> = said.lines().collect();
        assert_eq!(said, names.iter().copied().collect(), "{}", target.id);
        let needing = target.modules_needing_libpython();
        // CPython issue 36721: since 3.8 extension modules are not linked to libpython.
        let expected = if target.support == Support::LoadingOnly { names.len() } else { 0 };
        if target.origin == embedcheck::target::Origin::Pyenv {
            assert_eq!(needing, expected, "{}", target.id);
        }
    }
}

#[test]
fn debian_is_a_static_executable_with_a_shared_library() {
    let is_debian = Path::new("/etc/debian_version").exists();
    let debian = crate::some_target("Debian python3 with its libpython3.X", |target| {
        let path = target.executable.as_deref().unwrap_or(Path::new(""));
        is_debian && path.starts_with("/usr/bin") && target.libpython.is_some()
    });
    let Some(target) = debian else { return };
    assert_eq!(target.linkage, Linkage::StaticWithShared);
    let library = target.libpython.as_ref().unwrap();
    assert!(library.real_path.starts_with("/usr/lib"), "{}", library.real_path.display());
}

#[test]
fn the_trail_ends_at_the_library_and_gives_a_reason_for_everything() {
    if python3().is_none() {
        return;
    }
    for target in interpreters() {
        let accepted = target.trail.iter().find(|entry| entry.accepted);
        assert_eq!(
            accepted.map(|entry| &entry.path),
            target.libpython.as_ref().map(|library| &library.path),
            "{}",
            target.id
        );
        assert!(target.trail.iter().all(|e| !e.reason.is_empty() && !e.rule.is_empty()));
        let rules: Vec<_> = target.trail.iter().map(|entry| entry.rule.as_str()).collect();
        let rules = rules.join("; ");
        assert!(rules.contains("INSTSONAME in LIBDIR") && rules.contains("LIBPL"), "{rules}");
        // What ld.so does and what the files let expect of it are one and the same.
        if target.linkage == Linkage::ExecutableLinked && target.library_path.is_none() {
            let is_both = |rule: &str| rule.contains("mapped") && rule.contains("DT_NEEDED");
            let by_file = target.trail.iter().filter(|entry| entry.accepted);
            let by_file: Vec<_> = by_file.map(|entry| entry.rule.as_str()).collect();
            assert!(is_both(&by_file.join("; ")), "{}: {:?}", target.id, target.trail);
        }
    }
}

#[test]
fn the_list_is_one_document_and_one_text() {
    let json = serde_json::to_value(here()).unwrap();
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(here().targets.len()));
    let mut text = String::new();
    here().write(&mut text, &Style { width: 100, verbose: true }).unwrap();
    let ids: BTreeSet<_> = here().targets.iter().map(|target| target.id.as_str()).collect();
    assert_eq!(ids.len(), here().targets.len(), "ids are unique");
    assert!(ids.iter().all(|id| text.contains(id)));
}

#[test]
fn each_libpython_and_each_interpreter_is_listed_once() {
    let targets = &here().targets;
    let libraries = targets.iter().filter_map(|target| target.libpython.as_ref());
    let libraries: Vec<_> = libraries.map(|library| (library.device, library.inode)).collect();
    assert_eq!(libraries.iter().collect::<BTreeSet<_>>().len(), libraries.len());
    let programs = targets.iter().filter_map(|target| target.executable.as_ref());
    let programs: Vec<_> = programs.map(|path| fs::canonicalize(path).unwrap()).collect();
    assert_eq!(programs.iter().collect::<BTreeSet<_>>().len(), programs.len());
}
