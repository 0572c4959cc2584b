//! Asks an interpreter what it is, in a child process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::Options;
use super::child::{self, Ended};
use super::error::TargetError;
use super::model::ReleaseLevel;

const SCRIPT: &str = include_str!("interrogate.py");
const BEGIN: &[u8] = b"<embedcheck:interpreter>";
const END: &[u8] = b"</embedcheck:interpreter>";

/// `-I` would say it all, but 2.7 does not know it: no bytecode is written into an installation that
/// is not ours, no PYTHON* variable, no user site folder.
const FLAGS: [&str; 3] = ["-B", "-E", "-s"];

/// A string of the script: one character per byte. It need not be UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Raw(pub(super) OsString);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        let bytes = bytes.map_err(|_| serde::de::Error::custom("a character above U+00FF"))?;
        Ok(Self(OsString::from_vec(bytes)))
    }
}

impl Raw {
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(&self.0)
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

/// What the script prints.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) implementation: String,
    pub(super) version: (u32, u32, u32, String, u32),
    pub(super) abi_flags: Raw,
    pub(super) debug: bool,
    pub(super) prefix: Raw,
    pub(super) base_prefix: Raw,
    pub(super) path: Vec<Raw>,
    pub(super) builtins: Vec<Raw>,
    pub(super) suffixes: Vec<Raw>,
    pub(super) configuration: BTreeMap<String, Raw>,
    pub(super) paths: BTreeMap<String, Raw>,
    pub(super) mapped: Vec<Raw>,
    pub(super) modules: BTreeMap<String, Module>,
}

/// `cffi` or `_cffi_backend`, when installed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Module {
    pub(super) version: Option<Raw>,
    pub(super) path: Option<Raw>,
    pub(super) error: Option<Raw>,
}

impl Answer {
    pub(super) fn level(&self) -> Option<ReleaseLevel> {
        match self.version.3.as_str() {
            "alpha" => Some(ReleaseLevel::Alpha),
            "beta" => Some(ReleaseLevel::Beta),
            "candidate" => Some(ReleaseLevel::Candidate),
            "final" => Some(ReleaseLevel::Final),
            _ => None,
        }
    }
}

/// Asks the interpreter, with an environment that is built from nothing. `library_path` is its
/// `LD_LIBRARY_PATH`, if it needs one.
pub(super) fn ask(
    interpreter: &Path,
    library_path: Option<&Path>,
    options: &Options,
) -> Result<Answer, TargetError> {
    let mut environment = vec![
        ("PATH".into(), "/usr/bin:/bin".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("HOME".into(), "/nonexistent".into()),
    ];
    if let Some(folder) = library_path {
        environment.push(("LD_LIBRARY_PATH".into(), folder.into()));
    }
    let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
    arguments.extend([OsStr::new("-c"), OsStr::new(SCRIPT)]);
    // The root is a folder from which nobody's modules are imported by accident.
    let ended = child::run(interpreter, &arguments, &environment, Some(Path::new("/")), options)
        .map_err(|source| not_started(interpreter, source))?;
    require_time(options)?;
    let answer = between_markers(&ended.stdout);
    match answer {
        Some(json) => serde_json::from_slice(json).map_err(|error| TargetError::BadAnswer {
            path: interpreter.to_owned(),
            reason: error.to_string(),
        }),
        None => Err(no_answer(interpreter, &ended, options.time_limit)),
    }
}

/// Asks a shim which interpreter it stands for. It gets the caller's variables, in the caller's
/// current folder: that is what it decides by (`.python-version`, `PYENV_VERSION` …).
pub(super) fn follow_shim(
    shim: &Path,
    environment: &[(OsString, OsString)],
    options: &Options,
) -> Result<PathBuf, TargetError> {
    const QUESTION: &str = "import os, sys\n\
        path = os.path.realpath(sys.executable)\n\
        path = path if isinstance(path, bytes) else os.fsencode(path)\n\
        os.write(1, b'\\n<embedcheck:interpreter>' + path + b'</embedcheck:interpreter>\\n')\n";
    let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
    arguments.extend([OsStr::new("-c"), OsStr::new(QUESTION)]);
    let ended = child::run(shim, &arguments, environment, None, options)
        .map_err(|source| not_started(shim, source))?;
    require_time(options)?;
    let fail = |reason| TargetError::Shim { path: shim.to_owned(), reason };
    match between_markers(&ended.stdout) {
        Some(path) if path.starts_with(b"/") => Ok(PathBuf::from(OsStr::from_bytes(path))),
        Some(_) => Err(fail("the interpreter behind it does not know its own path".to_owned())),
        None if ended.status.is_none() => {
            Err(TargetError::Hung { path: shim.to_owned(), limit: options.time_limit })
        }
        // A script that speaks for itself: pyenv's "command not found", asdf's "No version is set".
        None if !ended.stderr.is_empty() => Err(fail(first_line(&ended.stderr))),
        None => Err(no_answer(shim, &ended, options.time_limit)),
    }
}

/// What a child that was killed on request said, or did not say, means nothing.
fn require_time(options: &Options) -> Result<(), TargetError> {
    if options.is_stopped() { Err(TargetError::Interrupted) } else { Ok(()) }
}

fn between_markers(output: &[u8]) -> Option<&[u8]> {
    // The last end, and the last beginning before it: whatever else is printed may hold either.
    let output = &output[..find_last(output, END)?];
    let begin = find_last(output, BEGIN)? + BEGIN.len();
    Some(&output[begin..])
}

fn find_last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}

