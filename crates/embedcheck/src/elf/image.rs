//! The part of an ELF file that the dynamic loader looks at: headers, segments, dynamic entries.
//!
//! Word size and byte order are settled here; the readers above see `u64` values and addresses.

use object::elf;
use object::endian::Endianness;
use object::read::ReadRef;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use super::error::{Flaw, NotElf};

/// No table of a real file comes near this size (in bytes); a larger one would only exhaust memory.
pub(super) const MAX_TABLE: u64 = 256 << 20;
/// Far above any real file; keeps a hostile one from costing seconds.
pub(super) const MAX_NEEDED: u64 = 10_000;
const MAX_DYNAMIC: u64 = 100_000;
/// Bytes; C++ and Rust symbols of tens of kilobytes exist.
const MAX_STRING: usize = 1 << 20;

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) kind: elf::ProgramType,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) file_size: u64,
    pub(super) memory_size: u64,
    pub(super) align: u64,
    /// `PF_X`: its memory may be executed.
    pub(super) executable: bool,
}

/// An entry of the dynamic segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) tag: i64,
    pub(super) value: u64,
    /// File offset of the entry in bytes.
    pub(super) offset: u64,
}

/// The headers of an ELF file and access to the file through them.
#[derive(Clone, Debug)]
pub(super) struct Image<'data, R> {
    data: R,
    pub(super) endian: Endianness,
    pub(super) is_64: bool,
    pub(super) machine: u16,
    pub(super) file_type: elf::FileType,
    pub(super) segments: Vec<Segment>,
    /// Without the closing `DT_NULL`; empty when there is no dynamic segment.
    pub(super) dynamic: Vec<Entry>,
    strings: &'data [u8],
}

