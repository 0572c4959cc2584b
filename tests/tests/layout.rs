//! The layout group on real builds: all green, and every check broken once.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use embedcheck::check::{CHECKS, Options, Scene, Tamper, check};
use embedcheck::elf::{Editor, LdCache, Tag};
use embedcheck::env::Caller;
use embedcheck::report::{CheckResult, Producer, Report, Verdict};
use embedcheck::run::{HostKind, NoProgress, Stop};
use embedcheck::target::{Support, Target};
use embedcheck_tests::{
    CALLER, TARGETS, explain, options, own_target, required, run, run_broken, target, was_run,
};

/// Runs the whole group.
fn group(target: &Target) -> Report {
    run(target, &Options { only: vec!["layout/*".to_owned()], ..options() })
}

fn assert_all_pass(report: &Report) {
    for result in report.results.iter().filter(|result| was_run(result)) {
        assert_eq!(result.verdict, Verdict::Pass, "{}: {}", report.target.id, explain(result));
    }
    let hosts: BTreeSet<_> = report.results.iter().flat_map(|result| &result.hosts).collect();
    let kinds = [HostKind::C, HostKind::CLinked, HostKind::Rust];
    assert!(kinds.iter().all(|kind| hosts.contains(kind)), "{hosts:?}");
    let producers: BTreeSet<_> =
        report.results.iter().flat_map(|result| &result.producers).collect();
    assert!(producers.contains(&Producer::Probe), "{producers:?}");
    let without_cffi = report.results.iter().flat_map(|result| &result.not_covered).next();
    assert!(producers.contains(&Producer::Cffi) || without_cffi.is_some(), "{producers:?}");
    assert!(producers.contains(&Producer::Rust), "{producers:?}");
}

#[test]
fn the_machines_own_python_passes() {
    let Some(target) = own_target() else { return };
    assert_all_pass(&group(target));
}

#[test]
fn old_and_new_versions_pass() {
    for minor in ["3.8", "3.12", "3.13"] {
        let Some(target) = target(minor) else { continue };
        assert_all_pass(&group(target));
    }
}

/// Whether ld.so finds the target's libpython, or another of its soname, without being told where.
fn is_in_cache(target: &Target) -> bool {
    let cache = LdCache::load(Path::new(LdCache::PATH)).unwrap_or_default();
    let soname = target.libpython.as_ref().and_then(|libpython| libpython.soname.as_deref());
    soname.is_some_and(|soname| !cache.entries(soname).is_empty())
}

/// A target that only a hint leads to, so that a broken hint is seen.
fn hidden_target() -> Option<&'static Target> {
    let is_hidden = |target: &&Target| target.support == Support::Full && !is_in_cache(target);
    required("a CPython outside of ld.so.cache", TARGETS.iter().rev().find(is_hidden))
}

#[test]
fn a_libpython_in_the_cache_is_found_without_a_hint() {
    let is_cached = |target: &&Target| target.support == Support::Full && is_in_cache(target);
    let found = TARGETS.iter().find(is_cached);
    let Some(target) = required("a CPython whose soname is in ld.so.cache", found) else { return };
    let report = group(target);
    assert_all_pass(&report);
    for result in report.results {
        let says = result.detail.as_deref().is_some_and(|text| text.contains(" by itself"));
        let is_without_hint = matches!(
            result.id.as_str(),
            "layout/nothing"
                | "layout/runpath-not-transitive"
                | "layout/moved"
                | "layout/symlink"
                | "layout/awkward-names"
        );
        assert!(says || !is_without_hint, "{}", explain(&result));
    }
}

