//! The share group on real builds: what each check says of them, and every check broken once.

use std::fs;
use std::path::Path;

use embedcheck::check::{Options, Tamper};
use embedcheck::elf::{Editor, Tag};
use embedcheck::report::{CheckResult, Producer, Verdict};
use embedcheck::target::Target;
use embedcheck_tests::{
    TARGETS, explain, options, own_target, required, run, run_broken, target, was_run,
};

/// Every check with its verdict on a build that is as it should be, and the cause if that is no pass.
const EXPECTED: [(&str, Verdict, Option<&str>); 8] = [
    ("share/one-interpreter", Verdict::Pass, None),
    ("share/monkey-patch", Verdict::Pass, None),
    ("share/same-name-local", Verdict::Pass, None),
    ("share/same-name-global", Verdict::Limit, Some("pyinit-interposed")),
    ("share/one-image", Verdict::Pass, None),
    ("share/second-libpython-local", Verdict::Pass, None),
    ("share/second-libpython-global", Verdict::Limit, Some("wrong-libpython-wins")),
    ("share/second-libpython-namespace", Verdict::Limit, Some("namespaces-share-thread-data")),
];

fn verdicts(target: &Target) {
    let report = run(target, &Options { only: vec!["share/*".to_owned()], ..options() });
    assert_eq!(report.results.len(), EXPECTED.len());
    for (result, (id, verdict, cause)) in report.results.iter().zip(EXPECTED) {
        let about = format!("{}: {}", target.id, explain(result));
        assert_eq!(result.id, id, "{about}");
        if !was_run(result) {
            continue;
        }
        assert_eq!(result.verdict, verdict, "{about}");
        assert_eq!(cause_of(result), cause, "{about}");
        assert_eq!(result.verified.is_empty(), verdict == Verdict::Pass, "{about}");
    }
}

fn cause_of(result: &CheckResult) -> Option<&str> {
    result.cause.as_ref().map(|cause| cause.id.as_str())
}

#[test]
fn own_python() {
    if let Some(target) = own_target() {
        verdicts(target);
    }
}

#[test]
fn python_3_9() {
    if let Some(target) = target("3.9") {
        verdicts(target);
    }
}

#[test]
fn python_3_12() {
    if let Some(target) = target("3.12") {
        verdicts(target);
    }
}

#[test]
fn python_3_13() {
    if let Some(target) = target("3.13") {
        verdicts(target);
    }
}

/// Two targets that ld.so can tell apart: without them there is nothing to break.
fn one_of_several() -> Option<&'static Target> {
    let several = TARGETS.iter().any(|one| one.version.minor != TARGETS[0].version.minor);
    required("two CPythons of different versions", several.then(own_target).flatten())
}

/// Changes a DLL in the folder of a case.
fn edit(file: &Path, change: impl FnOnce(&mut Editor)) {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut editor = Editor::from_bytes(bytes).unwrap();
    change(&mut editor);
    // A new file: the old one may be a link.
    fs::remove_file(file).unwrap();
    editor.write(file).unwrap();
}

/// The entry of DT_NEEDED that names libpython.
fn libpython_of(editor: &Editor) -> (usize, String) {
    let names = (0..).map_while(|nth| Some((nth, editor.string(Tag::Needed, nth).ok()?)));
    names.into_iter().find(|(_, name)| name.starts_with("libpython")).unwrap()
}

/// Gives the DLL a libpython of its own: a copy beside it, with a soname that ld.so has not seen.
fn give_own_libpython(target: &Target, dll: &Path) {
    let folder = dll.parent().unwrap();
    let soname = target.libpython.as_ref().unwrap().soname.as_deref().unwrap();
    let other = format!("{}9", &soname[..soname.len() - 1]);
    let copy = folder.join(&other);
    fs::copy(&target.libpython.as_ref().unwrap().real_path, &copy).unwrap();
    edit(&copy, |editor| editor.set_string(Tag::Soname, 0, &other).unwrap());
    edit(dll, |editor| {
        let (nth, _) = libpython_of(editor);
        editor.set_string(Tag::Needed, nth, &other).unwrap();
        editor.set_string(Tag::RunPath, 0, "$ORIGIN").unwrap();
    });
}

fn failed_with(result: &CheckResult, cause: &str, words: &str) {
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(result));
    assert_eq!(cause_of(result), Some(cause), "{}", explain(result));
    let detail = result.detail.as_deref().unwrap_or_default();
    assert!(detail.contains(words), "{}", explain(result));
}

/// Two copies of libpython, each in the local scope of its own DLL, are two interpreters.
#[test]
fn two_interpreters_are_seen() {
    let Some(target) = own_target() else { return };
    for id in ["share/one-interpreter", "share/monkey-patch"] {
        let tamper = Tamper::new(|scene| {
            if scene.case.starts_with("probe and probe") {
                give_own_libpython(target, &scene.folder.join("b.so"));
            }
        });
        let result = run_broken(target, id, tamper);
        failed_with(&result, "two-libpythons", ": returned 0, not ");
    }
}

#[test]
fn a_second_image_is_seen() {
    let Some(target) = own_target() else { return };
    let tamper = Tamper::new(|scene| give_own_libpython(target, &scene.folder.join("one.so")));
    let result = run_broken(target, "share/one-image", tamper);
    failed_with(&result, "two-libpythons", "DLLs opened by a c host: ");
}

