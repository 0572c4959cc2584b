//! Wrong targets, wrong globs, places that cannot be written.

use std::os::unix::fs::PermissionsExt;

use crate::common::Place;

#[test]
fn what_is_no_python_is_refused() {
    let place = Place::new();
    let folder = place.path().to_str().unwrap();
    let text = place.file("text", "not a program\n");
    let text = text.to_str().unwrap();
    let half = place.file("libpython3.11.so.1.0", b"\x7fELF\x02\x01\x01");
    let half = half.to_str().unwrap();
    for command in ["check", "targets"] {
        let named = |option, value| place.run([command, option, value]);
        named("--python", "/no/such/python").expect_error(2, &["/no/such/python"]);
        named("--python", "no-such-name").expect_error(2, &["no-such-name"]);
        named("--python", folder).expect_error(2, &[folder, "directory"]);
        named("--python", text).expect_error(2, &[text, "not executable"]);
        named("--libpython", "/no/such/libpython.so").expect_error(2, &["/no/such/libpython.so"]);
        named("--libpython", folder).expect_error(2, &[folder, "directory"]);
        named("--libpython", text).expect_error(2, &[text]);
        named("--libpython", half).expect_error(2, &[half]);
    }
}

#[test]
fn garbage_that_runs_is_no_python_either() {
    let place = Place::new();
    let fake = place.file("python3", "#!/bin/sh\necho hello\n");
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let fake = fake.to_str().unwrap();
    place.run(["check", "--python", fake]).expect_error(2, &[fake]);
}

#[test]
fn no_python_on_path() {
    let place = Place::new();
    let mut command = place.command(["check"]);
    place.finish(command.env("PATH", "/nonexistent")).expect_error(2, &["python3", "PATH"]);
}

#[test]
fn a_glob_that_matches_nothing_is_an_error() {
    let place = Place::new();
    for option in ["--only", "--skip"] {
        let seen = place.run(["check", option, "laod/*"]);
        seen.expect_error(2, &[option, "laod/*", "load"]);
    }
    place.run(["check", "--only", "load/["]).expect_error(2, &["--only", "load/["]);
    place.run(["check", "--only", "load/*", "--skip", "*"]).expect_error(2, &["--skip"]);
}

/// A place that cannot be written is known before the work is done.
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let place = Place::new();
    let folder = place.path().to_str().unwrap();
    for (output, reason) in [
        ("/no/such/folder/report.json", "make its folder first"),
        ("/proc/report.json", "cannot write the report to /proc/report.json"),
        (folder, "name a file, not a folder"),
    ] {
        // The target is wrong too, which would be found out later.
        let seen = place.run(["check", "--python", "/no/such/python", "--output", output]);
        seen.expect_error(2, &[output, reason]);
    }
}

/// Nothing of a report is left when what was to be reported did not come about.
#[test]
fn an_error_leaves_the_old_report_alone() {
    let place = Place::new();
    let report = place.file("report.json", "old");
    place.run(["check", "--python", "/no/such/python", "--output", "report.json"]).expect_code(2);
    assert_eq!(std::fs::read_to_string(report).unwrap(), "old");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn targets_as_json() {
    let place = Place::new();
    let seen = place.run(["targets", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&seen.expect_code(0).stdout).unwrap();
    assert_eq!(json["schema"], "embedcheck.targets/1");
    assert!(json["targets"].is_array() && json["problems"].is_array(), "{json:#}");
}
