//! The load group on real builds: the truth table, and every check broken once.

use std::fs;

use embedcheck::check::Tamper;
use embedcheck::elf::{Editor, Tag};
use embedcheck::report::{Producer, Verdict};
use embedcheck_tests::{
    ONLY_MODULES_CALL, explain, lose_libpython, own_target, run_broken, run_one, target, was_run,
    with_edited_libpython,
};

/// What `load/local` must say of each version: up to 3.7 extension modules name libpython
/// (bpo-21536 took that away in 3.8).
#[test]
fn local_is_a_limit_since_3_8() {
    for minor in ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] {
        let Some(target) = target(minor) else { continue };
        let result = run_one(target, "load/local");
        let old = matches!(minor, "3.6" | "3.7");
        let expected = if old { Verdict::Pass } else { Verdict::Limit };
        assert_eq!(result.verdict, expected, "{minor}: {}", explain(&result));
        if !old {
            let cause = result.cause.as_ref().expect("a limit has a cause");
            assert_eq!(cause.id, "libpython-local");
            assert!(cause.summary.contains(" needs "), "{}", cause.summary);
            let with_rust = result.producers.contains(&Producer::Rust);
            assert_eq!(result.verified.len(), 2 + usize::from(with_rust), "{}", explain(&result));
        }
    }
}

/// Debian's static interpreter with a separate libpython, where many modules are built in.
#[test]
fn the_system_python_is_no_exception() {
    let system = embedcheck_tests::TARGETS
        .iter()
        .find(|target| target.executable.as_ref().is_some_and(|path| path.starts_with("/usr/bin")));
    let Some(target) = embedcheck_tests::required("a system Python with libpython", system) else {
        return;
    };
    let result = run_one(target, "load/local");
    assert_eq!(result.verdict, Verdict::Limit, "{}", explain(&result));
    assert_eq!(result.cause.as_ref().expect("a limit has a cause").id, "libpython-local");
}

/// A DLL whose libpython is not found fails every check, and the cause is named.
#[test]
fn a_missing_libpython_fails_each_check() {
    let Some(target) = own_target() else { return };
    for id in [
        "load/local",
        "load/local-lazy",
        "load/global",
        "load/global-lazy",
        "load/libpython-global",
        "load/promote-before",
        "load/promote-after-failure",
        "load/ld-preload",
        "load/host-linked",
        "load/host-as-needed",
        "load/linked-dll",
        "load/deepbind",
        "load/dlmopen",
    ] {
        let tamper = Tamper::new(|scene| {
            for name in ["plugin.so", "libplugin.so"].map(|name| scene.folder.join(name)) {
                if name.is_file() {
                    lose_libpython(&name);
                }
            }
        });
        let result = run_broken(target, id, tamper);
        if !was_run(&result) {
            continue;
        }
        assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", explain(&result));
        let cause = result.cause.as_ref().expect("the loader says why");
        assert_eq!(cause.id, "libpython-not-found", "{id}: {}", explain(&result));
    }
}

/// A libpython that does not export what modules need: global or not, they cannot be imported.
#[test]
fn a_hidden_symbol_is_no_limit() {
    let Some(target) = own_target() else { return };
    let (_folder, patched) = with_edited_libpython(target, |editor| {
        editor.hide_symbol(ONLY_MODULES_CALL).expect("libpython defines it");
    });
    let global = run_one(&patched, "load/global");
    assert_eq!(global.verdict, Verdict::Fail, "{}", explain(&global));
    let cause = global.cause.as_ref().expect("the loader says why");
    assert_eq!(cause.id, "symbol-missing", "{}", explain(&global));
    assert!(cause.summary.contains(ONLY_MODULES_CALL), "{}", cause.summary);
    // The remedies of a local libpython do not help either, so it is no documented limit.
    let local = run_one(&patched, "load/local");
    assert_eq!(local.verdict, Verdict::Fail, "{}", explain(&local));
    assert!(local.verified.is_empty(), "{:?}", local.verified);
}

/// The DLL names another libpython than the one that the host opened.
#[test]
fn two_libpythons_are_seen() {
    let Some(target) = own_target() else { return };
    let (folder, other) = with_edited_libpython(target, |editor| {
        let soname = editor.string(Tag::Soname, 0).expect("libpython has a soname");
        let new = soname.replacen("python", "nohtyp", 1);
        editor.set_string(Tag::Soname, 0, &new).expect("as long as the old one");
    });
    let soname = other.libpython.as_ref().and_then(|it| it.soname.clone()).expect("a soname");
    let path = folder.path().to_str().expect("a temporary path is UTF-8").to_owned();
    let tamper = Tamper::new(move |scene| {
        if !scene.case.starts_with("probe") {
            return;
        }
        let dll = scene.folder.join("plugin.so");
        let bytes = fs::read(&dll).expect("the DLL is there");
        let mut editor = Editor::from_bytes(bytes).expect("the DLL is ELF");
        editor.set_string(Tag::Needed, 0, &soname).expect("as long as the old one");
        editor.set_string(Tag::RunPath, 0, &path).expect("shorter than the old one");
        editor.write(&dll).expect("the DLL can be written");
    });
    let result = run_broken(target, "load/libpython-global", tamper);
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    assert_eq!(result.cause.as_ref().expect("images").id, "two-libpythons", "{}", explain(&result));
}

/// A limitation that is predicted and does not show itself is a finding, too: the files that were
/// examined are not those that are loaded.
#[test]
fn an_unpredicted_success_is_a_failure() {
    let (Some(old), Some(new)) = (target("3.7"), target("3.13")) else { return };
    let mut mixed = old.clone();
    mixed.extension_modules[0].path.clone_from(&new.extension_modules[0].path);
    let result = run_one(&mixed, "load/local");
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let name = &mixed.extension_modules[0].name;
    assert!(result.evidence.iter().any(|line| line.starts_with(name)), "{}", explain(&result));
}

/// Nothing imported is nothing proved.
#[test]
fn a_target_without_modules_says_so() {
    let Some(target) = own_target() else { return };
    let mut bare = target.clone();
    bare.extension_modules.clear();
    for (id, verdict) in [
        ("load/global", Verdict::Pass),
        ("load/linked-dll", Verdict::Pass),
        // What CFFI does about its own extension module is shown all the same.
        ("load/promote-after-failure", Verdict::Limit),
    ] {
        let result = run_one(&bare, id);
        // The part that is not covered is what this test is about.
        if result.verdict == Verdict::Skip && !was_run(&result) {
            continue;
        }
        let without_cffi = result.not_covered.iter().any(|part| part.starts_with("producer cffi"));
        assert!(without_cffi || result.verdict == verdict, "{}", explain(&result));
        let said = result.not_covered.iter().any(|part| part.starts_with("extension modules"));
        assert!(said, "{}", explain(&result));
    }
}

/// A defect of embedcheck in one check is an `error` there, and the report is whole.
#[test]
fn a_panic_is_an_error_of_one_check() {
    let Some(target) = own_target() else { return };
    let tamper = Tamper::new(|_| panic!("on purpose"));
    let result = run_broken(target, "load/global", tamper);
    assert_eq!(result.verdict, Verdict::Error);
    assert!(result.detail.as_deref().is_some_and(|detail| detail.contains("on purpose")));
}
