//! What ELF files say.

use std::collections::BTreeSet;

use embedcheck_c_harness::{NEEDED_PLACEHOLDER, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER};
use object::elf;
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _, SymbolKind};

pub(crate) type Names = BTreeSet<String>;

pub(crate) fn names(names: &[&str]) -> Names {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Strings of the dynamic entries with that tag.
pub(crate) fn dynamic(file: &[u8], tag: elf::DynamicTag) -> Vec<String> {
    let header = elf::FileHeader64::<Endianness>::parse(file).expect("an ELF file");
    let endian = header.endian().expect("an endianness");
    let sections = header.sections(endian, file).expect("sections");
    let (entries, strings) = sections.dynamic(endian, file).expect("no error").expect("a section");
    let strings = sections.strings(endian, file, strings).expect("strings");
    entries
        .iter()
        .filter(|entry| entry.tag(endian) == tag)
        .map(|entry| entry.string(endian, strings).expect("a string"))
        .map(|bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8"))
        .collect()
}

type File<'data> = ElfFile64<'data, Endianness>;

fn parse(file: &[u8]) -> File<'_> {
    File::parse(file).expect("an ELF file")
}

fn symbols<'data>(
    file: &File<'data>,
    is: impl Fn(&object::read::elf::ElfSymbol64<'data, '_, Endianness>) -> bool,
) -> Names {
    file.dynamic_symbols()
        .filter(|symbol| is(symbol))
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect()
}

/// The symbols that it defines.
pub(crate) fn defined(file: &[u8]) -> Names {
    symbols(&parse(file), |symbol| symbol.is_definition())
}

/// The functions that it defines.
pub(crate) fn functions(file: &[u8]) -> Names {
    symbols(&parse(file), |symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
}

/// The symbols of CPython without which it cannot be loaded.
pub(crate) fn wanted(file: &[u8]) -> Names {
    let mut names = symbols(&parse(file), |symbol| symbol.is_undefined() && !symbol.is_weak());
    names.retain(|name| name.trim_start_matches('_').starts_with("Py"));
    names
}

/// Each placeholder is a whole string: what follows it is its NUL, what comes before is another's.
pub(crate) fn placeholders_are_whole_strings(file: &[u8]) {
    for placeholder in [NEEDED_PLACEHOLDER, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER] {
        let bytes = placeholder.as_bytes();
        let places: Vec<_> =
            (1..file.len() - bytes.len()).filter(|at| file[*at..].starts_with(bytes)).collect();
        let [at] = places[..] else { panic!("{places:?}") };
        assert_eq!((file[at - 1], file[at + bytes.len()]), (0, 0));
    }
}
