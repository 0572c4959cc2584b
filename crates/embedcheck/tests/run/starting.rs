//! Programs that cannot be started, and those that can at the second attempt only.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use embedcheck::run::{Ended, Environment, RunError, RunSpec, ScratchRoot, Stop, run};

use crate::{script, skip};

fn spec(program: &Path) -> RunSpec {
    RunSpec::new(program, Environment::empty(), "/")
}

#[track_caller]
fn refusal(program: &Path) -> String {
    let error = run(&spec(program), &Stop::new().unwrap()).unwrap_err();
    assert!(matches!(error, RunError::NotStarted { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot start {}: ", program.display())), "{text}");
    text
}

#[track_caller]
fn program(folder: &Path, name: &str, mode: u32, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    path
}

#[test]
fn each_reason_has_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let cases = [
        (at.join("missing"), "there is no such file"),
        (at.to_owned(), "it is a folder"),
        (program(at, "data", 0o600, b"#!/bin/sh\n"), "it is not marked as executable (chmod +x)"),
        (
            program(at, "garbage", 0o700, b"\x7fELF and no more"),
            "it is neither a program for this machine nor a script with a `#!` line",
        ),
        (
            program(at, "script", 0o700, b"#! /no/such/python3 -E\n"),
            "it is a script for /no/such/python3, which does not exist",
        ),
    ];
    for (program, reason) in cases {
        let text = refusal(&program);
        assert!(text.ends_with(reason), "{text}");
    }
}

#[test]
fn a_missing_dynamic_loader_is_not_a_missing_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read("/bin/sh").unwrap();
    // The path in PT_INTERP, on any machine with glibc or musl.
    let Some(at) = bytes.windows(4).position(|window| window == b"/ld-") else {
        skip("/bin/sh names no dynamic loader");
        return;
    };
    bytes[at..at + 4].copy_from_slice(b"/xx-");
    let text = refusal(&program(folder.path(), "sh", 0o700, &bytes));
    assert!(text.contains("dynamic loader"), "{text}");
}

#[test]
fn a_program_that_stays_busy_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = program(folder.path(), "sh", 0o700, &fs::read("/bin/sh").unwrap());
    let _writer = OpenOptions::new().append(true).open(&path).unwrap();
    let text = refusal(&path);
    assert!(text.ends_with("another process holds it open for writing"), "{text}");
}

#[test]
fn a_program_that_was_just_written_can_be_started() {
    // While one thread writes its program, another one starts a child that holds a copy of the open
    // file for a moment.
    let root = tempfile::tempdir().unwrap();
    let scratch = ScratchRoot::temporary(root.path());
    let bytes = fs::read("/bin/true").unwrap();
    let stop = Stop::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let folder = scratch.folder("busy").unwrap();
                    let seen =
                        run(&spec(&folder.write_program("true", &bytes).unwrap()), &stop).unwrap();
                    assert_eq!(seen.ended, Ended::Exit { code: 0, from_inside: false });
                }
            });
        }
    });
}

#[test]
fn a_working_folder_and_names_of_variables_are_checked() {
    let stop = Stop::new().unwrap();
    let mut nowhere = script("exit 0");
    nowhere.cwd = "/no/such/folder".into();
    let text = run(&nowhere, &stop).unwrap_err().to_string();
    assert_eq!(
        text,
        "cannot start a program in /no/such/folder: it is no folder that can be entered"
    );
    for name in ["", "A=B", "A\0B"] {
        let mut bad = script("exit 0");
        bad.environment.set(name, "");
        assert!(matches!(run(&bad, &stop), Err(RunError::BadVariable(bad)) if bad == name));
    }
    let mut zero = script("exit 0");
    zero.environment.set("A", "a\0b");
    let text = run(&zero, &stop).unwrap_err().to_string();
    assert!(text.contains("cannot start /bin/sh"), "{text}");
}
