//! The dynamic symbols of an object: what it defines, what it demands.

use std::sync::Arc;

use object::elf;
use object::endian::{Endian as _, Endianness};
use object::read::ReadRef;
use object::read::elf::{FileHeader, Sym};

use super::error::Flaw;
use super::image::{Image, MAX_TABLE};
use super::versions::Versions;

/// Chromium has some 200,000 dynamic symbols.
const MAX_SYMBOLS: u64 = 4_000_000;

/// A symbol that an object demands of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// Its name.
    pub name: String,
    /// Whether its absence is tolerated: the address is then 0.
    pub weak: bool,
    /// The version that is demanded with it.
    pub version: Option<String>,
    /// The library that the version was seen in when the object was linked.
    pub from: Option<String>,
    /// What the object does with it.
    pub used: Use,
}

/// How an object refers to an undefined symbol; decides when ld.so misses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// No relocation refers to it, so that ld.so never looks for it.
    Nowhere,
    /// Only calls through the procedure linkage table: missed at `dlopen` with `RTLD_NOW`, with
    /// `RTLD_LAZY` at the first call.
    Calls,
    /// Its address is needed in data or in the global offset table: missed at `dlopen` in any case.
    Data,
}

/// A symbol that an object offers to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: Box<str>,
    /// Its version, when the object has versions.
    pub version: Option<Arc<str>>,
    /// A superseded version (`foo@V1` beside `foo@@V2`): only for those who demand it by name.
    pub hidden: bool,
    /// The unversioned or the oldest version, which a reference without version gets even if hidden.
    pub(super) oldest: bool,
}

impl Definition {
    /// Whether ld.so takes this definition for a reference that demands `version`.
    ///
    /// The rules are those of `check_match` in glibc's elf/dl-lookup.c.
    pub(super) fn answers(&self, version: Option<&str>, object_has_versions: bool) -> bool {
        match (version, &self.version) {
            _ if !object_has_versions => true,
            (Some(wanted), Some(have)) => wanted == &**have,
            (Some(_), None) => !self.hidden,
            (None, _) => self.oldest || !self.hidden,
        }
    }
}

/// Both halves of a dynamic symbol table.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    /// Sorted by name.
    pub(super) defined: Vec<Definition>,
    pub(super) undefined: Vec<Undefined>,
    /// Whether there is a `DT_VERSYM` table.
    pub(super) versioned: bool,
}

impl Symbols {
    pub(super) fn read<'data, R: ReadRef<'data>>(
        image: &Image<'data, R>,
        versions: &Versions,
    ) -> Result<Self, Flaw> {
        if image.is_64 {
            Self::read_class::<elf::FileHeader64<Endianness>, R>(image, versions)
        } else {
            Self::read_class::<elf::FileHeader32<Endianness>, R>(image, versions)
        }
    }

    fn read_class<'data, H, R>(image: &Image<'data, R>, versions: &Versions) -> Result<Self, Flaw>
    where
        H: FileHeader<Endian = Endianness>,
        R: ReadRef<'data>,
    {
        let uses = Uses::read(image)?;
        let mut symbols = Symbols::default();
        let Some(table) = Table::<H>::find(image, uses.0.len() as u64)? else {
            return Ok(symbols);
        };
        let indices = version_indices(image, table.symbols.len() as u64)?;
        symbols.versioned = indices.is_some();
        let mut name_bytes = 0;
        for (index, symbol) in table.symbols.iter().enumerate().skip(1) {
            if symbol.st_bind() == elf::STB_LOCAL {
                continue;
            }
            let undefined = symbol.st_shndx(image.endian) == elf::SHN_UNDEF;
            if !undefined && !is_visible(symbol, image.endian) {
                continue;
            }
            let name = image.text(symbol.st_name(image.endian).into())?;
            name_bytes += name.len() as u64;
            if name_bytes > MAX_TABLE {
                return Err(Flaw::TooMany { what: "bytes of symbol names", limit: MAX_TABLE });
            }
            let raw = indices.as_ref().and_then(|all| all.get(index).copied()).unwrap_or(1);
            let (number, hidden) = (raw & elf::VERSYM_VERSION, raw & elf::VERSYM_HIDDEN.0 != 0);
            let version = versions.get(number).filter(|_| number > elf::VER_NDX_GLOBAL.0);
            if undefined {
                symbols.undefined.push(Undefined {
                    name,
                    weak: symbol.st_bind() == elf::STB_WEAK,
                    version: version.map(|version| version.name.to_string()),
                    from: version.and_then(|version| version.file.as_deref()).map(str::to_owned),
                    used: uses.of(index),
                });
            } else {
                symbols.defined.push(Definition {
                    name: name.into_boxed_str(),
                    version: version.map(|version| Arc::clone(&version.name)),
                    hidden,
                    oldest: number <= 2,
                });
            }
        }
        symbols.defined.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(symbols)
    }
}

