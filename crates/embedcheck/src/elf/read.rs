//! One ELF file, as the dynamic loader sees it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use object::elf;
use object::endian::Endianness;
use object::read::{ReadCache, ReadRef};

use super::error::{ElfError, Flaw};
use super::image::Image;
use super::machine::Machine;
use super::notes;
use super::symbols::{Definition, Symbols, Undefined};
use super::versions::{VersionNeed, Versions};

/// A library of 2 GiB cannot be linked with the usual code model. Only the tables that are needed are
/// read, never the whole file.
const MAX_FILE: u64 = 2 << 30;

/// What an ELF file states about itself to the dynamic loader.
///
/// Names that are not UTF-8 hold replacement characters.
#[derive(Clone, Debug)]
pub struct Elf {
    /// The path it was read by.
    pub path: PathBuf,
    /// The processor it is for.
    pub machine: Machine,
    /// Whether it has 64-bit addresses.
    pub is_64: bool,
    /// Whether its byte order is little-endian.
    pub little_endian: bool,
    /// What it is meant to be used as.
    pub kind: Kind,
    /// Whether it has a dynamic segment; without one, everything below is empty. (A static executable
    /// has none, a file of debug information has an empty one.)
    pub dynamic: bool,
    /// `PT_INTERP`: the ld.so it asks for.
    pub interpreter: Option<String>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// Every `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH`, not expanded. ld.so ignores it when there is a `DT_RUNPATH`.
    pub rpath: Option<String>,
    /// `DT_RUNPATH`, not expanded.
    pub runpath: Option<String>,
    /// The flags of `DT_FLAGS`, `DT_FLAGS_1` and their older equivalents.
    pub flags: Flags,
    /// The build-id note as hexadecimal digits.
    pub build_id: Option<String>,
    /// Who left notes in it (`PT_NOTE`): `GNU`, `stapsdt`, `embed-dll` …
    pub note_owners: Vec<String>,
    /// Bytes of thread-local storage (`PT_TLS`, size in memory).
    pub tls_size: u64,
    /// Whether it demands that stacks be executable: `PT_GNU_STACK` says so, or is missing.
    pub executable_stack: bool,
    /// The dynamic symbols that it demands of others.
    pub undefined: Vec<Undefined>,
    /// The versions that it demands of the libraries it needs.
    pub version_needs: Vec<VersionNeed>,
    /// The versions that it defines.
    pub version_definitions: Vec<String>,
    defined: Vec<Definition>,
    versioned: bool,
}

/// What an ELF file is meant to be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An executable at a fixed address; `dlopen` refuses it.
    Executable,
    /// A position-independent executable; `dlopen` refuses it.
    PositionIndependentExecutable,
    /// A shared library.
    SharedLibrary,
    /// An object file, a core dump …
    Other,
}

/// The flags of the dynamic segment that change how an object is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `BIND_NOW`: `RTLD_LAZY` has no effect.
    pub bind_now: bool,
    /// `STATIC_TLS`: `dlopen` can fail for lack of static thread-local storage.
    pub static_tls: bool,
    /// `SYMBOLIC`: its own definitions come first.
    pub symbolic: bool,
    /// `NODELETE`: `dlclose` does not unload it.
    pub no_delete: bool,
    /// `NODEFLIB`: the default directories are not searched for what it needs.
    pub no_default_libraries: bool,
    /// `NOOPEN`: `dlopen` refuses it.
    pub no_open: bool,
}

impl Elf {
    /// Reads the file at `path`. Only headers and dynamic-linking tables are held in memory.
    ///
    /// A file for another processor is read all the same; see [`Elf::require_this_machine`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no ELF file, is truncated, contradicts itself, or holds more
    /// than any real file does (10,000 `DT_NEEDED`, 4,000,000 dynamic symbols).
    pub fn read(path: &Path) -> Result<Elf, ElfError> {
        let io = |source: io::Error| ElfError::Io { path: path.to_owned(), source };
        // Asked before opening: the open of a pipe waits for a writer.
        let metadata = fs::metadata(path).map_err(io)?;
        if metadata.is_dir() {
            return Err(ElfError::Directory(path.to_owned()));
        }
        if !metadata.is_file() {
            return Err(ElfError::NotRegular(path.to_owned()));
        }
        if metadata.len() > MAX_FILE {
            let (size, limit) = (metadata.len(), MAX_FILE);
            return Err(ElfError::TooLarge { path: path.to_owned(), size, limit });
        }
        let cache = ReadCache::new(fs::File::open(path).map_err(io)?);
        Self::from_data(path, &cache).map_err(|flaw| flaw.of(path))
    }