/// A check, how its files are damaged, and what it must say then.
struct Broken {
    check: &'static str,
    tamper: fn(&Scene<'_>),
    cause: &'static str,
    says: &'static str,
}

const NOT_FOUND: &str = "cannot open shared object file";
const ELSEWHERE: &str = "libpython is mapped from ";

/// Every check but those of the linker, which need no damaged file but another linker.
const BROKEN: &[Broken] = &[
    Broken {
        check: "layout/absolute",
        tamper: |scene| set(scene, "plugin.so", Tag::RunPath, "/nonexistent"),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/absolute",
        tamper: |scene| fs::write(scene.folder.join("plugin.so"), "no library").unwrap(),
        cause: "damaged-file",
        says: "file too short",
    },
    Broken {
        check: "layout/origin",
        tamper: |scene| remove_libpython(scene, "."),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/origin",
        // embed-dll says that what it was told is not there, and does not take another.
        tamper: |scene| {
            if scene.case.starts_with("rust") {
                remove_libpython(scene, ".");
            }
        },
        cause: "embed-dll-told-libpython",
        says: "returned 0, not 42",
    },
    Broken {
        check: "layout/origin-lib",
        tamper: |scene| set(scene, "bundle/plugin/plugin.so", Tag::RunPath, "$ORIGIN/lib"),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/origin-venv",
        tamper: |scene| {
            let venv = scene.folder.join("bundle/venv");
            fs::rename(venv.join("bin"), venv.join("Scripts")).unwrap();
        },
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/rpath",
        tamper: |scene| set(scene, "plugin.so", Tag::RPath, "/nonexistent"),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/rpath-transitive",
        tamper: |scene| retag(scene, "plugin.so", Tag::RPath, Tag::RunPath),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/runpath-not-transitive",
        tamper: |scene| retag(scene, "plugin.so", Tag::RunPath, Tag::RPath),
        cause: "libpython-elsewhere",
        says: "should have failed",
    },
    Broken {
        check: "layout/runpath-not-transitive",
        tamper: |scene| fs::remove_file(scene.folder.join("between/libbetween.so")).unwrap(),
        cause: "library-not-found",
        says: "libbetween.so",
    },
    Broken {
        check: "layout/env-only",
        tamper: |scene| remove_libpython(scene, "lib"),
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/env-against-rpath",
        tamper: |scene| retag(scene, "plugin.so", Tag::RPath, Tag::RunPath),
        cause: "libpython-elsewhere",
        says: ELSEWHERE,
    },
    Broken {
        check: "layout/env-against-runpath",
        tamper: |scene| retag(scene, "plugin.so", Tag::RunPath, Tag::RPath),
        cause: "libpython-elsewhere",
        says: ELSEWHERE,
    },
    Broken {
        check: "layout/nothing",
        tamper: |scene| {
            // A name with a slash is a path: it is a hint.
            symlink(hidden_libpython(), scene.folder.join("l")).unwrap();
            set_libpython(scene, "plugin.so", "./l");
        },
        cause: "libpython-elsewhere",
        says: "should have failed",
    },
    Broken {
        check: "layout/nothing",
        tamper: |scene| fs::remove_file(scene.folder.join("plugin.so")).unwrap(),
        cause: "library-not-found",
        says: "not recognised",
    },
    Broken {
        check: "layout/moved",
        tamper: |scene| {
            if scene.case.contains("moved, RUNPATH $ORIGIN") {
                remove_libpython(scene, "moved/lib");
            }
        },
        cause: "libpython-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/moved",
        tamper: |scene| {
            if scene.case.contains("to where the bundle was") {
                symlink("moved", scene.folder.join("bundle")).unwrap();
            }
        },
        cause: "libpython-elsewhere",
        says: "should have failed",
    },
    Broken {
        check: "layout/symlink",
        tamper: |scene| {
            // As if the link were followed.
            let linked = scene.folder.join("linked");
            if scene.case.ends_with("a link to the DLL alone") {
                fs::remove_dir_all(&linked).unwrap();
                symlink("real", &linked).unwrap();
            }
        },
        cause: "libpython-elsewhere",
        says: "should have failed",
    },
    Broken {
        check: "layout/awkward-names",
        tamper: |scene| {
            if scene.case.ends_with("RUNPATH $ORIGIN") {
                let folder = only_folder(scene.folder);
                fs::rename(&folder, folder.with_file_name("plain")).unwrap();
            }
        },
        cause: "library-not-found",
        says: NOT_FOUND,
    },
    Broken {
        check: "layout/awkward-names",
        tamper: |scene| {
            // The part before the colon is taken for a folder.
            if scene.case.ends_with("a colon, absolute RUNPATH") {
                symlink("plug-ins:new/lib", scene.folder.join("plug-ins")).unwrap();
            }
        },
        cause: "libpython-elsewhere",
        says: "should have failed",
    },
    Broken {
        check: "layout/linked-rpath",
        tamper: |scene| fs::remove_file(scene.folder.join("lib/libplugin.so")).unwrap(),
        cause: "library-not-found",
        says: "exit 127",
    },
    Broken {
        check: "layout/linked-origin",
        tamper: |scene| set(scene, "moved/host", Tag::RunPath, "/x"),
        cause: "library-not-found",
        says: "exit 127",
    },
    Broken {
        check: "layout/linked-rpath-link",
        tamper: |scene| remove_libpython(scene, "python"),
        cause: "libpython-not-found",
        says: "exit 127",
    },
];

#[test]
fn every_check_fails_when_what_it_checks_is_broken() {
    let all: BTreeSet<_> =
        CHECKS.iter().filter(|check| check.group() == "layout").map(|check| check.id).collect();
    assert_eq!(all, BROKEN.iter().map(|broken| broken.check).collect());
    let Some(target) = hidden_target() else { return };
    for broken in BROKEN {
        let tamper = broken.tamper;
        let result = run_broken(target, broken.check, Tamper::new(tamper));
        if !was_run(&result) {
            continue;
        }
        assert_failed(&result, broken.cause, broken.says);
    }
}

fn assert_failed(result: &CheckResult, cause: &str, says: &str) {
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(result));
    let id = result.cause.as_ref().map(|cause| cause.id.as_str());
    assert_eq!(id, Some(cause), "{}", explain(result));
    let detail = result.detail.as_deref().unwrap_or_default();
    let is_said =
        detail.contains(says) || result.observations.iter().any(|case| case.outcome.contains(says));
    assert!(is_said, "{says:?} is not said: {}", explain(result));
}

