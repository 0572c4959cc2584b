//! `/etc/ld.so.cache`, the list of libraries that ldconfig writes and ld.so consults.
//!
//! The format and the order of preference are those of glibc's sysdeps/generic/dl-cache.h and
//! elf/dl-cache.c (2.36): a table that may stand alone or behind the table of glibc 2.1 and before.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
const OLD_HEADER: usize = 16;
const OLD_ENTRY: usize = 12;
const NEW_MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const NEW_HEADER: usize = 48;
const NEW_ENTRY: usize = 24;
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const EXTENSION_HWCAPS: u32 = 1;
/// Real caches have some hundred kilobytes.
const MAX_CACHE: u64 = 64 << 20;

/// The libraries in `/etc/ld.so.cache` that are for this program's ABI.
#[derive(Clone, Debug, Default)]
pub struct LdCache {
    entries: BTreeMap<String, Vec<CacheEntry>>,
}

/// One library in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// Where it is.
    pub path: PathBuf,
    /// The `glibc-hwcaps` subdirectory it lies in, such as `x86-64-v3`: only for processors that have it.
    pub hwcaps: Option<String>,
}

/// Why the cache could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LdCacheError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no cache, or a damaged one.
    #[error("`{path}` is not a usable library cache: {what}; run ldconfig", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}

impl LdCache {
    /// Where glibc looks for it.
    pub const PATH: &'static str = "/etc/ld.so.cache";

    /// Reads the cache. A cache that does not exist is empty, as for ld.so: musl and some containers
    /// have none.
    ///
    /// # Errors
    ///
    /// When the file exists but cannot be read, or is damaged. (ld.so ignores such a file.)
    pub fn load(path: &Path) -> Result<LdCache, LdCacheError> {
        let io = |source| LdCacheError::Io { path: path.to_owned(), source };
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LdCache::default()),
            Err(error) => return Err(io(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_CACHE + 1).read_to_end(&mut bytes).map_err(io)?;
        let malformed = |what| LdCacheError::Malformed { path: path.to_owned(), what };
        if bytes.len() as u64 > MAX_CACHE {
            return Err(malformed("it is larger than 64 MiB"));
        }
        Self::parse(&bytes).map_err(malformed)
    }

