//! Why a file could not be read as ELF.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file could not be read as ELF. Each message names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The file cannot be opened or read.
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path names a directory.
    #[error("`{}` is a directory, not an ELF file; name the file inside it", .0.display())]
    Directory(
        /// The directory.
        PathBuf,
    ),
    /// The path names a pipe, a socket or a device.
    #[error("`{}` is neither a regular file nor a link to one", .0.display())]
    NotRegular(
        /// The path.
        PathBuf,
    ),
    /// The file is larger than this program is willing to look at.
    #[error("`{path}` has {size} bytes, more than the {limit} that are read", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// The file does not begin with the ELF magic number.
    #[error("`{path}` is not an ELF file: {found}", path = path.display())]
    NotElf {
        /// The file.
        path: PathBuf,
        /// What its first bytes look like.
        found: NotElf,
    },
    /// Something that the headers announce lies beyond the end of the file.
    #[error(
        "`{path}` is truncated: {what} should reach byte {end}, the file ends at byte {len}",
        path = path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What lies beyond the end.
        what: &'static str,
        /// Where it should end, as a file offset in bytes.
        end: u64,
        /// The length of the file in bytes.
        len: u64,
    },
    /// The file contradicts itself or the ELF specification.
    #[error("`{path}` is a damaged ELF file: {what}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The file states more of something than any real file has.
    #[error("`{path}` is not a sane ELF file: it has more than {limit} {what}", path = path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// The file is for another processor.
    #[error("`{path}` is for {machine}, this is {here}", path = path.display())]
    OtherMachine {
        /// The file.
        path: PathBuf,
        /// What the file is for.
        machine: String,
        /// What this program runs on.
        here: String,
    },
}

/// What the beginning of a file that is no ELF file looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotElf {
    /// The file has no bytes.
    Empty,
    /// A script; its first line without `#!`.
    Script(String),
    /// Text that the linker reads, such as the `libc.so` of a development package.
    LinkerScript,
    /// A static library.
    Archive,
    /// Some other text; its beginning.
    Text(String),
    /// A macOS or Windows binary.
    OtherSystem(&'static str),
    /// Anything else; the first bytes.
    Bytes(Vec<u8>),
}

impl NotElf {
    /// Judges the first bytes of a file; a few hundred are enough.
    pub(super) fn recognise(head: &[u8]) -> NotElf {
        let foreign = [
            (&b"MZ"[..], "Windows"),
            (b"\xcf\xfa\xed\xfe", "macOS"),
            (b"\xce\xfa\xed\xfe", "macOS"),
            (b"\xca\xfe\xba\xbe", "macOS"),
        ];
        if head.is_empty() {
            return NotElf::Empty;
        }
        if head.starts_with(b"!<arch>\n") || head.starts_with(b"!<thin>\n") {
            return NotElf::Archive;
        }
        if let Some(&(_, system)) = foreign.iter().find(|(magic, _)| head.starts_with(magic)) {
            return NotElf::OtherSystem(system);
        }
        let head = &head[..head.len().min(200)];
        let is_text = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
        if !head.iter().all(is_text) {
            return NotElf::Bytes(head[..head.len().min(8)].to_vec());
        }
        let text = String::from_utf8_lossy(head);
        let first_line = text.lines().next().unwrap_or_default().trim_end();
        if let Some(interpreter) = first_line.strip_prefix("#!") {
            return NotElf::Script(interpreter.trim().to_owned());
        }
        let linker_words = ["GNU ld script", "GROUP", "INPUT", "OUTPUT_FORMAT"];
        if linker_words.iter().any(|word| text.contains(word)) {
            return NotElf::LinkerScript;
        }
        NotElf::Text(first_line.chars().take(40).collect())
    }
}

impl fmt::Display for NotElf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotElf::Empty => f.write_str("it is empty"),
            NotElf::Script(interpreter) => write!(f, "it is a script for `{interpreter}`"),
            NotElf::LinkerScript => {
                f.write_str("it is a linker script; name the library that it leads to")
            }
            NotElf::Archive => f.write_str("it is a static library"),
            NotElf::Text(start) => write!(f, "it is text beginning with `{start}`"),
            NotElf::OtherSystem(system) => write!(f, "it is a {system} binary"),
            NotElf::Bytes(bytes) => {
                f.write_str("it begins with the bytes")?;
                bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
            }
        }
    }
}

/// An [`ElfError`] of a parser that does not know the name of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    NotElf(NotElf),
    Truncated { what: &'static str, end: u64, len: u64 },
    Malformed(&'static str),
    TooMany { what: &'static str, limit: u64 },
}

impl Flaw {
    pub(super) fn of(self, path: &Path) -> ElfError {
        let path = path.to_owned();
        match self {
            Flaw::NotElf(found) => ElfError::NotElf { path, found },
            Flaw::Truncated { what, end, len } => ElfError::Truncated { path, what, end, len },
            Flaw::Malformed(what) => ElfError::Malformed { path, what },
            Flaw::TooMany { what, limit } => ElfError::TooMany { path, what, limit },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_recognised() {
        let script = NotElf::recognise(b"#! /usr/bin/env python3\nimport os\n");
        assert_eq!(script, NotElf::Script("/usr/bin/env python3".to_owned()));
        let linker = b"/* GNU ld script\n   Use the shared library */\nGROUP ( /lib/libc.so.6 )";
        assert_eq!(NotElf::recognise(linker), NotElf::LinkerScript);
        assert_eq!(NotElf::recognise(b""), NotElf::Empty);
        assert_eq!(NotElf::recognise(b"!<arch>\nabc"), NotElf::Archive);
        assert_eq!(NotElf::recognise(b"hello\nworld"), NotElf::Text("hello".to_owned()));
        assert_eq!(NotElf::recognise(b"MZ\x90\0"), NotElf::OtherSystem("Windows"));
        assert_eq!(NotElf::recognise(&[0, 1]).to_string(), "it begins with the bytes 00 01");
    }
}
