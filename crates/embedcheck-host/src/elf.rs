//! ELF objects as they lie in memory: link maps, symbol look-up, build-id.
//!
//! Everything here reads memory that ld.so mapped and keeps mapped while the object is open. The
//! layout is fixed by the ELF specification (gABI, "Dynamic Section") and, for the link map and the
//! GNU hash table, by glibc's `<link.h>` and `elf/dl-lookup.c`.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{self, NonNull};

use crate::library;
use crate::state::Raw;

const DT_NULL: i64 = 0;
const DT_HASH: i64 = 4;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_SONAME: i64 = 14;
const DT_GNU_HASH: i64 = 0x6fff_fef5;
const NT_GNU_BUILD_ID: u32 = 3;

/// The public part of glibc's `struct link_map`.
#[repr(C)]
struct RawLinkMap {
    l_addr: usize,
    l_name: *const c_char,
    l_ld: *const Dynamic,
    l_next: *const RawLinkMap,
    l_prev: *const RawLinkMap,
}

/// `Elf64_Dyn`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Dynamic {
    tag: i64,
    value: usize,
}

/// An object that ld.so has mapped.
#[derive(Clone, Copy)]
pub(crate) struct LinkMap(NonNull<RawLinkMap>);

impl LinkMap {
    /// The object of an open handle.
    pub(crate) fn of(raw: Raw) -> Option<Self> {
        let mut map: *mut c_void = ptr::null_mut();
        // SAFETY: the handle is open, and the request writes one pointer.
        let status = unsafe { libc::dlinfo(raw.0, libc::RTLD_DI_LINKMAP, (&raw mut map).cast()) };
        if status != 0 {
            return None;
        }
        Self::new(map)
    }

    /// From what ld.so calls a `struct link_map *`.
    pub(crate) fn new(map: *mut c_void) -> Option<Self> {
        NonNull::new(map.cast()).map(Self)
    }

    /// Every object of the namespace, in the order of loading.
    pub(crate) fn all_of_namespace(self) -> impl Iterator<Item = Self> {
        let mut first = self;
        while let Some(previous) = NonNull::new(first.raw().l_prev.cast_mut()) {
            first = Self(previous);
        }
        std::iter::successors(Some(first), |map| {
            NonNull::new(map.raw().l_next.cast_mut()).map(Self)
        })
    }

    fn raw(&self) -> &RawLinkMap {
        // SAFETY: ld.so's record of an object that is loaded. It changes only while objects are
        // opened or closed, which a plan that asks for facts does not do at the same time.
        unsafe { self.0.as_ref() }
    }

