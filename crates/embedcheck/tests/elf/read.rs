//! Reading real ELF files, compared with readelf, and broken ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use embedcheck::elf::{Elf, ElfError, Kind, Machine, NotElf, Use};
use proptest::prelude::*;

use crate::lab::{Lab, Lib, skip};

/// The libc that this very program uses: with a SONAME, versions, both hash tables or one, TLS.
pub(crate) fn libc() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let path = maps.lines().filter_map(|line| line.split_once('/')).map(|(_, path)| path);
    let libc = path.into_iter().find(|path| path.contains("/libc.so") || path.contains("/libc-2"));
    PathBuf::from(format!("/{}", libc.expect("this program is linked to libc")))
}

fn readelf(arguments: &[&str], path: &Path) -> Option<String> {
    let output = Command::new("readelf").args(arguments).arg(path).env("LC_ALL", "C").output();
    match output {
        Ok(output) if output.status.success() => {
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        _ => {
            skip("there is no readelf on PATH");
            None
        }
    }
}

#[test]
fn symbols_and_dynamic_entries_are_those_of_readelf() {
    let own = std::env::current_exe().unwrap();
    for path in [libc(), own] {
        let Some(symbols) = readelf(&["-W", "--dyn-syms"], &path) else { return };
        let elf = Elf::read(&path).unwrap();
        let mut defined = BTreeSet::new();
        let mut undefined = BTreeSet::new();
        for line in symbols.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, value, _, kind, bind, visibility, section, name, ..] = fields[..] else {
                continue;
            };
            if bind == "LOCAL" || !matches!(bind, "GLOBAL" | "WEAK" | "UNIQUE") {
                continue;
            }
            let name = name.split('@').next().unwrap();
            if section == "UND" {
                undefined.insert(name);
            } else if visibility != "HIDDEN"
                && (u64::from_str_radix(value, 16) != Ok(0) || section == "ABS" || kind == "TLS")
            {
                defined.insert(name);
            }
        }
        assert!(defined.len() + undefined.len() > 50, "{symbols}");
        let ours: BTreeSet<&str> = elf.definitions().iter().map(|symbol| &*symbol.name).collect();
        assert_eq!(ours, defined, "{}", path.display());
        assert!(defined.iter().all(|name| elf.defines(name)));
        let ours: BTreeSet<&str> = elf.undefined.iter().map(|symbol| &*symbol.name).collect();
        assert_eq!(ours, undefined, "{}", path.display());

        let dynamic = readelf(&["-W", "-d"], &path).unwrap();
        let needed: Vec<&str> = dynamic
            .lines()
            .filter(|line| line.contains("(NEEDED)"))
            .map(|line| line.split(['[', ']']).nth(1).unwrap())
            .collect();
        assert_eq!(elf.needed, needed);
        let notes = readelf(&["-W", "-n"], &path).unwrap();
        let id = notes.lines().find_map(|line| line.split_once("Build ID: "));
        let id = id.map(|(_, id)| id.trim());
        assert_eq!(elf.build_id.as_deref(), id);
    }
}

#[test]
fn what_libc_and_a_program_are() {
    let libc = Elf::read(&libc()).unwrap();
    assert!(libc.is_for_this_machine() && libc.require_this_machine().is_ok());
    assert_eq!(libc.kind, Kind::SharedLibrary);
    assert_eq!(libc.soname.as_deref(), Some("libc.so.6"));
    assert!(libc.defines("malloc") && !libc.defines("mallo") && !libc.defines("malloc2"));
    assert!(libc.version_definitions.iter().any(|version| version == "GLIBC_PRIVATE"));
    assert!(libc.tls_size > 0 && libc.flags.static_tls);
    assert!(!libc.needs_libpython());

    let own = Elf::read(&std::env::current_exe().unwrap()).unwrap();
    assert_eq!(own.kind, Kind::PositionIndependentExecutable);
    assert!(own.interpreter.as_deref().is_some_and(|ld_so| Path::new(ld_so).exists()));
    let malloc = own.undefined.iter().find(|symbol| symbol.name == "malloc").unwrap();
    assert_eq!(malloc.from.as_deref(), Some("libc.so.6"));
    assert!(libc.provides(malloc) && !malloc.weak && malloc.used != Use::Nowhere);
    let mut wrong = malloc.clone();
    wrong.version = Some("GLIBC_9.9".to_owned());
    assert!(!libc.provides(&wrong));
}