impl<'data, R: ReadRef<'data>> Image<'data, R> {
    pub(super) fn parse(data: R) -> Result<Self, Flaw> {
        let len = data.len().map_err(|()| Flaw::Malformed("its length cannot be determined"))?;
        let head = data
            .read_bytes_at(0, len.min(256))
            .map_err(|()| Flaw::Malformed("its beginning cannot be read"))?;
        if !head.starts_with(&elf::ELFMAG) {
            return Err(Flaw::NotElf(NotElf::recognise(head)));
        }
        match head.get(4).copied().map(elf::FileClass) {
            Some(elf::ELFCLASS64) => {
                Self::parse_class::<elf::FileHeader64<Endianness>>(data, len, true)
            }
            Some(elf::ELFCLASS32) => {
                Self::parse_class::<elf::FileHeader32<Endianness>>(data, len, false)
            }
            Some(_) => Err(Flaw::Malformed("its word size is neither 32 nor 64 bits")),
            None => Err(Flaw::Truncated { what: "the ELF header", end: 64, len }),
        }
    }

    fn parse_class<H>(data: R, len: u64, is_64: bool) -> Result<Self, Flaw>
    where
        H: FileHeader<Endian = Endianness>,
    {
        let within = |what, offset: u64, size: u64| match offset.checked_add(size) {
            Some(end) if end <= len => Ok(()),
            end => Err(Flaw::Truncated { what, end: end.unwrap_or(u64::MAX), len }),
        };
        within("the ELF header", 0, size_of::<H>() as u64)?;
        let header = H::parse(data)
            .map_err(|_| Flaw::Malformed("its header states an unknown byte order or version"))?;
        let endian = header
            .endian()
            .map_err(|_| Flaw::Malformed("its header states an unknown byte order"))?;

        let table_size = |entry: u16, count: u16| u64::from(entry) * u64::from(count);
        let sections = table_size(header.e_shentsize(endian), header.e_shnum(endian));
        if header.e_shoff(endian).into() != 0 {
            within("the section header table", header.e_shoff(endian).into(), sections)?;
        }
        let count = header.e_phnum(endian);
        if count != 0 && usize::from(header.e_phentsize(endian)) != size_of::<H::ProgramHeader>() {
            return Err(Flaw::Malformed("its program headers have an unexpected size"));
        }
        let segments = table_size(header.e_phentsize(endian), count);
        within("the program header table", header.e_phoff(endian).into(), segments)?;
        let segments: Vec<Segment> = data
            .read_slice_at::<H::ProgramHeader>(header.e_phoff(endian).into(), count.into())
            .map_err(|()| Flaw::Malformed("its program headers cannot be read"))?
            .iter()
            .map(|segment| Segment {
                kind: segment.p_type(endian),
                offset: segment.p_offset(endian).into(),
                address: segment.p_vaddr(endian).into(),
                file_size: segment.p_filesz(endian).into(),
                memory_size: segment.p_memsz(endian).into(),
                align: segment.p_align(endian).into(),
                executable: segment.p_flags(endian) & elf::PF_X == elf::PF_X,
            })
            .collect();
        for segment in segments.iter().filter(|segment| segment.kind == elf::PT_LOAD) {
            within("a loadable segment", segment.offset, segment.file_size)?;
        }

        let mut image = Image {
            data,
            endian,
            is_64,
            machine: header.e_machine(endian).0,
            file_type: header.e_type(endian),
            segments,
            dynamic: Vec::new(),
            strings: &[],
        };
        image.read_dynamic::<H>()?;
        Ok(image)
    }

    fn read_dynamic<H>(&mut self) -> Result<(), Flaw>
    where
        H: FileHeader<Endian = Endianness>,
    {
        // The last one counts, and one without file contents (a debug info file) is as good as none:
        // `_dl_map_object_from_fd` in glibc's elf/dl-load.c.
        let is_dynamic = |segment: &&Segment| segment.kind == elf::PT_DYNAMIC;
        let Some(segment) = self.segments.iter().rfind(is_dynamic).copied() else {
            return Ok(());
        };
        if segment.file_size == 0 {
            return Ok(());
        }
        let start = self
            .file_offset(segment.address, segment.file_size)
            .ok_or(Flaw::Malformed("its dynamic segment lies outside the loadable segments"))?;
        let size = size_of::<H::Dyn>() as u64;
        let mut needed = 0;
        for index in 0..segment.file_size / size {
            if index >= MAX_DYNAMIC {
                return Err(Flaw::TooMany { what: "dynamic entries", limit: MAX_DYNAMIC });
            }
            let offset = start + index * size;
            let entry = self
                .data
                .read_at::<H::Dyn>(offset)
                .map_err(|()| Flaw::Malformed("its dynamic segment cannot be read"))?;
            let tag = entry.d_tag(self.endian);
            if tag == elf::DT_NULL {
                return self.find_strings();
            }
            needed += u64::from(tag == elf::DT_NEEDED);
            if needed > MAX_NEEDED {
                return Err(Flaw::TooMany { what: "DT_NEEDED entries", limit: MAX_NEEDED });
            }
            self.dynamic.push(Entry { tag: tag.0, value: entry.d_val(self.endian).into(), offset });
        }
        Err(Flaw::Malformed("its dynamic segment has no end mark"))
    }

    fn find_strings(&mut self) -> Result<(), Flaw> {
        let Some(address) = self.value(elf::DT_STRTAB) else {
            return Ok(());
        };
        let size = self.value(elf::DT_STRSZ).unwrap_or(0);
        self.strings = self.table(
            address,
            size,
            "its dynamic string table lies outside the loadable segments",
        )?;
        Ok(())
    }

    /// The value of the last dynamic entry with this tag; the last one is what ld.so keeps.
    pub(super) fn value(&self, tag: elf::DynamicTag) -> Option<u64> {
        self.dynamic.iter().rev().find(|entry| entry.tag == tag.0).map(|entry| entry.value)
    }

    /// Where `size` bytes at this address lie in the file.
    pub(super) fn file_offset(&self, address: u64, size: u64) -> Option<u64> {
        self.segments.iter().filter(|segment| segment.kind == elf::PT_LOAD).find_map(|segment| {
            let skip = address.checked_sub(segment.address)?;
            let room = segment.file_size.checked_sub(skip)?;
            if size <= room { segment.offset.checked_add(skip) } else { None }
        })
    }

    /// The bytes of a table at this address; `outside` is the complaint if there are none.
    pub(super) fn table(
        &self,
        address: u64,
        size: u64,
        outside: &'static str,
    ) -> Result<&'data [u8], Flaw> {
        if size > MAX_TABLE {
            return Err(Flaw::TooMany { what: "bytes in one table", limit: MAX_TABLE });
        }
        let offset = self.file_offset(address, size).ok_or(Flaw::Malformed(outside))?;
        self.bytes(offset, size).ok_or(Flaw::Malformed(outside))
    }

    /// Bytes at a file offset.
    pub(super) fn bytes(&self, offset: u64, size: u64) -> Option<&'data [u8]> {
        self.data.read_bytes_at(offset, size).ok()
    }

    /// The string at this offset of the dynamic string table, without the closing NUL.
    pub(super) fn string(&self, offset: u64) -> Result<&'data [u8], Flaw> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.strings.get(offset..))
            .ok_or(Flaw::Malformed("a name lies outside its dynamic string table"))?;
        let window = &rest[..rest.len().min(MAX_STRING)];
        match window.iter().position(|&byte| byte == 0) {
            Some(end) => Ok(&rest[..end]),
            None => Err(Flaw::Malformed("a name in its dynamic string table has no end")),
        }
    }

    /// [`Image::string`] as text; bytes that are not UTF-8 become replacement characters.
    pub(super) fn text(&self, offset: u64) -> Result<String, Flaw> {
        self.string(offset).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}
