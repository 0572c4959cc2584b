//! Changes to a linked ELF file in place: no byte moves, nothing is linked anew.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use object::elf;
use object::endian::{Endian as _, Endianness};
use object::read::elf::{FileHeader, Sym};
use thiserror::Error;

use super::error::{ElfError, Flaw};
use super::image::{Entry, Image};
use super::symbols::Table;
use super::versions::Versions;

/// The tag that [`Editor::blank`] gives to an entry that is to be ignored; it spells `embd`.
///
/// It lies in the range for operating systems (`DT_LOOS` to `DT_HIOS`), outside of everything that is
/// assigned there. glibc keeps only entries below `DT_NUM`, the `DT_VERSYM`, `DT_VALRNG` and `DT_ADDRRNG`
/// ranges at its end and the processor range (`elf_get_dynamic_info` in its elf/get-dynamic-info.h); musl
/// keeps tags below 37 and asks for a few others by name (`decode_dyn` in its ldso/dynlink.c).
pub const BLANK_TAG: u32 = 0x656d_6264;

/// The dynamic entries that hold a string and can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `DT_NEEDED`.
    Needed,
    /// `DT_SONAME`.
    Soname,
    /// `DT_RPATH`.
    RPath,
    /// `DT_RUNPATH`.
    RunPath,
}

impl Tag {
    fn number(self) -> elf::DynamicTag {
        match self {
            Tag::Needed => elf::DT_NEEDED,
            Tag::Soname => elf::DT_SONAME,
            Tag::RPath => elf::DT_RPATH,
            Tag::RunPath => elf::DT_RUNPATH,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Tag::Needed => "DT_NEEDED",
            Tag::Soname => "DT_SONAME",
            Tag::RPath => "DT_RPATH",
            Tag::RunPath => "DT_RUNPATH",
        }
    }
}

/// Why an ELF file cannot be edited as asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PatchError {
    /// The bytes are no intact ELF file.
    #[error("cannot edit: {0}")]
    Elf(
        /// What is wrong.
        #[from]
        ElfError,
    ),
    /// There is no such dynamic entry.
    #[error("cannot edit: the file has no {} number {nth}", tag.name())]
    NoEntry {
        /// What was asked for.
        tag: Tag,
        /// Its number among those with the same tag, from 0.
        nth: usize,
    },
    /// The new string is longer than the old one.
    #[error("cannot write `{new}` over {room} bytes: it has {}; shorten the path", new.len())]
    TooLong {
        /// The new string.
        new: String,
        /// Length of the old one in bytes.
        room: usize,
    },
    /// The new string cannot be written into a dynamic entry.
    #[error("cannot write {new:?} into a dynamic entry: {reason}")]
    BadString {
        /// The string.
        new: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something else uses the same bytes of the string table.
    #[error("cannot overwrite `{old}`: {user} shares its bytes")]
    Shared {
        /// The string.
        old: String,
        /// What uses it.
        user: &'static str,
    },
    /// There is no such symbol.
    #[error("cannot hide `{0}`: the file does not define it")]
    NoSymbol(
        /// Its name.
        String,
    ),
    /// The probe lacks a placeholder: it is not the prebuilt one, or was shaped before.
    #[error("cannot shape the probe: it has no placeholder beginning with `{0}`")]
    NoPlaceholder(
        /// The beginning of the placeholder.
        &'static str,
    ),
    /// The result cannot be written.
    #[error("cannot write `{path}`: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An ELF file in memory that is being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    bytes: Vec<u8>,
}