    /// Reads a cache in memory.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(bytes: &[u8]) -> Result<LdCache, &'static str> {
        if bytes.starts_with(NEW_MAGIC) {
            return Self::parse_new(bytes, bytes);
        }
        // The magic of the old format has no NUL, but its header is padded to the alignment of `nlibs`.
        if !bytes.starts_with(&OLD_MAGIC[..OLD_MAGIC.len() - 1]) {
            return Err("it does not begin with a known magic number");
        }
        let count = word(bytes, 12).ok_or("it is truncated")? as usize;
        let end = count
            .checked_mul(OLD_ENTRY)
            .and_then(|size| size.checked_add(OLD_HEADER))
            .filter(|&end| end <= bytes.len())
            .ok_or("its table reaches past the end")?;
        let aligned = end.next_multiple_of(8);
        match bytes.get(aligned..) {
            Some(rest) if rest.starts_with(NEW_MAGIC) => Self::parse_new(bytes, rest),
            _ => {
                let strings = &bytes[end..];
                let table = bytes[OLD_HEADER..end].chunks_exact(OLD_ENTRY);
                Self::collect(table, strings, |_| Hwcaps::Baseline)
            }
        }
    }

    /// `table` is the part of `file` that begins with the magic; string offsets count from there,
    /// the offset of the extensions from the beginning of the file.
    fn parse_new(file: &[u8], table: &[u8]) -> Result<LdCache, &'static str> {
        let count = word(table, 20).ok_or("it is truncated")? as usize;
        let flags = table.get(28).ok_or("it is truncated")?;
        let expected = if cfg!(target_endian = "little") { 2 } else { 3 };
        if *flags != 0 && flags & 3 != expected {
            return Err("it is for the other byte order");
        }
        let end = count
            .checked_mul(NEW_ENTRY)
            .and_then(|size| size.checked_add(NEW_HEADER))
            .filter(|&end| end <= table.len())
            .ok_or("its table reaches past the end")?;
        let names = word(table, 32).and_then(|at| hwcaps_names(file, table, at as usize));
        let names = names.unwrap_or_default();
        Self::collect(table[NEW_HEADER..end].chunks_exact(NEW_ENTRY), table, |entry| {
            let (low, high) = (word(entry, 16).unwrap_or(0), word(entry, 20).unwrap_or(0));
            // Bit 62 says that the low half is an index of a name; ten bits are an ISA level.
            if high & !0x3ff == 1 << 30 {
                names.get(low as usize).cloned().map_or(Hwcaps::Unusable, Hwcaps::Named)
            } else if (low, high) == (0, 0) {
                Hwcaps::Baseline
            } else {
                // The mechanism that glibc 2.37 removed; what it selects depends on the processor.
                Hwcaps::Unusable
            }
        })
    }

    fn collect<'a>(
        table: impl Iterator<Item = &'a [u8]>,
        strings: &[u8],
        hwcaps: impl Fn(&[u8]) -> Hwcaps,
    ) -> Result<LdCache, &'static str> {
        let mut entries: BTreeMap<String, Vec<CacheEntry>> = BTreeMap::new();
        // Overlapping strings could multiply a small file into gigabytes.
        let mut room = 4 * MAX_CACHE as usize;
        for entry in table {
            let flags = word(entry, 0).unwrap_or(0);
            let hwcaps = match hwcaps(entry) {
                _ if !is_this_abi(flags) => continue,
                Hwcaps::Unusable => continue,
                Hwcaps::Baseline => None,
                Hwcaps::Named(name) => Some(name),
            };
            let text = |at| string(strings, word(entry, at)? as usize);
            let (name, path) = text(4).zip(text(8)).ok_or("a name in it reaches past the end")?;
            room = room
                .checked_sub(name.len() + path.len())
                .ok_or("its names add up to more than 256 MiB")?;
            let path = PathBuf::from(OsStr::from_bytes(path));
            let name = String::from_utf8_lossy(name).into_owned();
            entries.entry(name).or_default().push(CacheEntry { path, hwcaps });
        }
        Ok(LdCache { entries })
    }

    /// The libraries cached under this name, in the order of the cache.
    pub fn entries(&self, soname: &str) -> &[CacheEntry] {
        self.entries.get(soname).map_or(&[], Vec::as_slice)
    }

    /// The libraries cached under this name, those first that ld.so prefers on a processor with
    /// these `glibc-hwcaps` subdirectories (best first). Of the result ld.so looks at the first only.
    pub fn lookup<'a>(
        &'a self,
        soname: &str,
        hwcaps: &'a [String],
    ) -> impl Iterator<Item = &'a Path> + use<'a> {
        let entries = self.entries(soname);
        let with = |wanted: Option<&'a String>| {
            entries.iter().filter(move |entry| entry.hwcaps.as_ref() == wanted)
        };
        hwcaps.iter().map(Some).chain([None]).flat_map(with).map(|entry| entry.path.as_path())
    }

    /// Number of libraries, each `glibc-hwcaps` variant counted.
    pub fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

enum Hwcaps {
    Baseline,
    Named(String),
    Unusable,
}

/// The names of the `glibc-hwcaps` subdirectories, from the extension directory at `at`.
fn hwcaps_names(file: &[u8], table: &[u8], at: usize) -> Option<Vec<String>> {
    if at == 0 || word(file, at)? != EXTENSION_MAGIC {
        return None;
    }
    let count = word(file, at + 4)? as usize;
    let section = (0..count)
        .map_while(|index| index.checked_mul(16)?.checked_add(at + 8))
        .map_while(|at| file.get(at..at.checked_add(16)?))
        .find(|section| word(section, 0) == Some(EXTENSION_HWCAPS))?;
    let (start, size) = (word(section, 8)? as usize, word(section, 12)? as usize);
    let names = file.get(start..start.checked_add(size)?)?.chunks_exact(4).take(1024);
    names
        .map(|at| {
            let name = string(table, word(at, 0)? as usize).filter(|name| name.len() < 256)?;
            Some(String::from_utf8_lossy(name).into_owned())
        })
        .collect()
}

