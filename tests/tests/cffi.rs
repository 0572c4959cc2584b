//! The cffi group on real builds, each check broken once, and the Python host by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use embedcheck::check::{self, Options, Scene, Tamper};
use embedcheck::env::Caller;
use embedcheck::report::{CheckResult, Verdict};
use embedcheck::run::{NoProgress, Stop};
use embedcheck::target::{Linkage, Support, Target};
use embedcheck_tests::{
    CALLER, TARGETS, explain, is_whole, lose_libpython, options, own_target, required, root, run,
    run_broken, target, was_run,
};

#[test]
fn the_group_is_good_on_real_builds() {
    // An interpreter with all of Python in itself, beside its libpython, is a case of its own.
    let is_static = |target: &&Target| {
        target.linkage == Linkage::StaticWithShared && target.support == Support::Full
    };
    let separate =
        required("a static interpreter with a libpython", TARGETS.iter().find(is_static));
    let targets =
        [own_target(), separate, target("3.8"), target("3.9"), target("3.12"), target("3.13")];
    for target in targets.into_iter().flatten() {
        let options = Options { only: vec!["cffi/*".to_owned()], ..options() };
        for result in run(target, &options).results.into_iter().filter(was_run) {
            assert_eq!(result.verdict, Verdict::Pass, "{}: {}", target.id, explain(&result));
            if matches!(&*result.id, "cffi/missing-backend" | "cffi/wrong-abi-backend") {
                assert_eq!(result.verified.len(), 1, "{}", explain(&result));
            }
        }
    }
}

