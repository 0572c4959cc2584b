//! What can be known of a file before ld.so maps it.
//!
//! ld.so says of a library for another machine that it does not exist, and may map a file that was
//! cut off, so that the process dies of SIGBUS later. Both are found out here.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of the header of a 64-bit ELF file.
const HEADER: usize = 64;
/// Bytes of a program header of a 64-bit ELF file.
const PROGRAM_HEADER: usize = 56;

/// Why the file cannot be a library of this process, as far as its headers tell.
pub(crate) fn objection(path: &Path) -> Option<String> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) => return Some(error.to_string()),
    };
    if !metadata.is_file() {
        return Some(String::from("is no regular file"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Some(error.to_string()),
    };
    let mut header = [0; HEADER];
    if file.read_exact_at(&mut header, 0).is_err() {
        return Some(String::from("is too short for a shared library"));
    }
    let table = match program_headers(&header) {
        Ok(table) => table,
        Err(reason) => return Some(reason),
    };
    let mut segments = vec![0; table.count * PROGRAM_HEADER];
    if file.read_exact_at(&mut segments, table.offset).is_err()
        || last_byte(&segments).is_none_or(|end| end > metadata.len())
    {
        return Some(String::from("is cut off: its segments reach beyond its end"));
    }
    None
}

/// Whether the file starts as an ELF file does, as opposed to a script.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn is_elf(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == b"\x7fELF")
}

/// Where the program headers are in the file.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    offset: u64,
    count: usize,
}

/// Looks at the header of an ELF file: class, byte order and machine must be this process's.
fn program_headers(header: &[u8; HEADER]) -> Result<Table, String> {
    if !header.starts_with(b"\x7fELF") {
        return Err(String::from("is no ELF file"));
    }
    let half = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
    let order = if cfg!(target_endian = "little") { 1 } else { 2 };
    if header[4] != 2 || header[5] != order || half(18) != own_machine() {
        return Err(format!(
            "is for another machine than this process ({})",
            std::env::consts::ARCH
        ));
    }
    let mut offset = [0; 8];
    offset.copy_from_slice(&header[32..40]);
    Ok(Table { offset: u64::from_ne_bytes(offset), count: usize::from(half(56)) })
}

/// The end of the last segment in the file. `None` if that overflows.
fn last_byte(segments: &[u8]) -> Option<u64> {
    segments.chunks_exact(PROGRAM_HEADER).try_fold(0, |end, segment| {
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&segment[at..at + 8]);
            u64::from_ne_bytes(bytes)
        };
        // `p_offset` and `p_filesz`.
        Some(end.max(word(8).checked_add(word(32))?))
    })
}

/// `e_machine` of this process: ELF's numbers for the machines that Rust names.
fn own_machine() -> u16 {
    match std::env::consts::ARCH {
        "x86_64" => 62,
        "aarch64" => 183,
        "riscv64" => 243,
        "powerpc64" => 21,
        "s390x" => 22,
        "loongarch64" => 258,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, is_elf, last_byte, objection, program_headers};
    use std::path::Path;

    #[test]
    fn the_test_program_itself_is_fine_and_a_script_is_not() {
        let own = std::env::current_exe().expect("a test has a path");
        assert_eq!(objection(&own), None);
        assert!(objection(Path::new("/proc/self/status")).is_some());
        assert!(objection(Path::new("/nonexistent")).is_some());
        assert!(objection(Path::new("/")).is_some());
    }

    #[test]
    fn a_script_is_told_from_a_file_that_cannot_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("python3");
        std::fs::write(&script, "#!").expect("written");
        assert!(!is_elf(&script).expect("readable"));
        assert!(is_elf(&folder.path().join("missing")).is_err());
        assert!(is_elf(&std::env::current_exe().expect("a path")).expect("readable"));
    }

    #[test]
    fn a_file_that_was_cut_off_is_found_out() {
        let own = std::fs::read(std::env::current_exe().expect("a path")).expect("readable");
        let folder = tempfile::tempdir().expect("a folder");
        let cut = folder.path().join("libpython3.11.so");
        std::fs::write(&cut, &own[..own.len() / 100]).expect("written");
        assert_eq!(
            objection(&cut).as_deref(),
            Some("is cut off: its segments reach beyond its end")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            header in proptest::collection::vec(proptest::num::u8::ANY, HEADER),
            segments in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
        ) {
            let mut bytes = [0; HEADER];
            bytes.copy_from_slice(&header);
            let _ = program_headers(&bytes);
            let _ = last_byte(&segments);
        }
    }
}