/// What was computed is compared with what is mapped even where the claim holds for both.
#[test]
fn a_file_that_the_computation_did_not_see_is_noticed() {
    let Some(target) = hidden_target() else { return };
    let tamper = Tamper::new(|scene| {
        let libpython = only_libpython(&scene.folder.join("lib"));
        let elsewhere = scene.folder.join("elsewhere");
        fs::rename(&libpython, &elsewhere).unwrap();
        symlink(&elsewhere, &libpython).unwrap();
    });
    let result = run_broken(target, "layout/env-only", tamper);
    assert_failed(&result, "libpython-elsewhere", ELSEWHERE);
}

/// A linker that is not told what it is told.
#[test]
fn the_check_of_rpath_link_fails_with_a_linker_that_ignores_it() {
    let Some(target) = hidden_target() else { return };
    let result =
        run_with_compiler(target, "if [ \"$argument\" = -rpath-link ]; then argument=-L; fi");
    assert_failed(&result, "link-needs-rpath-link", "cannot be linked with -rpath-link");
}

#[test]
fn the_check_of_rpath_link_fails_with_a_linker_that_fails_otherwise() {
    let Some(target) = hidden_target() else { return };
    let result =
        run_with_compiler(target, "if [ \"$argument\" = -lplugin ]; then argument=-lnone; fi");
    assert_failed(&result, "link-failed", "cannot be linked without -rpath-link");
}

/// Runs `layout/linked-rpath-link` with a compiler that gets its arguments changed by a shell command.
fn run_with_compiler(target: &Target, change: &str) -> CheckResult {
    let folder = tempfile::tempdir().unwrap();
    let cc = folder.path().join("cc");
    let script = format!(
        "#!/bin/sh\n\
         for argument do\nshift\n{change}\nset -- \"$@\" \"$argument\"\ndone\n\
         exec cc \"$@\"\n"
    );
    fs::write(&cc, script).unwrap();
    fs::set_permissions(&cc, fs::Permissions::from_mode(0o755)).unwrap();
    let caller = Caller { cc: Some(cc.into()), ..CALLER.clone() };
    let only = vec!["layout/linked-rpath-link".to_owned()];
    let options = Options { only, ..options() };
    let stop = Stop::new().unwrap();
    let report = check(target, &caller, &options, &stop, &NoProgress).unwrap();
    report.results.into_iter().next().unwrap()
}

/// A scene's libpythons are hard links to a file that other cases use: they may be removed, but not
/// written to.
fn remove_libpython(scene: &Scene<'_>, folder: &str) {
    fs::remove_file(only_libpython(&scene.folder.join(folder))).unwrap();
}

fn only_libpython(folder: &Path) -> PathBuf {
    let is_libpython =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("libpython");
    entries(folder).find(is_libpython).expect("a libpython was laid out")
}

fn only_folder(folder: &Path) -> PathBuf {
    entries(folder).find(|path| path.is_dir()).expect("a folder was laid out")
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

fn hidden_libpython() -> PathBuf {
    hidden_target().unwrap().libpython.as_ref().unwrap().real_path.clone()
}

fn set(scene: &Scene<'_>, file: &str, tag: Tag, text: &str) {
    edit(scene, file, |editor| editor.set_string(tag, 0, text).unwrap());
}

fn retag(scene: &Scene<'_>, file: &str, from: Tag, to: Tag) {
    edit(scene, file, |editor| editor.retag(from, 0, to).unwrap());
}

/// Changes what a DLL names in place of libpython.
fn set_libpython(scene: &Scene<'_>, file: &str, text: &str) {
    edit(scene, file, |editor| {
        let is_libpython =
            |nth: &usize| editor.string(Tag::Needed, *nth).unwrap().starts_with("libpython");
        let nth = (0..).find(is_libpython).unwrap();
        editor.set_string(Tag::Needed, nth, text).unwrap();
    });
}

/// A DLL made with embed-dll says nothing of libpython that could be changed.
fn edit(scene: &Scene<'_>, file: &str, change: impl FnOnce(&mut Editor)) {
    if scene.case.starts_with("rust") {
        return;
    }
    let path = scene.folder.join(file);
    let mut editor = Editor::from_bytes(fs::read(&path).unwrap()).unwrap();
    change(&mut editor);
    fs::remove_file(&path).unwrap();
    editor.write(&path).unwrap();
}