    /// Path by which it was loaded; empty for the program itself.
    pub(crate) fn name(&self) -> &'static CStr {
        let name = self.raw().l_name;
        if name.is_null() {
            return c"";
        }
        // SAFETY: a string that lives as long as the record, which no caller outlives.
        unsafe { CStr::from_ptr(name) }
    }

    /// Difference between addresses in the file and in memory.
    pub(crate) fn base(&self) -> usize {
        self.raw().l_addr
    }

    /// An address inside of the object.
    pub(crate) fn dynamic_section(&self) -> *const c_void {
        self.raw().l_ld.cast()
    }

    /// Whether the dynamic symbol table defines `name`.
    pub(crate) fn defines(&self, name: &CStr) -> bool {
        let (Some(symbols), Some(strings)) = (self.table(DT_SYMTAB), self.table(DT_STRTAB)) else {
            return false;
        };
        let table = SymbolTable { symbols, strings };
        match (self.table(DT_GNU_HASH), self.table(DT_HASH)) {
            (Some(hash), _) => table.gnu_hash_finds(hash, name),
            (None, Some(hash)) => table.sysv_hash_finds(hash, name),
            (None, None) => false,
        }
    }

    /// DT_SONAME.
    pub(crate) fn soname(&self) -> Option<String> {
        let strings = self.table(DT_STRTAB)?;
        let offset = self.dynamic(DT_SONAME)?;
        // SAFETY: DT_SONAME is the offset of a string in the table at DT_STRTAB, by which ld.so itself has gone when it
        // mapped the object.
        unsafe { crate::sys::text_at(strings.wrapping_add(offset).cast()) }
    }

    /// The build-id as hexadecimal digits.
    pub(crate) fn build_id(&self) -> Option<String> {
        // The ELF header is where the mapping starts; `l_addr` is not, in a program that is linked to
        // a fixed address.
        let header = library::containing_object(self.dynamic_section())?.0.dli_fbase.cast::<u8>();
        // SAFETY: the first bytes of a mapped object.
        let magic = unsafe { header.cast::<[u8; 4]>().read_unaligned() };
        if magic != *b"\x7fELF" {
            return None;
        }
        // Offsets in `Elf64_Ehdr`: e_phoff 32, e_phentsize 54, e_phnum 56.
        let start = read::<u64>(header, 32) as usize;
        let (size, count) = (read::<u16>(header, 54), read::<u16>(header, 56));
        let headers: Vec<_> = (0..usize::from(count))
            .map(|index| {
                let place = header.wrapping_add(start + index * usize::from(size));
                ProgramHeader {
                    kind: read::<u32>(place, 0),
                    address: read::<u64>(place, 16) as usize,
                    file_size: read::<u64>(place, 32) as usize,
                }
            })
            .collect();
        let notes = headers.iter().filter(|header| header.kind == libc::PT_NOTE);
        notes.filter(|note| note.is_loaded(&headers)).find_map(|note| {
            let place = ptr::with_exposed_provenance(self.base().wrapping_add(note.address));
            // SAFETY: a note inside of a loaded segment.
            build_id_in(unsafe { std::slice::from_raw_parts(place, note.file_size) })
        })
    }

    fn dynamic(&self, tag: i64) -> Option<usize> {
        let mut entry = self.raw().l_ld;
        if entry.is_null() {
            return None;
        }
        loop {
            // SAFETY: the dynamic section of a loaded object, which DT_NULL ends.
            let Dynamic { tag: found, value } = unsafe { entry.read() };
            if found == tag {
                return Some(value);
            }
            if found == DT_NULL {
                return None;
            }
            entry = entry.wrapping_add(1);
        }
    }

    /// Address of a table. ld.so has added the base already, except in the vDSO, whose dynamic section
    /// is read-only.
    fn table(&self, tag: i64) -> Option<*const u8> {
        let value = self.dynamic(tag)?;
        let address = if value < self.base() { value + self.base() } else { value };
        Some(ptr::with_exposed_provenance(address))
    }
}

struct ProgramHeader {
    kind: u32,
    address: usize,
    file_size: usize,
}

impl ProgramHeader {
    fn is_loaded(&self, headers: &[Self]) -> bool {
        headers.iter().any(|load| {
            load.kind == libc::PT_LOAD
                && load.address <= self.address
                && self.address + self.file_size <= load.address + load.file_size
        })
    }
}

struct SymbolTable {
    symbols: *const u8,
    strings: *const u8,
}

impl SymbolTable {
    /// Whether symbol number `index` has this name and is defined here.
    fn is(&self, index: u32, name: &CStr) -> bool {
        // `Elf64_Sym`: 24 bytes, st_name at 0, st_shndx at 6.
        let symbol = self.symbols.wrapping_add(index as usize * 24);
        if read::<u16>(symbol, 6) == 0 {
            return false;
        }
        let found = self.strings.wrapping_add(read::<u32>(symbol, 0) as usize);
        // SAFETY: an offset of the symbol table into the object's own string table.
        let found = unsafe { CStr::from_ptr(found.cast()) };
        found == name
    }

    fn gnu_hash_finds(&self, table: *const u8, name: &CStr) -> bool {
        let hash = gnu_hash(name.to_bytes());
        let [buckets, first, words, shift] = [0, 4, 8, 12].map(|at| read::<u32>(table, at));
        if buckets == 0 || words == 0 {
            return false;
        }
        let bloom = read::<u64>(table, 16 + 8 * ((hash / 64) % words) as usize);
        let mask = 1 << (hash % 64) | 1 << ((hash >> (shift % 32)) % 64);
        if bloom & mask != mask {
            return false;
        }
        let bucket_table = table.wrapping_add(16 + 8 * words as usize);
        let chain = bucket_table.wrapping_add(4 * buckets as usize);
        let mut index = read::<u32>(bucket_table, 4 * (hash % buckets) as usize);
        if index < first {
            return false;
        }
        loop {
            let found = read::<u32>(chain, 4 * (index - first) as usize);
            if found | 1 == hash | 1 && self.is(index, name) {
                return true;
            }
            // The lowest bit marks the end of a chain.
            if found & 1 == 1 {
                return false;
            }
            index += 1;
        }
    }

