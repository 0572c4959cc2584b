//! Runs `embedcheck` the way a user does, in an environment that is built from nothing.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_embedcheck");

/// A folder of its own for each test, and one for the program's temporary files.
pub struct Place {
    files: TempDir,
    temporary: TempDir,
}

/// What a run left behind, with all that is needed to understand a failure.
pub struct Seen {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    what: String,
}

impl Place {
    pub fn new() -> Self {
        Self { files: tempfile::tempdir().unwrap(), temporary: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.files.path()
    }

    /// Writes a file.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with these arguments.
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args);
        self.scrub(&mut command);
        command
    }

    /// Takes the environment of the test run away from a command.
    pub fn scrub(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.path())
            .env("TMPDIR", self.temporary.path())
            .current_dir(self.path())
            .stdin(Stdio::null());
    }

    /// Runs the program to its end.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Seen {
        self.finish(&mut self.command(args))
    }

    /// Runs a command to its end. Whatever happened, nothing may be left in the temporary folder.
    pub fn finish(&self, command: &mut Command) -> Seen {
        let output = command.output().unwrap();
        let seen = Seen::new(format!("{command:?}"), &output);
        self.assert_nothing_left();
        seen
    }

    pub fn assert_nothing_left(&self) {
        let left: Vec<_> = std::fs::read_dir(self.temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

impl Seen {
    pub fn new(what: String, output: &Output) -> Self {
        Self {
            // 1000 and more: a signal ended it, which no test expects.
            code: output.status.code().unwrap_or(1000),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            what,
        }
    }

    /// Everything, for the message of a failed assertion.
    pub fn all(&self) -> String {
        format!(
            "{}\n--- code {}\n--- stdout\n{}\n--- stderr\n{}",
            self.what, self.code, self.stdout, self.stderr
        )
    }

    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// One clear error: nothing on standard output, and on standard error each of the parts.
    #[track_caller]
    pub fn expect_error(&self, code: i32, parts: &[&str]) -> &Self {
        self.expect_code(code);
        assert_eq!(self.stdout, "", "{}", self.all());
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in\n{}", self.all());
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.all());
        self
    }
}

/// Compares a checked-in file with what it is made from; `EMBEDCHECK_BLESS=1` writes it instead.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the program")]
pub fn golden(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("EMBEDCHECK_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, wanted).unwrap();
        return;
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some(line) = first_difference(&there, wanted) {
        panic!(
            "{path} is out of date, first in line {line}: run the tests with EMBEDCHECK_BLESS=1"
        );
    }
}

fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let (mut one, mut other) = (one.split('\n'), other.split('\n'));
    (1..).find(|_| one.next() != other.next())
}