/// A copy with the same soname is taken for the libpython by every DLL that comes later: there is
/// one image, and it is the wrong one.
#[test]
fn an_image_from_elsewhere_is_seen() {
    let Some(target) = own_target() else { return };
    let libpython = target.libpython.as_ref().unwrap();
    let tamper = Tamper::new(|scene| {
        if scene.case.contains("linked") {
            return;
        }
        let copy = scene.folder.join(libpython.soname.as_deref().unwrap());
        fs::copy(&libpython.real_path, copy).unwrap();
        edit(&scene.folder.join("one.so"), |editor| {
            editor.set_string(Tag::RunPath, 0, "$ORIGIN").unwrap();
        });
    });
    let result = run_broken(target, "share/one-image", tamper);
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let detail = result.detail.as_deref().unwrap_or_default();
    assert!(detail.contains("Py_IsInitialized is that of "), "{}", explain(&result));
}

/// Takes away the function by which a CFFI DLL finds its own module.
fn hide_module(dll: &Path) {
    edit(dll, |editor| editor.hide_symbol("PyInit_my_plugin_same").unwrap());
}

/// Whether the damage could not be done: it is one of a CFFI DLL, and this machine has no CFFI.
fn lacks_cffi(result: &CheckResult) -> bool {
    !result.producers.contains(&Producer::Cffi)
}

#[test]
fn a_module_that_is_not_found_in_a_local_dll_is_a_failure() {
    let Some(target) = own_target() else { return };
    let tamper = Tamper::new(|scene| hide_module(&scene.folder.join("b.so")));
    let result = run_broken(target, "share/same-name-local", tamper);
    if !was_run(&result) || lacks_cffi(&result) {
        return;
    }
    failed_with(&result, "crash", "SIGSEGV");
}

/// Only the known interposition is a limit, and only with a workaround that was seen working.
#[test]
fn same_name_global_tells_a_failure_from_the_limit() {
    let Some(target) = own_target() else { return };
    let plain = |case: &str| case.starts_with("cffi, RTLD_GLOBAL, in a ");
    let tamper = Tamper::new(move |scene| {
        if plain(scene.case) {
            hide_module(&scene.folder.join("a.so"));
        }
    });
    let result = run_broken(target, "share/same-name-global", tamper);
    if !was_run(&result) || lacks_cffi(&result) {
        return;
    }
    failed_with(&result, "crash", "SIGSEGV");

    let tamper = Tamper::new(move |scene| {
        if !plain(scene.case) && scene.case.starts_with("cffi") {
            fs::remove_file(scene.folder.join("b.so")).unwrap();
        }
    });
    let result = run_broken(target, "share/same-name-global", tamper);
    failed_with(&result, "pyinit-interposed", "returned 0, not 42");
    assert_eq!(result.verified, Vec::<String>::new());
}

/// Makes the second DLL one of the first Python.
fn bind_to_the_first(folder: &Path) {
    let second = folder.join("second.so");
    fs::remove_file(&second).unwrap();
    fs::copy(folder.join("first.so"), second).unwrap();
}

#[test]
fn a_dll_in_the_wrong_python_is_seen() {
    let Some(target) = one_of_several() else { return };
    for id in ["share/second-libpython-local", "share/second-libpython-namespace"] {
        let tamper = Tamper::new(|scene| bind_to_the_first(scene.folder));
        let result = run_broken(target, id, tamper);
        // The DLL itself says what it names; the copy asks in the name of the other.
        failed_with(&result, "wrong-libpython-wins", " returned ");
        let cause = result.cause.as_ref().unwrap();
        assert!(cause.summary.contains("runs in Python"), "{}", cause.summary);
    }
}

#[test]
fn second_libpython_global_tells_a_failure_from_the_limit() {
    let Some(target) = one_of_several() else { return };
    let id = "share/second-libpython-global";
    let remedy = |case: &str| case.contains("namespace");
    let misled = |folder: &Path| {
        edit(&folder.join("second.so"), |editor| {
            editor.set_string(Tag::RunPath, 0, "/nonexistent").unwrap();
        });
    };
    let tamper = Tamper::new(move |scene| {
        if !remedy(scene.case) {
            misled(scene.folder);
        }
    });
    failed_with(
        &run_broken(target, id, tamper),
        "libpython-not-found",
        "cannot open shared object",
    );

    let tamper = Tamper::new(move |scene| {
        if remedy(scene.case) {
            misled(scene.folder);
        }
    });
    let result = run_broken(target, id, tamper);
    failed_with(&result, "wrong-libpython-wins", "both DLLs run in CPython");
    assert_eq!(result.verified, Vec::<String>::new());
}

/// Nobody has to name a second Python: the machine is searched for one.
#[test]
fn a_second_python_is_found_without_a_list() {
    let Some(target) = one_of_several() else { return };
    let only = vec!["share/second-libpython-local".to_owned()];
    let report = run(target, &Options { only, others: None, ..options() });
    let result = &report.results[0];
    assert_eq!(result.verdict, Verdict::Pass, "{}", explain(result));
    let detail = result.detail.as_deref().unwrap_or_default();
    let own = format!("CPython {} first, then CPython ", target.version);
    assert!(detail.starts_with(&own), "{detail}");
    let second = format!("then CPython {}.{}.", target.version.major, target.version.minor);
    assert!(!detail.contains(&second), "{detail}");
}

/// Without a second libpython nothing was shown, and nothing is claimed.
#[test]
fn no_second_libpython_is_a_skip() {
    let Some(target) = own_target() else { return };
    for others in [Vec::new(), vec![target.clone()]] {
        let only = vec!["share/second-*".to_owned()];
        let report = run(target, &Options { only, others: Some(others), ..options() });
        for result in &report.results {
            assert_eq!(result.verdict, Verdict::Skip, "{}", explain(result));
            let reason = result.detail.as_deref().unwrap_or_default();
            assert!(reason.starts_with("no second libpython"), "{reason}");
        }
    }
}