#[test]
fn what_a_library_states() {
    let Some(lab) = Lab::new() else { return };
    let source = "extern int late(void); extern int early; extern int maybe(void) __attribute__((weak));\n\
                  __thread int tls[5]; static int *where = &early;\n\
                  int f(void) { return late() + *where + (maybe ? maybe() : 0) + tls[0]; }";
    let path = lab.lib(
        "lib.so",
        Lib {
            soname: Some("libx.so.3"),
            needed: &["libpython3.11.so.1.0", "libb.so"],
            runpath: Some("$ORIGIN/../lib:/opt/a b"),
            source,
            flags: &["-Wl,-z,lazy", "-Wl,-z,nodelete", "-Wl,-Bsymbolic", "-Wl,--hash-style=gnu"],
            ..Lib::default()
        },
    );
    let elf = Elf::read(&path).unwrap();
    assert_eq!(elf.needed, ["libpython3.11.so.1.0", "libb.so"]);
    assert!(elf.needs_libpython());
    assert_eq!(elf.soname.as_deref(), Some("libx.so.3"));
    assert_eq!(
        (elf.rpath.as_deref(), elf.runpath.as_deref()),
        (None, Some("$ORIGIN/../lib:/opt/a b"))
    );
    assert!(elf.flags.symbolic && elf.flags.no_delete && !elf.flags.bind_now);
    assert_eq!(elf.tls_size, 20);
    let symbol = |name: &str| elf.undefined.iter().find(|symbol| symbol.name == name).unwrap();
    assert_eq!((symbol("late").used, symbol("late").weak), (Use::Calls, false));
    assert_eq!((symbol("early").used, symbol("early").weak), (Use::Data, false));
    assert!(symbol("maybe").weak);

    // ld.so needs no section headers; neither do we.
    let mut bytes = fs::read(&path).unwrap();
    let sections = u64::from_ne_bytes(bytes[40..48].try_into().unwrap()) as usize;
    bytes.truncate(sections);
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    let stripped = Elf::parse(&path, &bytes).unwrap();
    assert_eq!(format!("{stripped:?}"), format!("{elf:?}"));
}

#[test]
fn undefined_symbols_are_found_where_no_hash_table_counts_them() {
    let Some(lab) = Lab::new() else { return };
    let path = lab.lib(
        "lib.so",
        Lib {
            source: "extern int early; extern int later;\n\
                 __attribute__((used)) static int *where[] = {&early, &later};",
            flags: &["-Wl,--hash-style=gnu"],
            ..Lib::default()
        },
    );
    let elf = Elf::read(&path).unwrap();
    assert_eq!(elf.definitions(), []);
    let mut names: Vec<&str> = elf.undefined.iter().map(|symbol| &*symbol.name).collect();
    names.sort();
    assert_eq!(names, ["early", "later"]);
}