/// Runs a check on damaged files: it must fail, with this cause.
fn fails(id: &str, cause: Option<&str>, tamper: impl Fn(&Scene<'_>) + Send + Sync + 'static) {
    let Some(target) = own_target() else { return };
    let result = run_broken(target, id, Tamper::new(tamper));
    if !was_run(&result) {
        return;
    }
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let seen = result.cause.as_ref().map(|seen| &*seen.id);
    assert_eq!(seen, cause, "{}", explain(&result));
}

/// Changes the frozen code of a DLL. Its length must stay.
fn patch(dll: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(dll).expect("the DLL is there");
    let at = bytes.windows(from.len()).position(|seen| seen == from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{} has no {from:?}", dll.display()));
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    fs::write(dll, bytes).expect("the DLL can be written");
}

fn patched(from: &'static str, to: &'static str) -> impl Fn(&Scene<'_>) + Send + Sync {
    move |scene| patch(&scene.folder.join("plugin.so"), from, to)
}

#[test]
fn init_error_fails_when_nothing_is_raised() {
    fails("cffi/init-error", Some("cffi-unattached"), patched("raise KeyError", "pass  # Error "));
}

#[test]
fn init_error_fails_when_something_else_is_raised() {
    fails("cffi/init-error", Some("python-exception"), patched("raise KeyError", "raise OSError "));
}

#[test]
fn unattached_fails_when_the_function_is_attached() {
    let to = "def unattached(*x):\n    return sum(x)";
    fails("cffi/unattached", Some("cffi-unattached"), move |scene| {
        patch(&scene.folder.join("plugin.so"), "def attached(x, y):\n    return x + y\n", to);
    });
}

#[test]
fn exception_fails_when_the_text_differs() {
    fails(
        "cffi/exception",
        Some("python-exception"),
        patched("raise ValueError(\"plain %d\" % x)", "raise OSError   (\"plain %d\" % x)"),
    );
}

#[test]
fn error_value_fails_when_another_value_is_declared() {
    fails("cffi/error-value", None, patched("error=-7", "error=-8"));
    fails("cffi/error-value", None, patched("error=14", "error=13"));
}

#[test]
fn recursion_fails_when_the_host_is_not_called() {
    fails("cffi/recursion", None, patched("lib.my_callback(400)", "(400 + 9)           "));
}

#[test]
fn recursion_fails_when_the_function_is_attached_too_late() {
    fails(
        "cffi/recursion",
        Some("cffi-unattached"),
        patched("@ffi.def_extern()\n", "# not attached   \n"),
    );
}

#[test]
fn missing_backend_fails_when_something_else_answers_to_the_name() {
    let minor = own_target().map_or(0, |target| target.version.minor);
    fails("cffi/missing-backend", Some("backend-shadowed"), move |scene| {
        let site = scene.folder.join(format!("venv/lib/python3.{minor}/site-packages"));
        if scene.case.starts_with("no backend") {
            fs::create_dir_all(&site).expect("the venv can be changed");
            fs::write(site.join("_cffi_backend.py"), "").expect("the file can be written");
        }
    });
}

#[test]
fn missing_backend_fails_when_the_remedy_does_not_help() {
    fails("cffi/missing-backend", Some("libpython-not-found"), |scene| {
        if scene.case.starts_with("backend on PYTHONPATH") {
            lose_libpython(&scene.folder.join("plugin.so"));
        }
    });
}

#[test]
fn wrong_abi_backend_fails_when_it_is_no_backend_at_all() {
    fails("cffi/wrong-abi-backend", Some("damaged-file"), |scene| {
        let site = fs::read_dir(scene.folder.join("site")).expect("the folder is there");
        for file in site.flatten() {
            fs::write(file.path(), "short").expect("the file can be written");
        }
    });
}

#[test]
fn wrong_abi_backend_fails_when_the_right_one_is_found() {
    // Nothing is found in the folder, and the bare installation has no CFFI, or has the right one.
    let Some(target) = own_target() else { return };
    let tamper = Tamper::new(|scene: &Scene<'_>| {
        fs::remove_dir_all(scene.folder.join("site")).expect("the folder is there");
    });
    let result = run_broken(target, "cffi/wrong-abi-backend", tamper);
    if !was_run(&result) {
        return;
    }
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
}

#[test]
fn wrong_abi_backend_is_skipped_when_nothing_may_be_fetched() {
    let Some(target) = own_target() else { return };
    let cache = tempfile::tempdir().expect("a temporary folder");
    let caller = Caller { embedcheck_cache: Some(cache.path().to_owned()), ..CALLER.clone() };
    let options =
        Options { only: vec!["cffi/wrong-abi-backend".to_owned()], offline: true, ..options() };
    let stop = Stop::new().expect("a descriptor is left");
    let report = check::check(target, &caller, &options, &stop, &NoProgress);
    let result = &report.expect("there is a report").results[0];
    assert_eq!(result.verdict, Verdict::Skip, "{}", explain(result));
    let reason = result.detail.as_deref().unwrap_or_default();
    assert!(reason.contains("--offline forbids to fetch it"), "{reason}");
}

#[test]
fn import_fails_without_libpython() {
    // The interpreter has loaded its libpython under another name.
    for (case, file) in [
        ("_add1_cffi", "_add1_cffi.so"),
        ("plugin.so", "plugin.so"),
        ("_raises", "_raises_cffi.so"),
    ] {
        fails("cffi/import", Some("libpython-not-found"), move |scene| {
            if scene.case.contains(case) {
                lose_libpython(&scene.folder.join(file));
            }
        });
    }
}

#[test]
fn import_fails_when_the_file_is_another_module() {
    let modules = own_target().map(|target| target.extension_modules.as_slice());
    let module = modules.and_then(<[_]>::first).map(|module| module.path.clone());
    let Some(module) = required("an extension module", module) else { return };
    fails("cffi/import", Some("wrong-module-name"), move |scene| {
        let dll = scene.folder.join("_add1_cffi.so");
        if dll.exists() {
            fs::copy(&module, dll).expect("the module can be copied");
        }
    });
}

#[test]
fn ctypes_fails_without_libpython_and_on_a_wrong_sum() {
    fails("cffi/ctypes", Some("libpython-not-found"), |scene| {
        lose_libpython(&scene.folder.join("plugin.so"));
    });
    fails("cffi/ctypes", None, patched("return x + y", "return x - y"));
}

#[test]
fn static_host_fails_without_libpython() {
    fails("cffi/static-host", Some("libpython-not-found"), |scene| {
        lose_libpython(&scene.folder.join("host"));
    });
}

#[test]
fn static_host_fails_on_a_wrong_sum() {
    fails("cffi/static-host", None, |scene| {
        patch(&scene.folder.join("host"), "return x + y", "return x - y");
    });
}

#[test]
fn linked_host_fails_without_libpython() {
    fails("cffi/linked-host", Some("libpython-not-found"), |scene| {
        lose_libpython(&scene.folder.join("libadd1.so"));
    });
}

#[test]
fn linked_host_fails_without_the_dll() {
    fails("cffi/linked-host", Some("library-not-found"), |scene| {
        fs::remove_file(scene.folder.join("libadd1.so")).expect("the DLL is there");
    });
}

/// The Python host, called by hand with a plan.
fn python_host(arguments: &[&str], plan: &str) -> Option<Output> {
    let interpreter = own_target().and_then(|target| target.executable.clone());
    let interpreter = required("an interpreter", interpreter)?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("plan.txt");
    fs::write(&file, plan).expect("the plan can be written");
    let script: PathBuf = root().join("crates/embedcheck/src/check/python_host.py");
    let file = file.to_str().expect("the temporary folder is text");
    let arguments = arguments.iter().map(|word| if *word == "PLAN" { file } else { word });
    Some(
        Command::new(interpreter)
            .arg("-B")
            .arg(script)
            .args(arguments)
            .output()
            .expect("the interpreter can be started"),
    )
}

#[test]
fn the_python_host_refuses_bad_plans_before_it_begins() {
    for (plan, place) in [
        ("", "1:1: the plan is empty"),
        ("embedcheck-plan 2\n", "1:1: the first line"),
        ("embedcheck-plan 1\nthreads\n", "2:1: the Python host knows no step `threads`"),
        ("embedcheck-plan 1\n\nopen h \"x\" NOW|ODD\n", "3:12: unknown flag"),
        ("embedcheck-plan 1\nopen h \"x NOW\n", "2:14: the string has no end"),
        ("embedcheck-plan 1\nopen h \"\\x00\" NOW\n", "2:13: \\x needs"),
        ("embedcheck-plan 1\ncall h f i(p) null\n", "2:10: the Python host knows arguments"),
        ("embedcheck-plan 1\ncall h f i(i)\n", "2:14: the argument is missing"),
        ("embedcheck-plan 1\ncall h f i(i) 1 errno=x\n", "2:17: errno=N"),
        ("embedcheck-plan 1\nfacts locale\n", "2:7: the Python host knows the facts"),
        ("embedcheck-plan 1\nsleep 1 2\n", "2:9: nothing may follow"),
    ] {
        for arguments in [&["--check", "PLAN"][..], &["--plan", "PLAN", "--events-fd", "1"]] {
            let Some(output) = python_host(arguments, plan) else { return };
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{plan:?}: {stderr}");
            assert!(stderr.contains(&format!("plan.txt:{place}")), "{plan:?}: {stderr}");
            assert!(output.stdout.is_empty(), "{plan:?}");
        }
    }
}

#[test]
fn the_python_host_writes_the_events_of_the_document() {
    let plan = "embedcheck-plan 1\n# a comment\nsetenv A \"\\x41\\t\"\ncall h f i()\nfacts python prefix threads\nexit 9\n";
    let Some(output) = python_host(&["--plan", "PLAN", "--events-fd", "1"], plan) else { return };
    let stdout = String::from_utf8_lossy(&output.stdout);
    let events: Vec<serde_json::Value> =
        stdout.lines().map(|line| serde_json::from_str(line).expect("an event is JSON")).collect();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            (text("event"), event["step"].as_u64().unwrap_or(0), text("op"))
        })
        .collect();
    let line = |event: &str, step, op: &str| (event.to_owned(), step, op.to_owned());
    assert_eq!(
        seen,
        [
            line("start", 0, ""),
            line("begin", 3, "setenv"),
            line("end", 3, "setenv"),
            line("begin", 4, "call"),
            line("end", 4, "call"),
            line("begin", 5, "facts"),
            line("end", 5, "facts"),
            line("begin", 6, "exit"),
            line("finish", 0, ""),
        ],
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(events[4]["error"], "LookupError: no handle \"h\"");
    assert_eq!(events[6]["value"]["python"]["initialized"], true);
    assert_eq!(events[6]["value"]["threads"], 1);
    assert_eq!(events[8]["code"], 9);
    assert_eq!(output.status.code(), Some(9));
}