/// Whether an entry is for this program's ABI: `FLAG_*` in glibc's sysdeps/generic/ldconfig.h,
/// `_DL_CACHE_DEFAULT_ID` in the dl-cache.h of each machine.
fn is_this_abi(flags: u32) -> bool {
    let here = if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
        0x0303
    } else if cfg!(target_arch = "x86_64") {
        0x0803
    } else if cfg!(target_arch = "aarch64") {
        0x0a03
    } else if cfg!(target_arch = "arm") {
        0x0903
    } else if cfg!(target_arch = "s390x") {
        0x0403
    } else if cfg!(target_arch = "powerpc64") {
        0x0503
    } else if cfg!(target_arch = "riscv64") {
        0x1003
    } else if cfg!(target_arch = "loongarch64") {
        0x1203
    } else {
        3
    };
    // On arm, libraries that do not state their float ABI suit either.
    flags == here || (cfg!(target_arch = "arm") && flags == 3)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn string(strings: &[u8], at: usize) -> Option<&[u8]> {
    let rest = strings.get(at..)?;
    rest.iter().position(|&byte| byte == 0).map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cache in the format of glibc 2.33 and later; each entry is (name, path, hwcaps index).
    fn cache(entries: &[(&str, &str, Option<u32>)], hwcaps: &[&str], old_part: bool) -> Vec<u8> {
        let mut strings = Vec::new();
        let base = NEW_HEADER + entries.len() * NEW_ENTRY;
        let mut add = |text: &str| {
            let at = base + strings.len();
            strings.extend(text.bytes().chain([0]));
            (at as u32).to_ne_bytes()
        };
        let mut table = Vec::new();
        for (name, path, index) in entries {
            table.extend(if cfg!(target_arch = "x86_64") { 0x303u32 } else { 3 }.to_ne_bytes());
            table.extend(add(name));
            table.extend(add(path));
            table.extend([0; 4]);
            table.extend(index.unwrap_or(0).to_ne_bytes());
            table.extend(index.map_or(0u32, |_| (1 << 30) | 3).to_ne_bytes());
        }
        let names: Vec<[u8; 4]> = hwcaps.iter().map(|name| add(name)).collect();
        let before = if old_part { 16 } else { 0 };
        let extension = (before + base + strings.len()).next_multiple_of(4);
        let mut bytes = Vec::new();
        if old_part {
            bytes.extend(&OLD_MAGIC[..11]);
            bytes.resize(16, 0);
        }
        bytes.extend(NEW_MAGIC);
        bytes.extend((entries.len() as u32).to_ne_bytes());
        bytes.extend((strings.len() as u32).to_ne_bytes());
        bytes.extend([if cfg!(target_endian = "little") { 2 } else { 3 }, 0, 0, 0]);
        bytes.extend((extension as u32).to_ne_bytes());
        bytes.extend([0; 12]);
        bytes.extend(table);
        bytes.extend(strings);
        bytes.resize(extension, 0);
        for field in [EXTENSION_MAGIC, 1, EXTENSION_HWCAPS, 0, extension as u32 + 24] {
            bytes.extend(field.to_ne_bytes());
        }
        bytes.extend((names.len() as u32 * 4).to_ne_bytes());
        bytes.extend(names.concat());
        bytes
    }

    fn sample(old_part: bool) -> Vec<u8> {
        let entries = [
            ("liba.so.1", "/lib/glibc-hwcaps/x86-64-v2/liba.so.1", Some(0)),
            ("liba.so.1", "/lib/glibc-hwcaps/x86-64-v3/liba.so.1", Some(1)),
            ("liba.so.1", "/lib/liba.so.1", None),
            ("libb.so", "/opt/lib b/libb.so", None),
        ];
        cache(&entries, &["x86-64-v2", "x86-64-v3"], old_part)
    }

    #[test]
    fn the_best_usable_hwcaps_variant_comes_first() {
        for old_part in [false, true] {
            let cache = LdCache::parse(&sample(old_part)).unwrap();
            assert_eq!(cache.len(), 4);
            let first = |hwcaps: &[&str]| {
                let hwcaps: Vec<String> = hwcaps.iter().map(|name| name.to_string()).collect();
                cache.lookup("liba.so.1", &hwcaps).next().unwrap().to_owned()
            };
            let v3 = Path::new("/lib/glibc-hwcaps/x86-64-v3/liba.so.1");
            assert_eq!(first(&["x86-64-v4", "x86-64-v3", "x86-64-v2"]), v3);
            assert_eq!(first(&["x86-64-v2"]), Path::new("/lib/glibc-hwcaps/x86-64-v2/liba.so.1"));
            assert_eq!(first(&[]), Path::new("/lib/liba.so.1"));
            assert_eq!(cache.lookup("libc.so", &[]).next(), None);
        }
    }

    #[test]
    fn damage_is_an_error() {
        let good = sample(false);
        assert!(LdCache::parse(&good[..60]).unwrap_err().contains("past the end"));
        assert!(LdCache::parse(b"hello").unwrap_err().contains("magic"));
        let mut other_order = good.clone();
        other_order[28] ^= 1;
        assert!(LdCache::parse(&other_order).unwrap_err().contains("byte order"));
    }

    #[test]
    fn a_missing_cache_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LdCache::load(&folder.path().join("ld.so.cache")).unwrap().is_empty());
        assert!(matches!(LdCache::load(folder.path()), Err(LdCacheError::Io { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = LdCache::parse(&bytes);
        }

        #[test]
        fn no_damage_makes_the_parser_panic(
            old_part: bool,
            edits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8),
            len in any::<usize>(),
        ) {
            let mut bytes = sample(old_part);
            for (at, byte) in edits {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(len % (bytes.len() + 1) + bytes.len() / 2);
            let _ = LdCache::parse(&bytes);
        }
    }
}