    fn sysv_hash_finds(&self, table: *const u8, name: &CStr) -> bool {
        let [buckets, chains] = [0, 4].map(|at| read::<u32>(table, at));
        if buckets == 0 {
            return false;
        }
        let bucket = sysv_hash(name.to_bytes()) % buckets;
        let mut index = read::<u32>(table, 8 + 4 * bucket as usize);
        // A chain cannot be longer than the table, unless it is a broken ring.
        for _ in 0..chains {
            if index == 0 {
                return false;
            }
            if self.is(index, name) {
                return true;
            }
            index = read::<u32>(table, 8 + 4 * (buckets as usize + index as usize));
        }
        false
    }
}

/// Reads a number of a table of a loaded object.
fn read<T: Copy>(table: *const u8, offset: usize) -> T {
    let place = table.wrapping_add(offset).cast::<T>();
    // SAFETY: every caller reads inside of a table whose extent the object itself states; ld.so
    // has used the same tables already. T is an integer, for which any bits are valid.
    unsafe { place.read_unaligned() }
}

/// Finds the build-id in the contents of a PT_NOTE segment.
fn build_id_in(mut notes: &[u8]) -> Option<String> {
    loop {
        let (header, rest) = notes.split_first_chunk::<12>()?;
        let word = |at| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32::from_ne_bytes(bytes)
        };
        let (name_size, size, kind) = (word(0) as usize, word(4) as usize, word(8));
        let name = rest.get(..name_size)?;
        let description_start = name_size.next_multiple_of(4);
        let description =
            rest.get(description_start..)?.get(..size).filter(|bytes| !bytes.is_empty())?;
        if kind == NT_GNU_BUILD_ID && name == b"GNU\0" {
            return Some(description.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        notes = rest.get(description_start + size.next_multiple_of(4)..)?;
    }
}

fn gnu_hash(name: &[u8]) -> u32 {
    name.iter().fold(5381_u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(u32::from(*byte)))
}

fn sysv_hash(name: &[u8]) -> u32 {
    name.iter().fold(0_u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(*byte));
        let top = hash & 0xf000_0000;
        (hash ^ (top >> 24)) & !top
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from the GNU gABI extension's description and from the ELF specification.
    #[test]
    fn hashes_are_those_of_the_linker() {
        assert_eq!(gnu_hash(b""), 5381);
        assert_eq!(gnu_hash(b"printf"), 0x156b_2bb8);
        assert_eq!(sysv_hash(b"printf"), 0x0779_05a6);
    }

    #[test]
    fn build_id_is_found_behind_other_notes() {
        let note = |kind: u32, name: &[u8], description: &[u8]| {
            let mut bytes = Vec::new();
            for word in [name.len() as u32, description.len() as u32, kind] {
                bytes.extend(word.to_ne_bytes());
            }
            bytes.extend(name);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes.extend(description);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        };
        let mut notes = note(1, b"GNU\0", &[1, 2, 3, 4, 5]);
        notes.extend(note(3, b"stapsdt\0", &[9]));
        notes.extend(note(3, b"GNU\0", &[0xde, 0xad, 0x01]));
        assert_eq!(build_id_in(&notes).as_deref(), Some("dead01"));
        for cut in 0..notes.len() - 4 {
            assert_eq!(build_id_in(&notes[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri opens no libraries")]
    fn own_objects_are_found() {
        let map = LinkMap::of(Raw(libloading::os::unix::Library::this().into_raw()));
        let map = map.expect("the program itself is loaded");
        let names: Vec<_> = map.all_of_namespace().map(|map| map.soname()).collect();
        let libc = map.all_of_namespace().find(|map| map.soname().as_deref() == Some("libc.so.6"));
        let libc = libc.unwrap_or_else(|| panic!("no libc in {names:?}"));
        assert!(libc.defines(c"printf"));
        assert!(!libc.defines(c"Py_IsInitialized"));
        assert!(libc.build_id().is_none_or(|id| id.len() >= 16));
        // The vDSO has tables that ld.so does not relocate.
        let vdso = map.all_of_namespace().find(|map| map.name() == c"linux-vdso.so.1");
        assert!(
            vdso.is_none_or(|vdso| vdso.defines(c"__vdso_clock_gettime")
                || vdso.defines(c"__kernel_clock_gettime"))
        );
    }
}