/// Whether ld.so would let another object bind to this defined symbol; see `check_match` and
/// `do_lookup_x` in glibc's elf/dl-lookup.c.
fn is_visible<S: Sym<Endian = Endianness>>(symbol: &S, endian: Endianness) -> bool {
    let kind = symbol.st_type();
    let has_value = symbol.st_value(endian).into() != 0
        || symbol.st_shndx(endian) == elf::SHN_ABS
        || kind == elf::STT_TLS;
    let is_code_or_data = matches!(
        kind,
        elf::STT_NOTYPE
            | elf::STT_OBJECT
            | elf::STT_FUNC
            | elf::STT_COMMON
            | elf::STT_TLS
            | elf::STT_GNU_IFUNC
    );
    let is_exported = !matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
    has_value && is_code_or_data && is_exported
}

/// The dynamic symbol table of one word size.
pub(super) struct Table<'data, H: FileHeader> {
    pub(super) symbols: &'data [H::Sym],
    /// File offset of the table in bytes.
    pub(super) offset: u64,
}

impl<'data, H: FileHeader<Endian = Endianness>> Table<'data, H> {
    /// The whole table, as far as anything in the file refers to it.
    pub(super) fn find_all<R: ReadRef<'data>>(
        image: &Image<'data, R>,
    ) -> Result<Option<Self>, Flaw> {
        Self::find(image, Uses::read(image)?.0.len() as u64)
    }

    /// The dynamic segment states no length. The hash tables do, except that a GNU hash table covers
    /// defined symbols only; of undefined ones, those that matter are named by relocations, of which
    /// the caller knows the `least` length.
    fn find<R: ReadRef<'data>>(image: &Image<'data, R>, least: u64) -> Result<Option<Self>, Flaw> {
        let Some(address) = image.value(elf::DT_SYMTAB) else {
            return Ok(None);
        };
        let hashed = match image.value(elf::DT_HASH) {
            Some(table) => sysv_hash_len(image, table)?,
            None => 0,
        };
        let gnu_hashed = match image.value(elf::DT_GNU_HASH) {
            Some(table) => gnu_hash_len(image, table)?,
            None => 0,
        };
        let count = hashed.max(gnu_hashed).max(least);
        if count > MAX_SYMBOLS {
            return Err(Flaw::TooMany { what: "dynamic symbols", limit: MAX_SYMBOLS });
        }
        let size = count * size_of::<H::Sym>() as u64;
        let outside = "its dynamic symbols lie outside the loadable segments";
        let bytes = image.table(address, size, outside)?;
        let symbols = bytes
            .read_slice_at::<H::Sym>(0, count as usize)
            .map_err(|()| Flaw::Malformed(outside))?;
        let offset = image.file_offset(address, size).ok_or(Flaw::Malformed(outside))?;
        Ok(Some(Table { symbols, offset }))
    }
}

fn sysv_hash_len<'data, R: ReadRef<'data>>(
    image: &Image<'data, R>,
    address: u64,
) -> Result<u64, Flaw> {
    let header = image.table(address, 8, "its hash table lies outside the loadable segments")?;
    Ok(words(header, image.endian).nth(1).unwrap_or(0).into())
}

