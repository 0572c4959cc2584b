//! Paths that are no usable libpython, and a libpython whose interpreter is gone.

use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::elf::ElfError;
use embedcheck::target::{Linkage, Origin, Target, TargetError, identify_libpython};

use crate::{options, python3, some_target};

fn error_of(path: &Path) -> TargetError {
    let error = identify_libpython(&options(), path).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

/// A copy of a libpython with its bytes changed.
fn altered(target: &Target, folder: &Path, alter: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let library = target.libpython.as_ref().unwrap();
    let mut bytes = fs::read(&library.real_path).unwrap();
    alter(&mut bytes);
    let path = folder.join(library.real_path.file_name().unwrap());
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_is_no_elf_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libpython3.11.so.1.0");
    assert!(matches!(error_of(&path), TargetError::NotThere { .. }));
    assert!(matches!(error_of(folder.path()), TargetError::Directory { .. }));
    for content in ["", "hello", "!<arch>\n", "/* GNU ld script */ INPUT(x)"] {
        fs::write(&path, content).unwrap();
        let error = error_of(&path);
        let is_right =
            matches!(&error, TargetError::BadLibrary { source: ElfError::NotElf { .. } });
        assert!(is_right, "{content:?}: {error}");
    }
}

#[test]
fn a_damaged_or_foreign_library_is_refused() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let truncated = altered(target, folder.path(), |bytes| bytes.truncate(bytes.len() / 4));
    let error = error_of(&truncated);
    assert!(matches!(error, TargetError::BadLibrary { .. }), "{error}");
    assert!(error.to_string().contains("truncated"), "{error}");
    let machine = if cfg!(target_arch = "aarch64") { [62, 0] } else { [183, 0] };
    let foreign = altered(target, folder.path(), |bytes| bytes[18..20].copy_from_slice(&machine));
    let error = error_of(&foreign);
    let is_right =
        matches!(&error, TargetError::BadLibrary { source: ElfError::OtherMachine { .. } });
    assert!(is_right, "{error}");
}

#[test]
fn another_library_and_the_stub_are_refused() {
    let stub = some_target("libpython3.so", |target| target.libpython3.is_some());
    if let Some(stub) = stub.and_then(|target| target.libpython3.as_ref()) {
        let error = error_of(&stub.path);
        assert!(error.to_string().contains("only leads to another library"), "{error}");
    }
    let Some(target) = python3() else { return };
    let error = error_of(target.executable.as_ref().unwrap());
    assert!(matches!(error, TargetError::IsProgram { .. }), "{error}");
    let module = target.extension_modules.first().unwrap();
    let error = error_of(&module.path);
    assert!(matches!(error, TargetError::NotLibpython { .. }), "{error}");
}

#[test]
fn a_library_leads_to_its_interpreter() {
    let Some(target) = python3() else { return };
    let library = target.libpython.as_ref().unwrap();
    let found = identify_libpython(&options(), &library.path).unwrap();
    assert_eq!(found.version, target.version);
    assert_eq!(found.prefix, target.prefix);
    assert_eq!(found.linkage, target.linkage);
    assert_eq!(found.libpython.map(|library| library.path), Some(library.path.clone()));
}

/// A copy still has the prefix of its installation compiled in, and finds its standard library there.
#[test]
fn a_copy_leads_to_the_interpreter_of_the_original() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = altered(target, folder.path(), |_| ());
    let found = identify_libpython(&options(), &copy).unwrap();
    assert_eq!(found.libpython.as_ref().map(|library| &library.path), Some(&copy));
    assert!(found.executable.is_some(), "{:?}", found.trail);
    assert_eq!(found.stdlib, target.stdlib);
}

#[test]
fn a_library_whose_interpreter_is_gone_says_so() {
    let target = some_target("Python outside /usr", |target| {
        target.origin != Origin::System && target.libpython.is_some() && target.version.major == 3
    });
    let Some(target) = target else { return };
    let folder = tempfile::tempdir().unwrap();
    let prefix = target.base_prefix.as_ref().unwrap().to_str().unwrap().as_bytes().to_vec();
    // The installation is gone: no path in the file leads anywhere.
    let orphan = altered(target, folder.path(), |bytes| {
        let places: Vec<_> = (0..bytes.len() - prefix.len())
            .filter(|&at| bytes[at] == b'/' && bytes[at..].starts_with(&prefix))
            .collect();
        for at in places {
            bytes[at + 1] = b'\x7f';
        }
    });
    let found = identify_libpython(&options(), &orphan).unwrap();
    assert_eq!(found.linkage, Linkage::LibraryOnly, "{:?}", found.trail);
    assert_eq!(found.executable, None);
    assert_eq!(found.stdlib, None);
    assert_eq!(found.version, target.version);
    assert!(found.advice.as_ref().is_some_and(|advice| advice.contains("interpreter is gone")));
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["linkage"], "library-only");
}