/// What the document says about this host is what the host says of itself.
#[test]
fn the_document_names_what_the_python_host_knows() {
    let Some(output) = python_host(&["--list"], "") else { return };
    let stdout = String::from_utf8_lossy(&output.stdout);
    let document = fs::read_to_string(root().join("docs/plan-format.md")).expect("it is there");
    let (_, section) = document.split_once("## The Python host").expect("it has the section");
    for line in stdout.lines() {
        let (kind, name) = line.split_once(' ').expect("a line has two words");
        assert!(section.contains(&format!("`{name}`")), "the document lacks {kind} {name}");
    }
    assert!(stdout.contains("step open\n") && stdout.contains("fact images\n"), "{stdout}");
}

#[test]
fn hosts_and_producers_are_named() {
    let Some(target) = own_target() else { return };
    let options = Options { only: vec!["cffi/*".to_owned()], ..options() };
    let results = run(target, &options).results;
    if !results.iter().all(is_whole) {
        return;
    }
    let hosts = |id: &str| -> Vec<String> {
        let result = results.iter().find(|result: &&CheckResult| result.id == id);
        result.expect("it ran").hosts.iter().map(ToString::to_string).collect()
    };
    assert_eq!(hosts("cffi/exception"), ["c", "rust"]);
    assert_eq!(hosts("cffi/import"), ["python"]);
    assert_eq!(hosts("cffi/static-host"), ["c-static"]);
    assert_eq!(hosts("cffi/linked-host"), ["c-linked"]);
}
