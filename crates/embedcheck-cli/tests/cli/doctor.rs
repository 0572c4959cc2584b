//! `embedcheck doctor` as a command: subjects, streams, exit codes, and nothing left behind.

use std::ffi::OsStr;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{PROGRAM, Place, Seen};

const MISSING: &str =
    "Traceback (most recent call last):\nModuleNotFoundError: No module named '_cffi_backend'\n";

#[test]
fn one_subject_is_needed_and_no_more() {
    let place = Place::new();
    place.run(["doctor"]).expect_error(2, &["DLL", "--module", "--explain-log"]);
    for two in [
        ["doctor", "a.so", "--module", "m"].as_slice(),
        &["doctor", "a.so", "--explain-log", "-"],
        &["doctor", "--module", "m", "--explain-log", "-"],
    ] {
        place.run(two).expect_error(2, &["cannot be used with"]);
    }
    // Nothing is imported for a Python that is not here.
    let both = ["doctor", "--module", "m", "--runtime", "3.12", "--import", "program"];
    place.run(both).expect_error(2, &["--import", "--runtime"]);
    // Layers that nobody names cannot be looked at.
    let none = ["doctor", "--module", "m", "--lambda", "--runtime", "3.12"];
    place.run(none).expect_error(2, &["--path"]);
    place.run(["doctor", "--explain-log", "-", "--path", "x"]).expect_code(2);
    place.run(["doctor", "--explain-log", "-", "--host", "x"]).expect_code(2);
}

#[test]
fn what_cannot_be_read_is_named() {
    let place = Place::new();
    let folder = place.path().to_str().unwrap();
    place.run(["doctor", "--explain-log", "no.log"]).expect_error(2, &["no.log", "No such file"]);
    place.run(["doctor", "--explain-log", folder]).expect_error(2, &[folder, "directory"]);
    let seen = place.run(["doctor", "--explain-log", "x\u{1b}[31m"]);
    seen.expect_error(2, &["x\\u{1b}[31m"]);
    assert!(!seen.stderr.contains('\u{1b}'), "{}", seen.all());
}

#[test]
fn the_code_says_whether_something_was_recognised() {
    let place = Place::new();
    place.file("bad.log", MISSING);
    place.file("good.log", "all is well\n");
    place.file("note.log", "Error in sitecustomize; set PYTHONVERBOSE for traceback:\n");
    let seen = place.run(["doctor", "--explain-log", "bad.log"]);
    assert!(seen.expect_code(1).stdout.contains("[backend-missing-in-python]"), "{}", seen.all());
    let seen = place.run(["doctor", "--explain-log", "good.log"]);
    assert!(
        seen.expect_code(0).stdout.contains("nothing recognised in 1 line\n"),
        "{}",
        seen.all()
    );
    // A visit is proposed, and nothing is claimed.
    place.file("other.log", "ModuleNotFoundError: No module named 'ex'\n");
    let seen = place.run(["doctor", "--explain-log", "other.log"]);
    assert!(
        seen.expect_code(0).stdout.contains("$ embedcheck doctor --module ex\n"),
        "{}",
        seen.all()
    );
    let seen = place.run(["doctor", "--explain-log", "note.log"]);
    assert!(seen.expect_code(0).stdout.contains("note"), "{}", seen.all());
    place.run(["doctor", "--explain-log", "/dev/null"]).expect_code(0);
}

#[test]
fn a_log_comes_from_standard_input_too() {
    let place = Place::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(MISSING.as_bytes()).unwrap();
    drop(writer);
    let mut command = place.command(["doctor", "--explain-log", "-", "--format", "json"]);
    let seen = place.finish(command.stdin(reader));
    let json: serde_json::Value = serde_json::from_str(&seen.expect_code(1).stdout).unwrap();
    assert_eq!(json["schema"], "embedcheck.doctor/1");
    assert_eq!(json["subject"]["name"], "standard input");
    assert_eq!(json["findings"][0]["id"], "backend-missing-in-python");
    expect_valid(&place, &json);
}

