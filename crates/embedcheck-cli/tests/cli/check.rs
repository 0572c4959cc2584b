//! `embedcheck check` on a real Python of this machine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use embedcheck::env::Caller;
use embedcheck::report::from_json;
use embedcheck::target::{Options, Support, discover};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::common::{Place, Seen};

/// A Python that gets every check. Without one a test ends early and says so;
/// `EMBEDCHECK_REQUIRE_ALL=1` makes that a failure.
pub(crate) fn python() -> Option<PathBuf> {
    let caller = Caller::from_process();
    let targets = discover(&caller, &Options::default()).targets;
    let usable = targets.into_iter().find(|target| {
        target.support == Support::Full
            && target.embeddable().is_ok()
            && target.executable.is_some()
    });
    let python = usable.and_then(|target| target.executable);
    if python.is_none() {
        assert!(!caller.require_all, "no CPython with a shared libpython was found");
        // Not `eprintln!`, which is swallowed for a test that passes.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: no CPython with a shared libpython was found");
    }
    python
}

fn check(place: &Place, python: &Path, args: &[&str]) -> Command {
    let mut command = place.command(["check", "--offline", "--python"]);
    command.arg(python).args(args);
    command
}

#[test]
fn a_report_as_text() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let seen = place.finish(&mut check(&place, &python, &["--only", "load/global"]));
    seen.expect_code(0);
    assert!(seen.stdout.contains("\n  pass   load/global  "), "{}", seen.all());
    let last = seen.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("1 check: 1 passed, 0 failed; "), "{}", seen.all());
    // No progress bar, no colours.
    assert_eq!(seen.stderr, "", "{}", seen.all());
    assert!(!seen.stdout.contains('\u{1b}'), "{}", seen.all());
}

#[test]
fn a_report_as_json_keeps_to_the_schema() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--only", "load/global", "--only", "load/local", "--format", "json"];
    let seen = place.finish(&mut check(&place, &python, &args));
    let report: Value = serde_json::from_str(&seen.expect_code(0).stdout).unwrap();
    let schema: Value = serde_json::from_str(&place.run(["__schema"]).stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let reports = from_json(seen.stdout.as_bytes()).unwrap().into_reports();
    assert_eq!(reports[0].results.len(), 2);
    assert!(reports[0].summary.embedded > 0);
}

#[test]
fn a_report_in_a_file() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--only", "load/global", "--format", "json", "--output", "report.json"];
    let seen = place.finish(&mut check(&place, &python, &args));
    assert!(seen.expect_code(0).stdout.contains("  pass   load/global"), "{}", seen.all());
    let text = std::fs::read(place.path().join("report.json")).unwrap();
    assert_eq!(from_json(&text).unwrap().into_reports().len(), 1);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_behind_the_file_is_an_error() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--only", "load/global", "--output", "/dev/full"];
    let seen = place.finish(&mut check(&place, &python, &args));
    seen.expect_error(2, &["cannot write the report to /dev/full: No space left"]);
}

#[test]
fn a_limit_fails_only_when_strict() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--only", "load/promote-after-failure", "--only", "load/local", "--format", "json"];
    let seen = place.finish(&mut check(&place, &python, &args));
    let reports = from_json(seen.expect_code(0).stdout.as_bytes()).unwrap().into_reports();
    let limits = reports[0].summary.limit;
    let strict = place.finish(check(&place, &python, &args).arg("--strict"));
    strict.expect_code(i32::from(limits > 0));
}

#[test]
fn what_embeds_nothing_is_not_green_and_a_required_skip_is_red() {
    let Some(python) = python() else { return };
    let place = Place::new();
    // Without a compiler nothing can be linked.
    let command = |value: &str| {
        let mut command = check(&place, &python, &["--only", "load/host-linked"]);
        command.env("PATH", "/nonexistent").env("EMBEDCHECK_REQUIRE_ALL", value);
        command
    };
    let seen = place.finish(&mut command("0"));
    assert!(seen.expect_code(3).stdout.contains("\n  skip   load/host-linked"), "{}", seen.all());
    let seen = place.finish(&mut command("1"));
    assert!(seen.expect_code(1).stdout.contains("\n  fail   load/host-linked"), "{}", seen.all());
}

/// A venv whose interpreter says that it is PyPy, which cannot be embedded the same way.
#[test]
fn a_python_that_cannot_be_embedded_is_not_green() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let venv = place.path().join("venv");
    let mut command = Command::new(&python);
    command.args(["-m", "venv", "--without-pip"]).arg(&venv);
    place.scrub(&mut command);
    place.finish(&mut command).expect_code(0);
    let libraries = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    let pretend = "import sys; sys.implementation.name = 'pypy'\n";
    std::fs::write(libraries.join("site-packages/pretend.pth"), pretend).unwrap();
    let seen = place.finish(&mut check(&place, &venv.join("bin/python3"), &[]));
    seen.expect_error(3, &["embedcheck: PyPy "]);
}

#[test]
fn an_interruption_leaves_nothing_behind() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let report = place.file("report.txt", "old");
    let mut command = check(&place, &python, &["--output", "report.txt"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // In the middle: the scratch folder of the run is there.
    while !place.is_busy() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let seen = Seen::new(format!("{command:?}"), &child.wait_with_output().unwrap());
    seen.expect_error(130, &["stopped by signal 2"]);
    place.assert_nothing_left();
    assert_eq!(std::fs::read_to_string(report).unwrap(), "old");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "a temporary report is left");
}

/// The name of a group stands for its checks.
#[test]
fn a_group_by_its_name() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--only", "predict", "--skip", "predict/local", "--format", "json"];
    let seen = place.finish(&mut check(&place, &python, &args));
    let reports = from_json(seen.expect_code(0).stdout.as_bytes()).unwrap().into_reports();
    let ids: Vec<_> = reports[0].results.iter().map(|result| result.id.as_str()).collect();
    assert_eq!(ids, ["predict/global", "predict/resolution"]);
}

/// With `--keep` a run can be made again: the DLL, the plan and the environment are there.
#[test]
fn what_is_kept_can_be_run_again() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let kept = place.path().join("kept");
    let args = ["--only", "predict/resolution", "--keep", kept.to_str().unwrap()];
    place.finish(&mut check(&place, &python, &args)).expect_code(0);
    let folder = kept.join("predict-resolution-live");
    let file = |extension: &str| {
        let mut files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
    };
    let mut again = place.command(["run", "--host", "c", "--format", "json"]);
    again.arg(file("plan"));
    for variable in std::fs::read_to_string(file("env")).unwrap().lines() {
        again.args(["--env", variable]);
    }
    let seen = place.finish(&mut again);
    let observation: Value = serde_json::from_str(&seen.expect_code(0).stdout).unwrap();
    let answer = |event: &Value| event["op"] == "call" && event["value"] == 42;
    assert!(observation["events"].as_array().unwrap().iter().any(answer), "{}", seen.all());
}

/// A package build sets a HOME that does not exist; it still does not exist afterwards.
#[test]
fn a_home_that_does_not_exist_is_not_made() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let home = place.path().join("nonexistent");
    let mut command = check(&place, &python, &["--only", "load/linked-dll"]);
    command.env_remove("EMBEDCHECK_CACHE").env_remove("XDG_CACHE_HOME").env("HOME", &home);
    place.finish(&mut command);
    assert!(!home.exists());
}
