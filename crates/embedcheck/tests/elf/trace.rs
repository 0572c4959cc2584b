//! Asking the real ld.so.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::elf::{Elf, Environment, Files, LdCache, LoaderModel, Platform, TraceError, trace};

use crate::lab::{Lab, Lib, skip};

/// The ld.so of this very program, if it is glibc's.
pub(crate) fn ld_so() -> Option<PathBuf> {
    let own = Elf::read(&std::env::current_exe().unwrap()).unwrap();
    let ld_so = own.interpreter.map(PathBuf::from).filter(|path| {
        Elf::read(path)
            .is_ok_and(|elf| elf.version_definitions.iter().any(|name| name == "GLIBC_PRIVATE"))
    });
    if ld_so.is_none() {
        skip("the dynamic loader of this machine is not glibc's");
    }
    ld_so
}

/// For the model, the environment of a traced object: it is the program itself, so there is no other.
pub(crate) fn without_program(ld_so: &Path) -> Environment {
    Environment {
        executable: None,
        library_path: Vec::new(),
        preload: Vec::new(),
        cache: LdCache::load(Path::new(LdCache::PATH)).unwrap(),
        platform: Platform::of(ld_so),
        secure: false,
        directory: PathBuf::from("/"),
        files: Files::default(),
    }
}

#[test]
fn what_is_missing_is_named_and_nothing_runs() {
    let (Some(lab), Some(ld_so)) = (Lab::new(), ld_so()) else { return };
    let mark = lab.text("it ran");
    let source = format!(
        "#include <fcntl.h>\nint absent(void); int present(void);\n\
         __attribute__((constructor)) static void run(void) {{ creat({mark:?}, 0644); }}\n\
         int f(void) {{ return absent() + present(); }}"
    );
    let object = lab.lib(
        "a.so",
        Lib {
            needed: &["libdep.so", "libnone.so", "libc.so.6"],
            source: &source,
            ..Lib::default()
        },
    );
    lab.lib("deps/libdep.so", Lib { source: "int present(void) { return 1; }", ..Lib::default() });
    let deps = lab.text("deps");
    let env =
        [("LD_LIBRARY_PATH", &deps)].map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
    let answer = trace(&ld_so, &object, None, &env).unwrap();
    assert_eq!(answer.not_found, ["libnone.so"]);
    let symbols: Vec<&str> = answer.undefined.iter().map(|undefined| &*undefined.symbol).collect();
    assert_eq!(symbols, ["absent"]);
    assert_eq!(answer.undefined[0].object, object);
    let dep = answer.loaded.iter().find(|loaded| loaded.name == "libdep.so").unwrap();
    assert_eq!(dep.path.as_deref(), Some(&*lab.path("deps/libdep.so")));

    let preload =
        lab.lib("pre.so", Lib { source: "int absent(void) { return 1; }", ..Lib::default() });
    let answer = trace(&ld_so, &object, Some(&preload), &env).unwrap();
    assert_eq!((answer.undefined, answer.other), (vec![], vec![]));
    assert!(!Path::new(&mark).exists());
}

#[test]
fn a_missing_version_is_named() {
    let (Some(lab), Some(ld_so)) = (Lab::new(), ld_so()) else { return };
    let lib = |script: &str| {
        fs::write(lab.path("versions"), script).unwrap();
        let flag = format!("-Wl,--version-script={}", lab.text("versions"));
        let soname = Some("libver.so");
        let source = "int v(void) { return 1; }";
        lab.lib("libver.so", Lib { soname, source, flags: &[&flag], ..Lib::default() })
    };
    let real = lib("V2 { v; };");
    let object = lab.lib(
        "a.so",
        Lib {
            runpath: Some("$ORIGIN"),
            source: "int v(void); int f(void) { return v(); }",
            flags: &[real.to_str().unwrap()],
            ..Lib::default()
        },
    );
    assert_eq!(trace(&ld_so, &object, None, &[]).unwrap().versions, []);
    lib("V1 { v; };");
    let answer = trace(&ld_so, &object, None, &[]).unwrap();
    let version = &answer.versions[0];
    assert_eq!((&*version.version, &*version.required_by), ("V2", &*object));
    assert_eq!(version.provider, lab.path("libver.so"));

    let (model, _) = LoaderModel::start(without_program(&ld_so));
    let missing = model.missing_for(&object);
    let ours = &missing.versions[0];
    assert_eq!((&ours.version, &ours.provider), (&version.version, &version.provider));
    assert_eq!(ours.required_by, version.required_by);
    let ours: Vec<_> = missing.symbols.iter().map(|m| (&m.symbol, &m.version)).collect();
    let theirs: Vec<_> = answer.undefined.iter().map(|u| (&u.symbol, &u.version)).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (Some(lab), Some(ld_so)) = (Lab::new(), ld_so()) else { return };
    let object = lab.lib("a.so", Lib::default());
    let error = trace(&std::env::current_exe().unwrap(), &object, None, &[]).unwrap_err();
    assert!(matches!(error, TraceError::NotGlibc(_)), "{error}");
    let error = trace(&lab.path("none"), &object, None, &[]).unwrap_err();
    assert!(matches!(error, TraceError::LoaderUnreadable(_)), "{error}");
    let error = trace(&ld_so, &object, Some(Path::new("/with space/x.so")), &[]).unwrap_err();
    assert!(matches!(error, TraceError::Preload(_)), "{error}");
    let answer = trace(&ld_so, Path::new("/dev/null"), None, &[]).unwrap();
    assert!(answer.loaded.is_empty() && !answer.other.is_empty(), "{answer:?}");
}
