//! Symbol versions: `DT_VERSYM`, `DT_VERNEED`, `DT_VERDEF`.
//!
//! The layout is that of the Linux Standard Base, "Symbol Versioning".

use std::collections::HashMap;
use std::sync::Arc;

use object::elf;
use object::endian::Endian as _;
use object::read::ReadRef;

use super::error::Flaw;
use super::image::Image;

/// glibc, the record holder, defines about 60 versions.
const MAX_VERSIONS: usize = 65_536;

/// A version that an object demands of a library, in full: `libc.so.6` must define `GLIBC_2.34`.
///
/// ld.so checks these before it looks at any symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNeed {
    /// The `DT_NEEDED` name of the library.
    pub file: String,
    /// The version.
    pub version: String,
    /// Whether its absence is tolerated.
    pub weak: bool,
}

/// What a version index of a symbol stands for.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) name: Arc<str>,
    /// The library that must provide it, for a demanded version.
    pub(super) file: Option<Arc<str>>,
}

/// The version tables of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    by_index: HashMap<u16, Version>,
    pub(super) needs: Vec<VersionNeed>,
    pub(super) definitions: Vec<String>,
    /// Every offset in the dynamic string table that the version tables refer to.
    pub(super) strings: Vec<u64>,
}

impl Versions {
    pub(super) fn read<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Result<Self, Flaw> {
        let mut versions = Versions::default();
        versions.read_needs(image)?;
        versions.read_definitions(image)?;
        Ok(versions)
    }

    pub(super) fn get(&self, index: u16) -> Option<&Version> {
        self.by_index.get(&index)
    }

    fn read_needs<'data, R: ReadRef<'data>>(
        &mut self,
        image: &Image<'data, R>,
    ) -> Result<(), Flaw> {
        const WHAT: &str = "its version requirements lie outside the loadable segments";
        let count = image.value(elf::DT_VERNEEDNUM).unwrap_or(0);
        let Some(start) = image.value(elf::DT_VERNEED).filter(|_| count > 0) else {
            return Ok(());
        };
        let mut address = Some(start);
        for _ in 0..count {
            let Some(at) = address else { break };
            let record = Record { image, bytes: image.table(at, 16, WHAT)? };
            let file: Arc<str> = image.text(record.word(4).into())?.into();
            self.note_string(record.word(4))?;
            let mut aux = at.checked_add(record.word(8).into());
            for _ in 0..record.half(2) {
                let Some(at) = aux else { break };
                let need = Record { image, bytes: image.table(at, 16, WHAT)? };
                let name: Arc<str> = image.text(need.word(8).into())?.into();
                self.note_string(need.word(8))?;
                self.needs.push(VersionNeed {
                    file: file.to_string(),
                    version: name.to_string(),
                    weak: need.half(4) & elf::VER_FLG_WEAK.0 != 0,
                });
                let index = need.half(6) & elf::VERSYM_VERSION;
                self.by_index.insert(index, Version { name, file: Some(Arc::clone(&file)) });
                aux = next(at, need.word(12));
            }
            address = next(at, record.word(12));
        }
        Ok(())
    }

    fn read_definitions<'data, R: ReadRef<'data>>(
        &mut self,
        image: &Image<'data, R>,
    ) -> Result<(), Flaw> {
        const WHAT: &str = "its version definitions lie outside the loadable segments";
        let count = image.value(elf::DT_VERDEFNUM).unwrap_or(0);
        let Some(start) = image.value(elf::DT_VERDEF).filter(|_| count > 0) else {
            return Ok(());
        };
        let mut address = Some(start);
        for _ in 0..count {
            let Some(at) = address else { break };
            let record = Record { image, bytes: image.table(at, 20, WHAT)? };
            // Further auxiliary entries name the parents of the version, which ld.so ignores.
            let aux = at
                .checked_add(record.word(12).into())
                .ok_or(Flaw::Malformed("its version definitions lead out of the address space"))?;
            let aux = Record { image, bytes: image.table(aux, 8, WHAT)? };
            let name: Arc<str> = image.text(aux.word(0).into())?.into();
            self.note_string(aux.word(0))?;
            // The base definition repeats the SONAME and versions no symbol.
            if record.half(2) & elf::VER_FLG_BASE.0 == 0 {
                self.definitions.push(name.to_string());
                let index = record.half(4) & elf::VERSYM_VERSION;
                self.by_index.insert(index, Version { name, file: None });
            }
            address = next(at, record.word(16));
        }
        Ok(())
    }

    fn note_string(&mut self, offset: u32) -> Result<(), Flaw> {
        self.strings.push(offset.into());
        if self.strings.len() > MAX_VERSIONS {
            return Err(Flaw::TooMany { what: "symbol versions", limit: MAX_VERSIONS as u64 });
        }
        Ok(())
    }
}

/// Follows a link of a chain of records; 0 ends the chain.
fn next(address: u64, step: u32) -> Option<u64> {
    if step == 0 { None } else { address.checked_add(step.into()) }
}

/// One fixed-size record, read field by field.
struct Record<'a, 'data, R> {
    image: &'a Image<'data, R>,
    bytes: &'data [u8],
}

impl<R> Record<'_, '_, R> {
    fn half(&self, at: usize) -> u16 {
        let bytes = self.bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
        self.image.endian.read_u16(bytes.unwrap_or_default())
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        self.image.endian.read_u32(bytes.unwrap_or_default())
    }
}
