//! The race group on real builds, and each check broken once.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use embedcheck::check::{Options, Scene, Tamper};
use embedcheck::elf::{Editor, Tag};
use embedcheck::report::{CheckResult, Verdict};
use embedcheck_tests::{explain, options, own_target, run, target, was_run};

/// Few processes, and outcomes that are nearly certain.
fn quick(only: &str) -> Options {
    Options { only: vec![only.to_owned()], iterations: Some(3), ..options() }
}

fn broken(id: &str, tamper: impl Fn(&Scene<'_>) + Send + Sync + 'static) -> Option<CheckResult> {
    let options = Options { tamper: Some(Tamper::new(tamper)), ..quick(id) };
    run(own_target()?, &options).results.pop().filter(was_run)
}

/// The first DLL of a race no longer names a libpython that exists.
fn lose_libpython(scene: &Scene<'_>) {
    rename_needed(&scene.folder.join("plugin0.so"));
}

fn rename_needed(path: &Path) {
    let bytes = fs::read(path).expect("the DLL is there");
    let mut editor = Editor::from_bytes(bytes).expect("the DLL is ELF");
    // Once is enough for all repetitions.
    if editor.set_string(Tag::Needed, 0, "libpython9.so").is_ok() {
        editor.write(path).expect("the DLL can be written");
    }
}

#[test]
fn the_group_is_good_on_real_builds() {
    for target in
        [own_target(), target("3.9"), target("3.12"), target("3.13")].into_iter().flatten()
    {
        for result in run(target, &quick("race/*")).results.into_iter().filter(was_run) {
            let expected = match result.id.as_str() {
                "race/host-holds-gil" => Verdict::Limit,
                // What cannot be promised goes well by luck only.
                "race/two-dlls"
                | "race/slow-site"
                | "race/probe-and-cffi"
                | "race/raw-embedder" => {
                    assert!(
                        matches!(result.verdict, Verdict::Limit | Verdict::Pass),
                        "{}: {}",
                        target.id,
                        explain(&result)
                    );
                    continue;
                }
                _ => Verdict::Pass,
            };
            assert_eq!(result.verdict, expected, "{}: {}", target.id, explain(&result));
        }
    }
}

/// With a sleeping `sitecustomize` two naive embedders collide every time.
#[test]
fn two_naive_embedders_are_a_limit() {
    let Some(target) = own_target() else { return };
    let result = run(target, &quick("race/slow-site")).results.remove(0);
    assert_eq!(result.verdict, Verdict::Limit, "{}", explain(&result));
    let cause = result.cause.as_ref().expect("a limit has a cause");
    assert!(cause.id.starts_with("race-"), "{}", explain(&result));
    assert_eq!(result.verified.len(), 1);
    let total: u32 = result.histogram.iter().map(|bucket| bucket.count).sum();
    assert_eq!(total, result.iterations);
}

#[test]
fn a_dll_that_does_not_load_fails_each_check() {
    for id in [
        "race/threads-2",
        "race/threads-10",
        "race/threads-50",
        "race/two-dlls",
        "race/slow-site",
        "race/rust-and-cffi",
        "race/probe-and-cffi",
        "race/raw-embedder",
        "race/host-initialised",
        "race/host-holds-gil",
    ] {
        let Some(result) = broken(id, lose_libpython) else { continue };
        assert_eq!(result.verdict, Verdict::Fail, "{id}: {}", explain(&result));
        let cause = result.cause.as_ref().expect("the evidence is there");
        assert_eq!(cause.id, "libpython-not-found", "{id}: {}", explain(&result));
    }
}

/// Two CFFI DLLs exclude each other. If one of them is no CFFI DLL, that is seen.
#[test]
fn a_dll_without_the_lock_fails() {
    let tamper = |scene: &Scene<'_>| {
        if scene.case.starts_with("cffi and cffi") {
            // Python dies while the first of the two initialises it: as an initialiser that does
            // not take the lock would make it.
            let site = scene.folder.join("site");
            let code = "import os, time\ntime.sleep(0.05)\nos.abort()\n";
            fs::write(site.join("sitecustomize.py"), code).expect("sitecustomize can be written");
        }
    };
    let Some(result) = broken("race/slow-site", tamper) else { return };
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    assert_eq!(result.cause.as_ref().expect("a crash is evidence").id, "race-crash");
}

/// `exit` from inside `Py_InitializeEx` is told from the host's own end.
#[test]
fn a_site_that_exits_is_an_exit_from_inside() {
    let tamper = |scene: &Scene<'_>| {
        let site = scene.folder.join("site");
        if site.is_dir() {
            fs::write(site.join("sitecustomize.py"), "raise SystemExit(9)\n")
                .expect("sitecustomize can be written");
        }
    };
    let Some(result) = broken("race/slow-site", tamper) else { return };
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let outcome = &result.histogram[0].outcome;
    assert!(outcome.contains("from inside"), "{outcome}");
}

/// Threads that do not wait for the GIL: the DLL never starts Python at all.
#[test]
fn threads_that_do_not_wait_are_noticed() {
    let tamper = |scene: &Scene<'_>| {
        if scene.case.starts_with("host holds the GIL") {
            // It is gone already if a slow host is run again.
            let _ = fs::remove_file(scene.folder.join("plugin0.so"));
        }
    };
    let Some(result) = broken("race/host-holds-gil", tamper) else { return };
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    assert_eq!(result.cause.as_ref().expect("the loader says so").id, "library-not-found");
}

/// A host that hangs before any thread calls is no deadlock over the GIL.
#[test]
fn a_hang_elsewhere_is_not_taken_for_the_deadlock() {
    let tamper = |scene: &Scene<'_>| {
        let [dll, kept] = ["plugin0.so", "kept.so"].map(|name| scene.folder.join(name));
        if !scene.case.starts_with("host holds the GIL") {
            fs::rename(&kept, &dll).expect("the DLL was kept");
        } else if !kept.exists() {
            fs::rename(&dll, &kept).expect("the DLL is there");
            // Who opens it to read waits for somebody who writes, for ever.
            let made = Command::new("mkfifo").arg(&dll).status();
            assert!(made.is_ok_and(|status| status.success()), "mkfifo works");
        }
    };
    let Some(target) = own_target() else { return };
    let options = Options {
        tamper: Some(Tamper::new(tamper)),
        timeout: Duration::from_secs(3),
        ..quick("race/host-holds-gil")
    };
    let result = run(target, &options).results.remove(0);
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let detail = result.detail.as_deref().expect("a failure says what was seen");
    assert!(detail.contains("hang in line"), "{detail}");
}

/// Nothing can be said about a race that was never run.
#[test]
fn no_iterations_are_one() {
    let Some(target) = own_target() else { return };
    let options = Options { iterations: Some(0), ..quick("race/threads-2") };
    let result = run(target, &options).results.remove(0);
    assert!(result.iterations > 0, "{}", explain(&result));
}
