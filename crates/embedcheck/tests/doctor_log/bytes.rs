//! Anything can be pasted.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use embedcheck::doctor::{Subject, explain, to_json, to_text};
use embedcheck::report::TextOptions;
use proptest::prelude::*;

/// Parts of messages, to be cut and mixed.
const PARTS: &[&str] = &[
    "ImportError: ",
    "/l/python3.13/site-packages/_cffi_backend.cpython-313-x86_64-linux-gnu.so: undefined symbol: PyExc_",
    "No module named '_cffi_backend'",
    "Fatal Python error: init_fs_encoding: ",
    "libpython3.12.so.1.0: cannot open shared object file",
    "sys.path: ['/a/lib/python311.zip', ",
    "File \"/opt/python/x/__init__.py\", line 1\\n",
    "{\"log\": \"",
    "\u{1b}[31m",
    "\u{1b}]0;",
    "&#39;",
    "\r",
    "\n",
    "\r\n",
    "2026-11-20T17:00:01Z ",
    "Traceback (most recent call last):\n",
    "    from a.b import (c",
    "File \"/s/é/a/b.py\", line 1",
    "File \"<init code for 'p'>\", line 1",
    "'/s/$(reboot)/cffi/api.py'",
    "./l.so: undefined symbol: f",
    "version `GLIBC_2.34' not found (required by ",
    "\u{fffd}\u{202e}界",
];

fn all_forms(bytes: &[u8]) {
    let diagnosis = explain("log", bytes).unwrap();
    to_json(&diagnosis).unwrap();
    let text = to_text(&diagnosis, &TextOptions { verbose: true, ..TextOptions::default() });
    assert!(!text.contains('\u{1b}'), "{text:?}");
    for finding in &diagnosis.findings {
        for command in finding.fixes.iter().flat_map(|fix| &fix.commands) {
            assert!(command.starts_with("embedcheck doctor "), "{command:?}");
            assert!(!command.contains(['\n', '\r', '\u{1b}']), "{command:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        all_forms(&bytes);
    }

    #[test]
    fn messages_in_pieces_can_be_read(
        parts in prop::collection::vec((prop::sample::select(PARTS), 0_usize..90, any::<u8>()), 0..24),
    ) {
        let mut bytes = Vec::new();
        for (part, length, byte) in parts {
            bytes.extend(part.bytes().take(length.max(1)));
            if byte < 64 {
                bytes.push(byte);
            }
        }
        all_forms(&bytes);
    }
}

/// Gives a line again and again without ever holding all of it.
struct Again {
    line: Vec<u8>,
    at: usize,
    left: usize,
}

impl Again {
    fn of(line: &str, bytes: usize) -> Self {
        Self { line: line.into(), at: 0, left: bytes }
    }
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.left).min(self.line.len() - self.at);
        buffer[..length].copy_from_slice(&self.line[self.at..self.at + length]);
        self.at = (self.at + length) % self.line.len();
        self.left -= length;
        Ok(length)
    }
}

/// The cause at the end of 100 MB is found, and the time is of the order of reading them.
#[test]
fn a_huge_log_takes_seconds() {
    let began = Instant::now();
    let noise = "[1234/5678] Building CXX object src/CMakeFiles/core.dir/module/file_with_a_long_name.cpp.o\n";
    let log = Again::of(noise, 100 << 20)
        .chain(&b"\nModuleNotFoundError: No module named '_cffi_backend'\n"[..]);
    let diagnosis = explain("log", log).unwrap();
    assert_eq!(diagnosis.findings[0].id, "backend-missing-in-python");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

/// What is left out is said, and no line is so long that it costs memory.
#[test]
fn a_log_without_end_is_cut() {
    let diagnosis = explain("log", Again::of("some words without an end ", usize::MAX)).unwrap();
    let Subject::Log(facts) = &diagnosis.subject else { panic!() };
    assert!(facts.is_cut);
    assert_eq!(facts.bytes, 128 << 20);
    let text = to_text(&diagnosis, &TextOptions::default());
    assert!(text.contains("the rest was left out"), "{text}");
    assert!(text.contains("nothing recognised"), "{text}");
}

/// Many different lines with signatures: they are counted, not kept.
#[test]
fn a_log_of_nothing_but_messages_is_bounded() {
    let lines: String = (0..20_000).map(|n| format!("/l/lib{n}.so: file too short\n")).collect();
    let diagnosis = explain("log", lines.as_bytes()).unwrap();
    let Subject::Log(facts) = &diagnosis.subject else { panic!() };
    assert!(facts.left_out > 10_000, "{facts:?}");
    assert_eq!(diagnosis.findings.len(), 1);
    assert!(diagnosis.findings[0].evidence.len() < 10);
}
