//! Damaged, foreign and hostile ELF files.

use std::fs;

use crate::common::Place;
use crate::support::target;

/// Refuses a file under the usual name of a libpython, with one line.
#[track_caller]
fn refuse(place: &Place, what: &str, bytes: &[u8], reason: &str) {
    let file = place.file("libpython3.11.so.1.0", bytes);
    let only = ["--offline", "--only", "predict/local"];
    let seen = place.run(["check", "--libpython", file.to_str().unwrap()].into_iter().chain(only));
    seen.expect_error(2, &["libpython3.11.so.1.0", reason]);
    assert_eq!(seen.stderr.lines().count(), 1, "{what}: {}", seen.all());
}

fn number(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
}

/// Where the program header of a kind begins (ELF64: the table is at 32, an entry has 56 bytes).
fn segment(bytes: &[u8], kind: u8) -> usize {
    let table = number(bytes, 32);
    let count = usize::from(u16::from_le_bytes([bytes[56], bytes[57]]));
    (0..count).map(|index| table + 56 * index).find(|&at| bytes[at] == kind).unwrap()
}

#[test]
fn a_libpython_cut_off_anywhere_is_refused() {
    let Some(target) = target() else { return };
    let whole = fs::read(&target.libpython.as_ref().unwrap().real_path).unwrap();
    let place = Place::new();
    for length in [4, 16, 20, 63, 64, 65, 120, 500, 4096, whole.len() / 2, whole.len() - 1] {
        refuse(&place, &format!("{length} bytes"), &whole[..length], "is truncated");
    }
    refuse(&place, "no byte", b"", "is empty");
    refuse(&place, "an archive", b"!<arch>\n", "static library");
}

#[test]
fn a_changed_header_is_refused() {
    let Some(target) = target() else { return };
    let whole = fs::read(&target.libpython.as_ref().unwrap().real_path).unwrap();
    let place = Place::new();
    let (load, dynamic) = (segment(&whole, 1), segment(&whole, 2));
    let foreign: u8 = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    let max = [0xff; 8];
    let changes: [(&str, usize, &[u8], &str); 9] = [
        ("class 32", 4, &[1], "32-bit"),
        ("class 9", 4, &[9], "damaged"),
        ("byte order", 5, &[2], "libpython"),
        ("machine", 18, &[foreign, 0], "is for"),
        ("program", 16, &[2, 0], "is a program"),
        ("sections past the end", 40, &max, "truncated"),
        ("segments past the end", 32, &max, "truncated"),
        ("a loadable segment past the end", load + 8, &max, "truncated"),
        ("PT_DYNAMIC past the end", dynamic + 16, &max, "libpython"),
    ];
    for (what, at, patch, reason) in changes {
        let mut bytes = whole.clone();
        bytes[at..at + patch.len()].copy_from_slice(patch);
        refuse(&place, what, &bytes, reason);
    }
}

/// One loadable segment over the whole file, and a dynamic segment with as many DT_NEEDED as wanted.
#[test]
fn a_million_needed_libraries_are_read_and_refused() {
    const NEEDED: usize = 1_000_000;
    const HEADERS: usize = 64 + 2 * 56;
    let size = HEADERS + 16 * (NEEDED + 3) + 16;
    let mut file = Vec::with_capacity(size);
    let word = |file: &mut Vec<u8>, value: usize| file.extend((value as u64).to_le_bytes());
    file.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    let machine: u8 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    file.extend([3, 0, machine, 0, 1, 0, 0, 0]);
    [0, 64, 0].into_iter().for_each(|value| word(&mut file, value));
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 64, 0, 0, 0, 0, 0]);
    for (kind, offset, length) in [(1_u8, 0, size), (2, HEADERS, size - HEADERS - 16)] {
        file.extend([kind, 0, 0, 0, 4, 0, 0, 0]);
        [offset, offset, offset, length, length, 8]
            .into_iter()
            .for_each(|value| word(&mut file, value));
    }
    let strings = size - 16;
    // DT_STRTAB, DT_STRSZ, all the DT_NEEDED and the end mark.
    [5, strings, 10, 16].into_iter().for_each(|value| word(&mut file, value));
    (0..NEEDED).for_each(|_| [1, 1].into_iter().for_each(|value| word(&mut file, value)));
    [0, 0].into_iter().for_each(|value| word(&mut file, value));
    file.extend(b"\0libx.so\0\0\0\0\0\0\0\0");
    assert_eq!(file.len(), size);
    refuse(&Place::new(), "a million", &file, "more than 10000 DT_NEEDED");
}