fn expect_valid(place: &Place, document: &serde_json::Value) {
    let schema = place.run(["__schema", "doctor"]).expect_code(0).stdout.clone();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let errors: Vec<_> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0], "{document:#}");
}

/// A program in the place of the DLL, under names that no command stands as they are, beside hosts of every kind.
#[test]
fn what_is_said_of_a_dll_keeps_to_the_schema() {
    let place = Place::new();
    place.file("script", "#!/usr/bin/env python3\n");
    for name in [&b"new\nline.so"[..], b"l\xe4tin1.so"] {
        let dll = place.path().join(OsStr::from_bytes(name));
        std::fs::copy(PROGRAM, &dll).unwrap();
        for host in [PROGRAM, "script"] {
            let mut args: Vec<&OsStr> = vec!["doctor".as_ref(), dll.as_os_str()];
            args.extend(["--format", "json", "--host", host].map(OsStr::new));
            let seen = place.run(args);
            let json = serde_json::from_str(&seen.expect_code(1).stdout).unwrap();
            expect_valid(&place, &json);
            assert_eq!(json["findings"][0]["id"], "dll-not-a-library", "{json:#}");
        }
    }
}

#[test]
fn a_closed_standard_input_is_an_empty_log() {
    let place = Place::new();
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "exec \"$0\" doctor --explain-log - <&-", crate::common::PROGRAM]);
    place.scrub(&mut command);
    place.finish(&mut command).expect_code(0);
}

#[test]
fn a_diagnosis_goes_to_a_file_and_to_standard_output() {
    let place = Place::new();
    place.file("a.log", MISSING);
    let args = ["doctor", "--explain-log", "a.log", "--format", "json", "--output", "a.json"];
    let seen = place.run(args);
    assert!(seen.expect_code(1).stdout.starts_with("a.log\n"), "{}", seen.all());
    let file = std::fs::read_to_string(place.path().join("a.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&file).is_ok());
    for (output, reason) in [("/no/such/folder/a.json", "make its folder first"), (".", "folder")] {
        let seen = place.run(["doctor", "--explain-log", "a.log", "--output", output]);
        seen.expect_error(2, &[reason]);
    }
    // An old report outlives a log that cannot be read.
    place.file("old.json", "old");
    place.run(["doctor", "--explain-log", "no.log", "--output", "old.json"]).expect_code(2);
    assert_eq!(std::fs::read_to_string(place.path().join("old.json")).unwrap(), "old");
}

#[test]
fn a_wait_for_standard_input_can_be_interrupted() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let place = Place::new();
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = place.command(["doctor", "--explain-log", "-"]);
        command.stdin(OwnedFd::from(reader)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        // A second is more than enough for the program to wait; a signal before that ends it the same way, or by itself.
        std::thread::sleep(Duration::from_secs(1));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let began = Instant::now();
        let seen = Seen::new(format!("{signal:?}"), &child.wait_with_output().unwrap());
        drop(writer);
        place.assert_nothing_left();
        seen.expect_error(code, &["stopped by signal"]);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

/// What a log says goes into a command that somebody pastes.
#[test]
fn a_log_cannot_put_commands_into_the_advice() {
    let place = Place::new();
    place.file("a.log", "/p/$(reboot)`id`x.so: undefined symbol: Py_Initialize\n");
    let seen = place.run(["doctor", "--explain-log", "a.log"]);
    let command = "$ embedcheck doctor '/p/$(reboot)`id`x.so'";
    assert!(seen.expect_code(1).stdout.contains(command), "{}", seen.all());
}

#[test]
fn dlls_that_are_none_are_refused() {
    let place = Place::new();
    place.file("text.so", "not a library\n");
    place.file("empty.so", "");
    place.file("half.so", b"\x7fELF\x02\x01\x01");
    let folder = place.path().to_str().unwrap();
    for dll in ["/no/such.so", folder, "text.so", "empty.so", "half.so", "/dev/zero"] {
        let seen = place.run(["doctor", dll]);
        seen.expect_error(2, &[dll]);
    }
}