#[test]
fn each_kind_of_bad_file_has_its_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read(libc()).unwrap();
    let read = |bytes: &[u8]| {
        let path = folder.path().join("libx.so");
        fs::write(&path, bytes).unwrap();
        Elf::read(&path)
    };
    assert!(matches!(Elf::read(folder.path()), Err(ElfError::Directory(_))));
    assert!(matches!(Elf::read(&folder.path().join("none")), Err(ElfError::Io { .. })));
    assert!(matches!(Elf::read(Path::new("/dev/null")), Err(ElfError::NotRegular(_))));
    let not_elf = |bytes: &[u8]| match read(bytes) {
        Err(ElfError::NotElf { found, .. }) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(not_elf(b""), NotElf::Empty);
    assert_eq!(not_elf(b"#!/bin/sh\nexec x"), NotElf::Script("/bin/sh".to_owned()));
    assert_eq!(not_elf(b"INPUT(-lc)"), NotElf::LinkerScript);
    for len in [5, 63, 64, 700, good.len() / 2, good.len() - 1] {
        let error = read(&good[..len]).unwrap_err();
        assert!(matches!(error, ElfError::Truncated { .. }), "{len}: {error}");
    }

    // Without section headers, the segments still tell.
    let mut stripped = good.clone();
    stripped[40..48].fill(0);
    let len = stripped.len() / 2;
    let error = read(&stripped[..len]).unwrap_err();
    assert!(matches!(error, ElfError::Truncated { what: "a loadable segment", .. }), "{error}");

    let mut other = good.clone();
    other[18..20]
        .copy_from_slice(&(if cfg!(target_arch = "s390x") { 62u16 } else { 22 }).to_ne_bytes());
    let other = read(&other).unwrap();
    assert!(!other.is_for_this_machine());
    let error = other.require_this_machine().unwrap_err().to_string();
    assert!(error.contains("is for s390") && error.contains(", this is "), "{error}");
    assert_eq!(Machine(183).to_string(), "aarch64");
}

#[test]
fn too_large_a_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge");
    // Sparse: takes no room on the disk.
    fs::File::create(&path).unwrap().set_len((2 << 30) + 1).unwrap();
    assert!(matches!(Elf::read(&path), Err(ElfError::TooLarge { .. })));
}

/// A 64-bit library of one loadable segment that ends with this dynamic segment.
fn with_dynamic(entries: impl Iterator<Item = (u64, u64)>) -> Vec<u8> {
    let mut bytes = vec![0; 64 + 2 * 56];
    let endian = if cfg!(target_endian = "little") { 1 } else { 2 };
    bytes[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, endian, 1]);
    let dynamic: Vec<u8> = entries
        .flat_map(|(tag, value)| [tag.to_ne_bytes(), value.to_ne_bytes()])
        .flatten()
        .collect();
    let start = bytes.len() as u64;
    let len = dynamic.len() as u64;
    let half = |bytes: &mut Vec<u8>, at: usize, value: u16| {
        bytes[at..at + 2].copy_from_slice(&value.to_ne_bytes());
    };
    half(&mut bytes, 16, 3);
    half(&mut bytes, 18, 62);
    half(&mut bytes, 54, 56);
    half(&mut bytes, 56, 2);
    bytes[20..24].copy_from_slice(&1u32.to_ne_bytes());
    bytes[32..40].copy_from_slice(&64u64.to_ne_bytes());
    for (number, (kind, offset, size)) in
        [(1u32, 0, start + len), (2, start, len)].into_iter().enumerate()
    {
        let at = 64 + number * 56;
        bytes[at..at + 4].copy_from_slice(&kind.to_ne_bytes());
        for (field, value) in [(8, offset), (16, offset), (32, size), (40, size)] {
            bytes[at + field..at + field + 8].copy_from_slice(&u64::to_ne_bytes(value));
        }
    }
    bytes.extend(dynamic);
    bytes
}