impl Editor {
    /// Begins to edit a file.
    ///
    /// # Errors
    ///
    /// When the bytes are no intact ELF file.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Editor, PatchError> {
        let editor = Editor { bytes };
        editor.image()?;
        Ok(editor)
    }

    /// Overwrites the string of the `nth` (from 0) entry with this tag; what is left of the old one is
    /// filled with zeros.
    ///
    /// # Errors
    ///
    /// When there is no such entry, the new string is longer than the old one, has a NUL in it or is
    /// empty where a name is needed, or something unrelated shares the bytes of the old string (linkers
    /// store `b.so` in the end of `lib.so`). Version tables that repeat the name follow along.
    pub fn set_string(
        &mut self,
        tag: Tag,
        nth: usize,
        new: impl AsRef<OsStr>,
    ) -> Result<(), PatchError> {
        let shown = || new.as_ref().to_string_lossy().into_owned();
        let new = new.as_ref().as_bytes();
        if new.contains(&0) {
            let reason = "it has a NUL in it";
            return Err(PatchError::BadString { new: shown(), reason });
        }
        if new.is_empty() && matches!(tag, Tag::Needed | Tag::Soname) {
            let reason = "an empty name is none; blank the entry";
            return Err(PatchError::BadString { new: shown(), reason });
        }
        let (start, room) = {
            let image = self.image()?;
            let entry = entry(&image, tag, nth)?;
            let old = image.string(entry.value).map_err(in_memory)?;
            if new.len() > old.len() {
                return Err(PatchError::TooLong { new: shown(), room: old.len() });
            }
            if let Some(user) = other_user(&image, entry, old.len() as u64)? {
                let old = String::from_utf8_lossy(old).into_owned();
                return Err(PatchError::Shared { old, user });
            }
            let offset = image
                .value(elf::DT_STRTAB)
                .and_then(|table| table.checked_add(entry.value))
                .and_then(|address| image.file_offset(address, old.len() as u64))
                .ok_or_else(|| in_memory(Flaw::Malformed("a name lies outside it")))?;
            (offset as usize, old.len())
        };
        self.bytes[start..start + new.len()].copy_from_slice(new);
        self.bytes[start + new.len()..start + room].fill(0);
        Ok(())
    }

    /// The string of the `nth` (from 0) entry with this tag.
    ///
    /// # Errors
    ///
    /// When there is no such entry.
    pub fn string(&self, tag: Tag, nth: usize) -> Result<String, PatchError> {
        let image = self.image()?;
        let entry = entry(&image, tag, nth)?;
        image.text(entry.value).map_err(in_memory)
    }

    /// Turns the `nth` (from 0) entry with this tag into one with the tag `new`, such as RUNPATH into
    /// RPATH.
    ///
    /// # Errors
    ///
    /// When there is no such entry.
    pub fn retag(&mut self, tag: Tag, nth: usize, new: Tag) -> Result<(), PatchError> {
        self.write_tag(tag, nth, new.number().0)
    }

    /// Makes loaders ignore the `nth` (from 0) entry with this tag, by way of [`BLANK_TAG`].
    ///
    /// # Errors
    ///
    /// When there is no such entry.
    pub fn blank(&mut self, tag: Tag, nth: usize) -> Result<(), PatchError> {
        self.write_tag(tag, nth, BLANK_TAG.into())
    }

    fn write_tag(&mut self, tag: Tag, nth: usize, new: i64) -> Result<(), PatchError> {
        let (at, endian, is_64) = {
            let image = self.image()?;
            (entry(&image, tag, nth)?.offset as usize, image.endian, image.is_64)
        };
        if is_64 {
            self.bytes[at..at + 8].copy_from_slice(&endian.write_u64(new as u64));
        } else {
            self.bytes[at..at + 4].copy_from_slice(&endian.write_u32(new as u32));
        }
        Ok(())
    }

    /// Makes every definition of this dynamic symbol an undefined weak one, so that no other object
    /// finds it. The object itself still loads; inside it, references by way of the dynamic symbol
    /// become null.
    ///
    /// The symbol keeps its place in the hash tables and its name: the name may share its bytes with
    /// others, and those who miss the symbol shall name the right one. Lookups pass it over, since its
    /// value is 0 (`check_match` in glibc's elf/dl-lookup.c, `find_sym2` in musl's ldso/dynlink.c).
    ///
    /// # Errors
    ///
    /// When no such symbol is defined.
    pub fn hide_symbol(&mut self, name: &str) -> Result<(), PatchError> {
        let image = self.image()?;
        let (is_64, machine_endian) = (image.is_64, image.endian);
        let symbols = if is_64 {
            find_symbols::<elf::FileHeader64<Endianness>>(&image, name)
        } else {
            find_symbols::<elf::FileHeader32<Endianness>>(&image, name)
        };
        let symbols = symbols.map_err(in_memory)?;
        if symbols.is_empty() {
            return Err(PatchError::NoSymbol(name.to_owned()));
        }
        let half = machine_endian.write_u16(elf::SHN_UNDEF.0);
        for (at, kind) in symbols {
            let at = at as usize;
            // Fields of Elf64_Sym and Elf32_Sym as in <elf.h>.
            let (info, section, value) = if is_64 {
                (at + 4, at + 6, at + 8..at + 16)
            } else {
                (at + 12, at + 14, at + 4..at + 8)
            };
            self.bytes[info] = elf::SymbolInfo::new(elf::STB_WEAK, kind).0;
            self.bytes[section..section + 2].copy_from_slice(&half);
            self.bytes[value].fill(0);
        }
        Ok(())
    }

    /// The edited file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the edited file with mode 0755, replacing `path`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PatchError> {
        fs::write(path, &self.bytes)
            .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
            .map_err(|source| PatchError::Write { path: path.to_owned(), source })
    }

    fn image(&self) -> Result<Image<'_, &[u8]>, PatchError> {
        Image::parse(&self.bytes[..]).map_err(in_memory)
    }

    pub(super) fn find_string(&self, tag: Tag, prefix: &str) -> Result<Option<usize>, PatchError> {
        let image = self.image()?;
        let entries = image.dynamic.iter().filter(|entry| entry.tag == tag.number().0);
        for (nth, entry) in entries.enumerate() {
            let string = image.string(entry.value).map_err(in_memory)?;
            if string.starts_with(prefix.as_bytes()) {
                return Ok(Some(nth));
            }
        }
        Ok(None)
    }
}