    /// Reads a file that is already in memory; `path` is what it is to be called.
    ///
    /// # Errors
    ///
    /// As [`Elf::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Elf, ElfError> {
        Self::from_data(path, bytes).map_err(|flaw| flaw.of(path))
    }

    fn from_data<'data, R: ReadRef<'data>>(path: &Path, data: R) -> Result<Elf, Flaw> {
        let image = Image::parse(data)?;
        let versions = Versions::read(&image)?;
        let symbols = Symbols::read(&image, &versions)?;
        let texts = |tag: elf::DynamicTag| {
            let entries = image.dynamic.iter().filter(move |entry| entry.tag == tag.0);
            entries.map(|entry| image.text(entry.value)).collect::<Result<Vec<_>, _>>()
        };
        let text = |tag| image.value(tag).map(|value| image.text(value)).transpose();
        let segment = |kind| image.segments.iter().find(|segment| segment.kind == kind);
        let interpreter = match segment(elf::PT_INTERP) {
            Some(segment) => Some(
                image
                    .bytes(segment.offset, segment.file_size.min(4096))
                    .map(until_nul)
                    .ok_or(Flaw::Malformed("its interpreter name lies past the end"))?,
            ),
            None => None,
        };
        // Nothing can ask for a library by an empty name: it is as good as none.
        let soname = text(elf::DT_SONAME)?.filter(|name| !name.is_empty());
        Ok(Elf {
            path: path.to_owned(),
            machine: Machine(image.machine),
            is_64: image.is_64,
            little_endian: image.endian == Endianness::Little,
            kind: kind(&image, interpreter.is_some(), soname.is_some()),
            dynamic: !image.dynamic.is_empty(),
            interpreter,
            soname,
            needed: texts(elf::DT_NEEDED)?,
            rpath: text(elf::DT_RPATH)?,
            runpath: text(elf::DT_RUNPATH)?,
            flags: flags(&image),
            build_id: notes::build_id(&image),
            note_owners: notes::owners(&image),
            executable_stack: segment(elf::PT_GNU_STACK).map_or_else(
                || Machine(image.machine).has_executable_stacks(),
                |segment| segment.executable,
            ),
            tls_size: segment(elf::PT_TLS).map_or(0, |segment| segment.memory_size),
            undefined: symbols.undefined,
            version_needs: versions.needs,
            version_definitions: versions.definitions,
            defined: symbols.defined,
            versioned: symbols.versioned,
        })
    }

    /// Whether it defines a dynamic symbol of this name, in whatever version.
    pub fn defines(&self, name: &str) -> bool {
        !self.definitions_of(name).is_empty()
    }

    /// Whether ld.so would bind this reference to the object, versions considered.
    pub fn provides(&self, reference: &Undefined) -> bool {
        let version = reference.version.as_deref();
        self.definitions_of(&reference.name)
            .iter()
            .any(|definition| definition.answers(version, self.versioned))
    }

    /// The dynamic symbols that it offers to others, sorted by name.
    pub fn definitions(&self) -> &[Definition] {
        &self.defined
    }

    fn definitions_of(&self, name: &str) -> &[Definition] {
        let start = self.defined.partition_point(|definition| *definition.name < *name);
        let rest = &self.defined[start..];
        &rest[..rest.partition_point(|definition| *definition.name == *name)]
    }

    /// Whether a `DT_NEEDED` names a libpython.
    pub fn needs_libpython(&self) -> bool {
        self.needed
            .iter()
            .any(|name| name.rsplit('/').next().is_some_and(|name| name.starts_with("libpython")))
    }

    /// Whether a process like this one could load it: same processor, word size and byte order.
    pub fn is_for_this_machine(&self) -> bool {
        self.machine.is_here(self.is_64, self.little_endian)
    }

    /// [`Elf::is_for_this_machine`] as an error that says what the file is for.
    ///
    /// # Errors
    ///
    /// [`ElfError::OtherMachine`].
    pub fn require_this_machine(&self) -> Result<(), ElfError> {
        if self.is_for_this_machine() {
            return Ok(());
        }
        Err(ElfError::OtherMachine {
            path: self.path.clone(),
            machine: self.machine.describe(self.is_64, self.little_endian),
            here: Machine::describe_here(),
        })
    }
}

fn until_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn kind<'data, R: ReadRef<'data>>(
    image: &Image<'data, R>,
    has_interpreter: bool,
    has_soname: bool,
) -> Kind {
    match image.file_type {
        elf::ET_EXEC => Kind::Executable,
        elf::ET_DYN => {
            let flags = image.value(elf::DT_FLAGS_1).unwrap_or(0);
            // Linkers before binutils 2.26 did not set the flag. libc.so.6 has an interpreter too,
            // and a static-pie executable has none.
            let looks_like_one =
                has_interpreter && !has_soname && image.value(elf::DT_DEBUG).is_some();
            if flags & elf::DF_1_PIE.0 != 0 || looks_like_one {
                Kind::PositionIndependentExecutable
            } else {
                Kind::SharedLibrary
            }
        }
        _ => Kind::Other,
    }
}

fn flags<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Flags {
    let has = |tag| image.value(tag).is_some();
    let flags = |bit: elf::DynamicFlags| image.value(elf::DT_FLAGS).unwrap_or(0) & bit.0 != 0;
    let flags_1 = |bit: elf::DynamicFlags1| image.value(elf::DT_FLAGS_1).unwrap_or(0) & bit.0 != 0;
    Flags {
        bind_now: has(elf::DT_BIND_NOW) || flags(elf::DF_BIND_NOW) || flags_1(elf::DF_1_NOW),
        static_tls: flags(elf::DF_STATIC_TLS),
        symbolic: has(elf::DT_SYMBOLIC) || flags(elf::DF_SYMBOLIC),
        no_delete: flags_1(elf::DF_1_NODELETE),
        no_default_libraries: flags_1(elf::DF_1_NODEFLIB),
        no_open: flags_1(elf::DF_1_NOOPEN),
    }
}