#[test]
fn hostile_tables_are_refused() {
    let parse = |entries: &[(u64, u64)]| {
        let end = [(0, 0)].iter();
        Elf::parse(Path::new("hostile"), &with_dynamic(entries.iter().chain(end).copied()))
    };
    parse(&[]).unwrap();
    let many = std::iter::repeat_n((1, 0), 1_000_000).chain([(0, 0)]);
    let error = Elf::parse(Path::new("hostile"), &with_dynamic(many)).unwrap_err();
    assert!(matches!(error, ElfError::TooMany { limit: 10_000, .. }), "{error}");
    let other = std::iter::repeat_n((0x6000_0001, 0), 1_000_000).chain([(0, 0)]);
    let error = Elf::parse(Path::new("hostile"), &with_dynamic(other)).unwrap_err();
    assert!(matches!(error, ElfError::TooMany { .. }), "{error}");
    // The string table, the symbols, the relocations and the hash table past the end.
    for table in [
        &[(5, u64::MAX), (10, 9)][..],
        &[(5, 64), (10, 1 << 40)],
        &[(6, 64), (7, 1 << 40), (8, 24)],
        &[(6, 64), (4, u64::MAX - 3)],
        &[(6, 64), (0x6fff_fef5, u64::MAX - 20)],
        &[(1, 77)],
        &[(0x6fff_fffe, u64::MAX - 1), (0x6fff_ffff, u64::MAX)],
        &[(0x6fff_fffc, 1 << 63), (0x6fff_fffd, u64::MAX)],
    ] {
        let error = parse(table).unwrap_err();
        assert!(
            matches!(error, ElfError::Malformed { .. } | ElfError::TooMany { .. }),
            "{table:?}: {error}"
        );
    }
    let error = Elf::parse(Path::new("hostile"), &with_dynamic([(14, 0)].into_iter())).unwrap_err();
    assert!(error.to_string().contains("no end mark"), "{error}");
}

/// A small real library that exercises every table, built once.
fn sample() -> &'static [u8] {
    static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let built = Lab::new().map(|lab| {
            let script = lab.path("versions");
            fs::write(&script, "V1 { f; }; V2 { g; } V1;").unwrap();
            let script = format!("-Wl,--version-script={}", script.display());
            let path = lab.lib("lib.so", Lib {
                soname: Some("libx.so"),
                needed: &["libc.so.6"],
                runpath: Some("$ORIGIN"),
                source: "extern int h(void); int f(void) { return h(); } int g(void) { return f(); }",
                flags: &["-lc", "-Wl,--hash-style=both", "-Wl,--build-id", &script],
                ..Lib::default()
            });
            fs::read(path).unwrap()
        });
        built.unwrap_or_else(|| fs::read(std::env::current_exe().unwrap()).unwrap())
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..2000), with_magic: bool) {
        if with_magic && bytes.len() > 7 {
            let head = [0x7f, b'E', b'L', b'F', 1 + bytes[4] % 2, 1 + bytes[5] % 2, 1];
            bytes[..7].copy_from_slice(&head);
        }
        let _ = Elf::parse(Path::new("random"), &bytes);
    }

    #[test]
    fn no_damage_makes_the_reader_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        // Most of what steers the reader lies in the headers and near the beginning.
        near in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sample().to_vec();
        let reach = if near { bytes.len().min(0x600) } else { bytes.len() };
        for (at, byte) in edits {
            bytes[at.index(reach)] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = Elf::parse(Path::new("damaged"), &bytes);
        if let Ok(mut editor) = embedcheck::elf::Editor::from_bytes(bytes) {
            let _ = editor.set_string(embedcheck::elf::Tag::RunPath, 0, "/x");
            let _ = editor.blank(embedcheck::elf::Tag::Needed, 0);
            let _ = editor.hide_symbol("f");
        }
    }

    #[test]
    fn flipped_bits_in_the_dynamic_segment_do_not_panic(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6),
    ) {
        let mut bytes = sample().to_vec();
        // The dynamic segment, found by its program header: type 2, offset at 8, size at 32.
        let word = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let headers = (0..16).map(|number| word(32) + number * 56);
        let header = headers.into_iter().find(|at| bytes[*at..at + 4] == 2u32.to_ne_bytes()).unwrap();
        let (start, size) = (word(header + 8), word(header + 32));
        for (at, bit) in flips {
            bytes[start + at.index(size)] ^= 1 << bit;
        }
        let _ = Elf::parse(Path::new("flipped"), &bytes);
    }
}