fn in_memory(flaw: Flaw) -> PatchError {
    PatchError::Elf(flaw.of(Path::new("file in memory")))
}

fn entry(image: &Image<'_, &[u8]>, tag: Tag, nth: usize) -> Result<Entry, PatchError> {
    let mut entries = image.dynamic.iter().filter(|entry| entry.tag == tag.number().0);
    entries.nth(nth).copied().ok_or(PatchError::NoEntry { tag, nth })
}

/// Whatever else refers to one of the bytes of this string. A reference to its very beginning from
/// another name of a library means the same library, and may change with it.
fn other_user(
    image: &Image<'_, &[u8]>,
    entry: Entry,
    len: u64,
) -> Result<Option<&'static str>, PatchError> {
    let start = entry.value;
    let touches = |offset: u64| (start..=start + len).contains(&offset);
    let names = [elf::DT_NEEDED, elf::DT_SONAME, elf::DT_RPATH, elf::DT_RUNPATH];
    let names = names.map(|tag| tag.0);
    let others = image.dynamic.iter().filter(|other| names.contains(&other.tag));
    let is_list = |tag: i64| tag == elf::DT_RPATH.0 || tag == elf::DT_RUNPATH.0;
    for other in others.filter(|other| other.offset != entry.offset && touches(other.value)) {
        if other.value != start || is_list(other.tag) != is_list(entry.tag) {
            return Ok(Some("another dynamic entry"));
        }
    }
    let symbols = if image.is_64 {
        symbol_names::<elf::FileHeader64<Endianness>>(image)
    } else {
        symbol_names::<elf::FileHeader32<Endianness>>(image)
    };
    if symbols.map_err(in_memory)?.into_iter().any(touches) {
        return Ok(Some("a symbol name"));
    }
    let versions = Versions::read(image).map_err(in_memory)?;
    if versions.strings.into_iter().any(|offset| touches(offset) && offset != start) {
        return Ok(Some("a symbol version"));
    }
    Ok(None)
}

fn symbol_names<H: FileHeader<Endian = Endianness>>(
    image: &Image<'_, &[u8]>,
) -> Result<Vec<u64>, Flaw> {
    let table = Table::<H>::find_all(image)?;
    let symbols = table.iter().flat_map(|table| table.symbols);
    Ok(symbols.map(|symbol| symbol.st_name(image.endian).into()).filter(|&at| at != 0).collect())
}

/// File offsets and types of the symbols that are defined under this name.
fn find_symbols<H: FileHeader<Endian = Endianness>>(
    image: &Image<'_, &[u8]>,
    name: &str,
) -> Result<Vec<(u64, elf::SymbolType)>, Flaw> {
    let Some(table) = Table::<H>::find_all(image)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (index, symbol) in table.symbols.iter().enumerate() {
        let is_defined = symbol.st_shndx(image.endian) != elf::SHN_UNDEF;
        if is_defined && image.string(symbol.st_name(image.endian).into())? == name.as_bytes() {
            let at = table.offset + (index * size_of::<H::Sym>()) as u64;
            found.push((at, symbol.st_type()));
        }
    }
    Ok(found)
}
