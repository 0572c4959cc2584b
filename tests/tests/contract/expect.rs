//! What a host must print, for both producers, in one file.
//!
//! `stdout.txt` is the same for both. Where embed-dll differs on purpose there is a `stdout.diff`
//! instead: each line begins with a space (both), `-` (CFFI) or `+` (embed-dll), as in a unified diff
//! without headers. `stderr.txt` and `stderr.diff` likewise; without a file nothing may be printed.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::suite::Producer;

/// One expected output.
pub(crate) struct Expectation {
    /// Where it is written down, or would be.
    same: PathBuf,
    diff: PathBuf,
    lines: Vec<(Only, String)>,
}

/// Who prints a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Only {
    Both,
    Cffi,
    Rust,
}

impl Only {
    fn is_for(self, producer: Producer) -> bool {
        match self {
            Self::Both => true,
            Self::Cffi => producer == Producer::Cffi,
            Self::Rust => producer == Producer::Rust,
        }
    }
}

impl Expectation {
    /// Reads `<name>.txt` or `<name>.diff`; neither means: nothing is printed.
    pub(crate) fn read(folder: &Path, name: &str) -> Self {
        let same = folder.join(format!("{name}.txt"));
        let diff = folder.join(format!("{name}.diff"));
        let lines = match (fs::read_to_string(&same), fs::read_to_string(&diff)) {
            (Ok(_), Ok(_)) => panic!("{} beside {}", same.display(), diff.display()),
            (Ok(text), Err(_)) => text.lines().map(|line| (Only::Both, line.to_owned())).collect(),
            (Err(_), Ok(text)) => text.lines().map(|line| marked(line, &diff)).collect(),
            (Err(_), Err(_)) => Vec::new(),
        };
        Self { same, diff, lines }
    }

    /// What one producer must print.
    pub(crate) fn of(&self, producer: Producer) -> String {
        let lines = self.lines.iter().filter(|(only, _)| only.is_for(producer));
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }

    /// The lines that begin with the id of a promise.
    pub(crate) fn about<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (Only, &'a str)> {
        self.lines
            .iter()
            .filter(move |(_, line)| {
                line.strip_prefix(id).is_some_and(|rest| rest.starts_with(' '))
            })
            .map(|(only, line)| (*only, line.as_str()))
    }

    /// The differences between the producers, as they are written down.
    pub(crate) fn diff_text(&self) -> Option<String> {
        fs::read_to_string(&self.diff).ok()
    }

    /// Writes down what CFFI printed, if a file for both is what there is, or is not there yet.
    pub(crate) fn bless(&self, seen: &str) -> std::io::Result<()> {
        if self.diff.is_file() || (seen.is_empty() && !self.same.is_file()) {
            return Ok(());
        }
        fs::write(&self.same, seen)
    }
}

fn marked(line: &str, file: &Path) -> (Only, String) {
    let only = match line.as_bytes().first() {
        Some(b' ') | None => Only::Both,
        Some(b'-') => Only::Cffi,
        Some(b'+') => Only::Rust,
        Some(_) => panic!("{}: {line:?} begins with neither ' ', '-' nor '+'", file.display()),
    };
    (only, line.get(1..).unwrap_or_default().to_owned())
}

/// Takes out of a text what differs from machine to machine and between versions of CFFI.
pub(crate) fn normalised(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        // Since 3.11 a traceback underlines a part of the source line.
        if !line.is_empty() && line.trim_matches(['^', '~', ' ']).is_empty() {
            continue;
        }
        let kept = [
            "sys.path: ",
            "compiled with cffi version: ",
            "_cffi_backend module: ",
            "embed-dll version: ",
            "Python: ",
        ];
        match kept.iter().find(|start| line.starts_with(**start)) {
            Some(start) => lines.push_str(&format!("{start}...")),
            None => lines.push_str(&without_addresses(line)),
        }
        lines.push('\n');
    }
    lines
}

fn without_addresses(line: &str) -> String {
    let mut parts = line.split("0x");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str("0x");
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        if rest.len() < part.len() {
            clean.push_str("...");
        }
        clean.push_str(rest);
    }
    clean
}

/// Stands for any lines, for what differs between versions of Python.
const ANY_LINES: &str = "[...]";

/// Whether the lines are the expected ones.
fn fits(expected: &[&str], seen: &[&str]) -> bool {
    match expected.split_first() {
        None => seen.is_empty(),
        Some((&ANY_LINES, rest)) => (0..=seen.len()).any(|skipped| fits(rest, &seen[skipped..])),
        Some((first, rest)) => {
            seen.split_first().is_some_and(|(line, others)| line == first && fits(rest, others))
        }
    }
}

/// How a text differs from the expected one, if it does.
pub(crate) fn compared(what: &str, expected: &str, seen: &str) -> Option<String> {
    if fits(&expected.lines().collect::<Vec<_>>(), &seen.lines().collect::<Vec<_>>()) {
        return None;
    }
    let (mut wanted, mut got) = (expected.lines(), seen.lines());
    let mut report = format!("{what} is not as expected (- expected, + got):\n");
    loop {
        match (wanted.next(), got.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => {
                for (sign, line) in [('-', one), ('+', other)] {
                    if let Some(line) = line {
                        report.push_str(&format!("{sign}{line}\n"));
                    }
                }
            }
        }
    }
    Some(report)
}

/// The comparison must be able to fail.
pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("expectations", || {
        let diff = Path::new("x.diff");
        let lines = [" both", "-old", "+new", ""].map(|line| marked(line, diff)).to_vec();
        let expectation = Expectation { same: "x.txt".into(), diff: diff.into(), lines };
        assert_eq!(expectation.of(Producer::Cffi), "both\nold\n\n");
        assert_eq!(expectation.of(Producer::Rust), "both\nnew\n\n");
        assert_eq!(
            normalised("a 0x7f12 0xg\n   ^^^~\nsys.path: ['/x']\n"),
            "a 0x... 0xg\nsys.path: ...\n"
        );
        assert!(compared("stdout", "a\n", "a\n").is_none());
        assert!(compared("stdout", "a\n", "b\n").is_some_and(|text| text.ends_with("-a\n+b\n")));
        assert!(compared("stdout", "a\n", "").is_some(), "silence is no success");
        assert!(compared("stderr", "a\n[...]\nd\n", "a\nb\nc\nd\n").is_none());
        assert!(compared("stderr", "a\n[...]\nd\n", "a\nb\n").is_some());
        Ok(())
    })]
}
