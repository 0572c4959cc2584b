//! Editing in place, checked by readelf's eyes and by really loading the result.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::elf::{Editor, Elf, PatchError, ProbeShape, Search, Tag, shape_probe};

use crate::lab::{Lab, Lib, Run, skip};

fn editor(path: &Path) -> Editor {
    Editor::from_bytes(fs::read(path).unwrap()).unwrap()
}

/// A stand-in for the prebuilt probe: the same placeholders, nothing behind them.
fn probe(lab: &Lab) -> Vec<u8> {
    let long = |name: &str, len: usize| format!("{name:x<len$}");
    let path = lab.lib(
        "probe.so",
        Lib {
            soname: Some(&long("@embedcheck-soname@", 255)),
            needed: &[&long("@embedcheck-needed@", 1023), "libc.so.6"],
            runpath: Some(&long("@embedcheck-search@", 1023)),
            source: "int dep(void); int f(void) { return dep(); }",
            ..Lib::default()
        },
    );
    fs::read(path).unwrap()
}

fn shaped(lab: &Lab, name: &str, shape: &ProbeShape) -> (PathBuf, Elf) {
    let path = lab.path(name);
    Editor::from_bytes(shape_probe(&probe(lab), shape).unwrap()).unwrap().write(&path).unwrap();
    let elf = Elf::read(&path).unwrap();
    (path, elf)
}

#[test]
fn the_probe_takes_each_shape_and_loads() {
    let Some(lab) = Lab::new() else { return };
    let source = "int dep(void) { return 42; }";
    lab.lib("with space/libdep.so", Lib { soname: Some("libdep.so"), source, ..Lib::default() });
    let folder = lab.text("with space");
    let host = lab.host("host", Lib::default());
    let directory = lab.path("");
    let loads = |path: &Path| {
        let opens = [("", path.as_os_str())];
        let run = Run {
            host: &host,
            opens: &opens,
            library_path: None,
            preload: None,
            directory: &directory,
        };
        run.agree().opened[0].root.is_some()
    };
    let needed = Some("libdep.so".to_owned());

    let search = Search::RunPath(folder.clone().into());
    let shape =
        ProbeShape { needed: needed.clone(), search, soname: Some("libprobe.so".to_owned()) };
    let (path, elf) = shaped(&lab, "a.so", &shape);
    assert_eq!(elf.needed, ["libdep.so", "libc.so.6"]);
    assert_eq!((elf.runpath.as_deref(), elf.rpath.as_deref()), (Some(&*folder), None));
    assert_eq!(elf.soname.as_deref(), Some("libprobe.so"));
    assert!(loads(&path));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);

    let search = Search::RPath("$ORIGIN/with space".into());
    let shape = ProbeShape { needed: needed.clone(), search, soname: None };
    let (path, elf) = shaped(&lab, "b.so", &shape);
    assert_eq!((elf.runpath.as_deref(), elf.rpath.as_deref()), (None, Some("$ORIGIN/with space")));
    assert_eq!(elf.soname, None);
    assert!(loads(&path));

    let shape = ProbeShape { needed, ..ProbeShape::default() };
    let (path, elf) = shaped(&lab, "c.so", &shape);
    assert_eq!((elf.runpath, elf.rpath), (None, None));
    assert!(!loads(&path));

    let (_, elf) = shaped(&lab, "d.so", &ProbeShape::default());
    assert_eq!(elf.needed, ["libc.so.6"]);
    let path = ProbeShape { needed: Some(format!("{folder}/libdep.so")), ..ProbeShape::default() };
    assert!(loads(&shaped(&lab, "e.so", &path).0));

    match Command::new("readelf")
        .args(["-W", "-d"])
        .arg(lab.path("b.so"))
        .env("LC_ALL", "C")
        .output()
    {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.contains("Library rpath: [$ORIGIN/with space]"), "{text}");
            assert!(!text.contains("SONAME") && !text.contains("embedcheck-"), "{text}");
        }
        _ => skip("there is no readelf on PATH"),
    }
}

#[test]
fn a_shape_that_does_not_fit_is_refused() {
    let Some(lab) = Lab::new() else { return };
    let shape = ProbeShape { needed: Some("x".repeat(1024)), ..ProbeShape::default() };
    let error = shape_probe(&probe(&lab), &shape).unwrap_err();
    assert!(matches!(error, PatchError::TooLong { room: 1023, .. }), "{error}");
    let plain = fs::read(lab.lib("plain.so", Lib::default())).unwrap();
    let error = shape_probe(&plain, &ProbeShape::default()).unwrap_err();
    assert!(matches!(error, PatchError::NoPlaceholder(_)), "{error}");
    let error = shape_probe(b"#!/bin/sh", &ProbeShape::default()).unwrap_err();
    assert!(error.to_string().contains("script"), "{error}");
}