/// One more than the highest symbol index that a GNU hash table holds.
fn gnu_hash_len<'data, R: ReadRef<'data>>(
    image: &Image<'data, R>,
    address: u64,
) -> Result<u64, Flaw> {
    const OUTSIDE: &str = "its GNU hash table lies outside the loadable segments";
    const CHUNK: u64 = 1024;
    let header: Vec<u64> =
        words(image.table(address, 16, OUTSIDE)?, image.endian).map(u64::from).collect();
    let &[buckets, first, filters, _shift] = &header[..] else {
        return Err(Flaw::Malformed(OUTSIDE));
    };
    let filter_size = filters * if image.is_64 { 8 } else { 4 };
    let bucket_table = address.checked_add(16 + filter_size).ok_or(Flaw::Malformed(OUTSIDE))?;
    let highest = words(image.table(bucket_table, buckets * 4, OUTSIDE)?, image.endian).max();
    let Some(highest) = highest.map(u64::from).filter(|&highest| highest >= first) else {
        // Nothing is defined: the symbols before `first` are not hashed.
        return Ok(if buckets == 0 { 0 } else { first });
    };
    // The low bit marks the end of a chain.
    let chains = bucket_table.checked_add(buckets * 4).ok_or(Flaw::Malformed(OUTSIDE))?;
    let mut index = highest;
    while index <= MAX_SYMBOLS {
        let at = chains.checked_add((index - first) * 4).ok_or(Flaw::Malformed(OUTSIDE))?;
        // Near the end of the segment a whole chunk may be too much.
        let count = if image.file_offset(at, CHUNK * 4).is_some() { CHUNK } else { 1 };
        for hash in words(image.table(at, count * 4, OUTSIDE)?, image.endian) {
            index += 1;
            if hash & 1 != 0 {
                return Ok(index);
            }
        }
    }
    Err(Flaw::TooMany { what: "dynamic symbols", limit: MAX_SYMBOLS })
}

fn version_indices<'data, R: ReadRef<'data>>(
    image: &Image<'data, R>,
    count: u64,
) -> Result<Option<Vec<u16>>, Flaw> {
    let Some(address) = image.value(elf::DT_VERSYM) else {
        return Ok(None);
    };
    let outside = "its symbol version table lies outside the loadable segments";
    let bytes = image.table(address, count * 2, outside)?;
    let half = |pair: &[u8]| image.endian.read_u16(pair.try_into().unwrap_or_default());
    Ok(Some(bytes.chunks_exact(2).map(half).collect()))
}

fn words(bytes: &[u8], endian: Endianness) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(move |word| endian.read_u32(word.try_into().unwrap_or_default()))
}

/// By symbol index, how relocations refer to it.
struct Uses(Vec<Use>);

impl Uses {
    fn read<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Result<Self, Flaw> {
        let mut uses = Uses(Vec::new());
        let calls = image.value(elf::DT_JMPREL).zip(image.value(elf::DT_PLTRELSZ));
        for (table, size, is_rela) in
            [(elf::DT_RELA, elf::DT_RELASZ, true), (elf::DT_REL, elf::DT_RELSZ, false)]
        {
            let Some((start, mut size)) = image.value(table).zip(image.value(size)) else {
                continue;
            };
            // Some linkers let the general table reach over the table of calls that ends it.
            if let Some((calls, calls_size)) = calls
                && calls >= start
                && calls.checked_add(calls_size) == start.checked_add(size)
            {
                size = calls - start;
            }
            uses.add(image, start, size, is_rela, Use::Data)?;
        }
        if let Some((start, size)) = calls {
            let is_rela = image.value(elf::DT_PLTREL) != Some(elf::DT_REL.0 as u64);
            uses.add(image, start, size, is_rela, Use::Calls)?;
        }
        Ok(uses)
    }

    fn add<'data, R: ReadRef<'data>>(
        &mut self,
        image: &Image<'data, R>,
        address: u64,
        size: u64,
        is_rela: bool,
        used: Use,
    ) -> Result<(), Flaw> {
        if size == 0 {
            return Ok(());
        }
        let outside = "its relocations lie outside the loadable segments";
        let bytes = image.table(address, size, outside)?;
        let is_mips_little = image.machine == elf::EM_MIPS.0 && image.endian == Endianness::Little;
        let word = if image.is_64 { 8 } else { 4 };
        let record = if is_rela { 3 * word } else { 2 * word };
        for relocation in bytes.chunks_exact(record) {
            let info = &relocation[word..2 * word];
            let symbol = match <[u8; 8]>::try_from(info) {
                // 64-bit little-endian MIPS has a layout of its own.
                Ok(info) if is_mips_little => image.endian.read_u64(info) as u32,
                Ok(info) => (image.endian.read_u64(info) >> 32) as u32,
                Err(_) => image.endian.read_u32(info.try_into().unwrap_or_default()) >> 8,
            };
            if symbol == 0 {
                continue;
            }
            if u64::from(symbol) >= MAX_SYMBOLS {
                return Err(Flaw::TooMany { what: "dynamic symbols", limit: MAX_SYMBOLS });
            }
            let index = symbol as usize;
            if index >= self.0.len() {
                self.0.resize(index + 1, Use::Nowhere);
            }
            self.0[index] = self.0[index].max(used);
        }
        Ok(())
    }

    fn of(&self, index: usize) -> Use {
        self.0.get(index).copied().unwrap_or(Use::Nowhere)
    }
}