fn not_started(path: &Path, source: io::Error) -> TargetError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::PermissionDenied => TargetError::NotExecutable { path },
        // The file itself is known to exist, so this is its ELF interpreter or its `#!` program.
        io::ErrorKind::NotFound => TargetError::LibraryMissing {
            path,
            message: "the loader or script interpreter that the file names is not there".to_owned(),
        },
        _ => TargetError::NotStarted { path, source },
    }
}

fn no_answer(path: &Path, ended: &Ended, limit: Duration) -> TargetError {
    let path = path.to_owned();
    let Some(status) = ended.status else { return TargetError::Hung { path, limit } };
    // glibc's ld.so and musl's, respectively, end with 127 and name the missing file.
    let message = first_line(&ended.stderr);
    let missing = ["cannot open shared object file", "Error loading shared library"];
    if status.code() == Some(127) && missing.iter().any(|text| message.contains(text)) {
        return TargetError::LibraryMissing { path, message };
    }
    let ending = match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    };
    let said = if ended.stderr.is_empty() { &ended.stdout } else { &ended.stderr };
    let output = match telling_line(said) {
        line if line.is_empty() => "nothing".to_owned(),
        line => format!("`{line}`"),
    };
    let advice =
        "run it with `-c \"import sys, json, sysconfig\"` to see whether it is Python at all";
    TargetError::NoAnswer { path, ending, output, advice }
}

/// The line that says most: of a traceback the last one, of a failed start the fatal error.
fn telling_line(output: &[u8]) -> String {
    let mut lines = output.split(|&byte| byte == b'\n');
    if let Some(line) = lines.clone().find(|line| line.starts_with(b"Fatal Python error")) {
        return first_line(line);
    }
    if output.starts_with(b"Traceback") {
        return first_line(lines.rfind(|line| !line.is_empty()).unwrap_or_default());
    }
    first_line(output)
}

/// The first line that is not empty, printable and short enough for a message.
fn first_line(output: &[u8]) -> String {
    const LIMIT: usize = 160;
    let text = String::from_utf8_lossy(&output[..output.len().min(4096)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut line: String = line.chars().filter(|c| !c.is_control()).collect();
    if let Some((end, _)) = line.char_indices().nth(LIMIT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_found_between_garbage() {
        let between = |text: &'static str| between_markers(text.as_bytes());
        const WHOLE: &str = "<embedcheck:interpreter>{}</embedcheck:interpreter>";
        for (before, after) in [("", ""), ("x\n", "\nbye"), ("<embedcheck:interpreter>", "")] {
            let output = [before.as_bytes(), b"\xff", WHOLE.as_bytes(), after.as_bytes()].concat();
            assert_eq!(between_markers(&output), Some(&b"{}"[..]), "{before} {after}");
        }
        assert_eq!(
            between("<embedcheck:interpreter>{}</embedcheck:interpreter><embedcheck:interpreter>"),
            Some(&b"{}"[..])
        );
        assert_eq!(between_markers(b"<embedcheck:interpreter>{}"), None);
        assert_eq!(between_markers(b""), None);
    }

    #[test]
    fn a_string_of_bytes_arrives_whole() {
        let raw: Raw = serde_json::from_str(r#""/a\u00ff""#).unwrap();
        assert_eq!(raw.0.as_bytes(), b"/a\xff");
        assert!(serde_json::from_str::<Raw>(r#""\u0100""#).is_err());
    }

    #[test]
    fn a_message_is_one_printable_line() {
        assert_eq!(first_line(b"\n  \x1b[31mred\x07\nmore"), "[31mred");
        assert_eq!(first_line("é".repeat(500).as_bytes()).chars().count(), 161);
    }

    #[test]
    fn the_line_that_says_most_is_shown() {
        let traceback = b"Traceback (most recent call last):\n  File \"x\"\nKeyError: 'a'\n";
        assert_eq!(telling_line(traceback), "KeyError: 'a'");
        let fatal =
            b"Python path configuration:\n  x = 1\nFatal Python error: init\nCurrent thread";
        assert_eq!(telling_line(fatal), "Fatal Python error: init");
    }

    proptest::proptest! {
        #[test]
        fn no_output_makes_the_reader_panic(output: Vec<u8>) {
            if let Some(json) = between_markers(&output) {
                let _ = serde_json::from_slice::<Answer>(json);
            }
            telling_line(&output);
        }
    }
}