#[test]
fn strings_are_overwritten_only_where_that_hurts_no_one() {
    let Some(lab) = Lab::new() else { return };
    // The linker stores `tail` in the end of `libtail`.
    let path = lab.lib(
        "a.so",
        Lib { needed: &["libtail", "libother.so"], source: "void tail(void) {}", ..Lib::default() },
    );
    let mut edited = editor(&path);
    let error = edited.set_string(Tag::Needed, 0, "libx").unwrap_err();
    assert!(matches!(error, PatchError::Shared { user: "a symbol name", .. }), "{error}");
    edited.set_string(Tag::Needed, 1, "libx.so").unwrap();
    assert_eq!(edited.string(Tag::Needed, 1).unwrap(), "libx.so");
    let missing = edited.set_string(Tag::Needed, 2, "x").unwrap_err();
    assert!(matches!(missing, PatchError::NoEntry { nth: 2, .. }), "{missing}");
    for bad in ["", "a\0b"] {
        let error = edited.set_string(Tag::Needed, 1, bad).unwrap_err();
        assert!(matches!(error, PatchError::BadString { .. }), "{error}");
    }
    let elf = Elf::parse(&path, &edited.into_bytes()).unwrap();
    assert_eq!(elf.needed, ["libtail", "libx.so"]);
    assert!(elf.defines("tail"));

    // The versions of a library are demanded by its name, which follows along.
    let path = lab.lib(
        "b.so",
        Lib {
            source: "#include <stdio.h>\nvoid f(void) { puts(\"\"); }",
            flags: &["-lc"],
            ..Lib::default()
        },
    );
    let mut edited = editor(&path);
    edited.set_string(Tag::Needed, 0, "libc.so.7").unwrap();
    let elf = Elf::parse(&path, &edited.into_bytes()).unwrap();
    assert_eq!((&*elf.needed[0], &*elf.version_needs[0].file), ("libc.so.7", "libc.so.7"));
}

#[test]
fn a_hidden_symbol_is_missed_by_others_under_its_own_name() {
    let Some(lab) = Lab::new() else { return };
    let source = "int dep(void) { return 42; } int other(void) { return 1; } int own(void) { return dep(); }";
    for style in ["gnu", "sysv", "both"] {
        let flag = format!("-Wl,--hash-style={style}");
        let dep = lab.lib(
            "libdep.so",
            Lib { soname: Some("libdep.so"), source, flags: &[&flag], ..Lib::default() },
        );
        let user = "int dep(void); int other(void); int (*address)(void) = dep; int f(void) { return other(); }";
        let dll = lab.lib(
            "dll.so",
            Lib {
                needed: &["libdep.so"],
                runpath: Some("$ORIGIN"),
                source: user,
                ..Lib::default()
            },
        );
        let host = lab.host("host", Lib::default());
        let run_host = |path: &Path| {
            let output =
                Command::new(&host).arg(format!(":{}", path.display())).env_clear().output();
            String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
        };
        assert!(run_host(&dll).starts_with("open ok"));
        let mut edited = editor(&dep);
        edited.hide_symbol("dep").unwrap();
        let error = edited.hide_symbol("dep").unwrap_err();
        assert!(matches!(error, PatchError::NoSymbol(_)), "{error}");
        fs::remove_file(&dep).unwrap();
        edited.write(&dep).unwrap();
        assert!(run_host(&dep).starts_with("open ok"), "the library itself no longer loads");
        let said = run_host(&dll);
        assert!(said.contains("undefined symbol: dep\n"), "{style}: {said}");
        let elf = Elf::read(&dep).unwrap();
        assert!(!elf.defines("dep") && elf.defines("other"));
    }
}

#[test]
fn a_symbol_without_an_address_is_no_definition() {
    let Some(lab) = Lab::new() else { return };
    let (soname, source) = (Some("libdep.so"), "int dep(void) { return 42; }");
    let dep = lab.lib("libdep.so", Lib { soname, source, ..Lib::default() });
    let dll = lab.lib(
        "dll.so",
        Lib {
            needed: &["libdep.so"],
            runpath: Some("$ORIGIN"),
            source: "int dep(void); int f(void) { return dep(); }",
            ..Lib::default()
        },
    );
    let mut bytes = fs::read(&dep).unwrap();
    let mut edited = editor(&dep);
    edited.hide_symbol("dep").unwrap();
    // The first byte that hiding changes is `st_info`; `st_value` follows it (Elf64_Sym).
    let info = edited.into_bytes().iter().zip(&bytes).position(|(a, b)| a != b).unwrap();
    if !Elf::read(&dep).unwrap().is_64 {
        return skip("the layout of 32-bit symbols is another");
    }
    bytes[info + 4..info + 12].fill(0);
    fs::write(&dep, &bytes).unwrap();
    assert!(!Elf::read(&dep).unwrap().defines("dep"));
    let host = lab.host("host", Lib::default());
    let output = Command::new(&host).arg(format!(":{}", dll.display())).env_clear().output();
    let said = String::from_utf8_lossy(&output.unwrap().stdout).into_owned();
    assert!(said.contains("undefined symbol: dep\n"), "{said}");
}

#[test]
fn the_prebuilt_probe_is_fitted_to_a_library_and_found_whole_by_ld_so() {
    use embedcheck_c_harness::{NEEDED_PLACEHOLDER, PROBE, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER};
    let (Some(lab), Some(ld_so)) = (Lab::new(), crate::trace::ld_so()) else { return };
    let raw = Elf::parse(Path::new("probe"), PROBE).unwrap();
    assert!(raw.needed.iter().any(|name| name == NEEDED_PLACEHOLDER));
    assert_eq!(raw.soname.as_deref(), Some(SONAME_PLACEHOLDER));
    assert_eq!(raw.runpath.or(raw.rpath).as_deref(), Some(SEARCH_PLACEHOLDER));

    lab.lib("lib/libpython9.so", Lib { soname: Some("libpython9.so"), ..Lib::default() });
    let shape = ProbeShape {
        needed: Some("libpython9.so".to_owned()),
        search: Search::RPath("$ORIGIN/lib".into()),
        soname: None,
    };
    let path = lab.path("probe.so");
    Editor::from_bytes(shape_probe(PROBE, &shape).unwrap()).unwrap().write(&path).unwrap();
    let answer = embedcheck::elf::trace(&ld_so, &path, None, &[]).unwrap();
    assert_eq!(answer.not_found, [""; 0]);
    let found = answer.loaded.iter().find(|loaded| loaded.name == "libpython9.so").unwrap();
    let folder = found.path.as_deref().unwrap();
    assert_eq!(fs::canonicalize(folder).unwrap(), lab.path("lib/libpython9.so"));
}
