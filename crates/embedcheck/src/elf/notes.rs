//! Notes: the build-id, and who else left one.

use object::elf;
use object::endian::Endian as _;
use object::read::ReadRef;

use super::image::Image;

/// A build-id is at most a few hundred bits; notes that claim more are not searched on.
const MAX_NOTES: u64 = 1 << 20;
/// Real files have three or four.
const MAX_OWNERS: usize = 100;

/// One note of a `PT_NOTE` segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note<'data> {
    /// Who defined it, with the closing NUL.
    owner: &'data [u8],
    kind: u32,
    content: &'data [u8],
}

/// The `NT_GNU_BUILD_ID` note as lower-case hexadecimal digits; `None` when there is none or the notes
/// are damaged, which keeps nothing from loading.
pub(super) fn build_id<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Option<String> {
    all(image).into_iter().find_map(|note| note.build_id())
}

/// Who defined notes in the file: `GNU`, `embed-dll` …, each once and in their order.
pub(super) fn owners<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Vec<String> {
    let mut owners = Vec::new();
    for note in all(image) {
        let owner = String::from_utf8_lossy(note.owner.strip_suffix(b"\0").unwrap_or(note.owner));
        if !owner.is_empty() && owners.len() < MAX_OWNERS && !owners.iter().any(|o| *o == owner) {
            owners.push(owner.into_owned());
        }
    }
    owners
}

fn all<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Vec<Note<'data>> {
    let segments = image.segments.iter().filter(|segment| segment.kind == elf::PT_NOTE);
    let notes = segments.filter_map(|segment| {
        let notes = image.bytes(segment.offset, segment.file_size.min(MAX_NOTES))?;
        let align = if segment.align == 8 { 8 } else { 4 };
        Some(Notes { rest: notes, align, word: |bytes| image.endian.read_u32(bytes) })
    });
    notes.flatten().collect()
}

impl Note<'_> {
    fn build_id(&self) -> Option<String> {
        let is_it = self.owner == b"GNU\0" && self.kind == elf::NT_GNU_BUILD_ID.0;
        is_it.then(|| self.content.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The notes of one segment, as far as they are intact.
struct Notes<'data, W> {
    rest: &'data [u8],
    align: usize,
    word: W,
}

impl<'data, W: Fn([u8; 4]) -> u32> Iterator for Notes<'data, W> {
    type Item = Note<'data>;

    fn next(&mut self) -> Option<Note<'data>> {
        let notes = self.rest;
        let field = |at: usize| Some((self.word)(notes.get(at..at + 4)?.try_into().ok()?));
        let (name_size, size, kind) = (field(0)? as usize, field(4)? as usize, field(8)?);
        let owner = notes.get(12..)?.get(..name_size)?;
        let start = 12usize.checked_add(name_size)?.checked_next_multiple_of(self.align)?;
        let content = notes.get(start..)?.get(..size)?;
        // The last note of a segment may lack its padding.
        let end = start.checked_add(size)?.checked_next_multiple_of(self.align)?;
        self.rest = notes.get(end..).unwrap_or_default();
        Some(Note { owner, kind, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &[u8], kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [name.len() as u32, content.len() as u32, kind] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend(name);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn the_build_id_is_found_behind_other_notes() {
        let mut notes = note(b"stapsdt\0", 3, &[1, 2, 3]);
        notes.extend(note(b"GNU\0", 1, &[9; 16]));
        notes.extend(note(b"GNU\0", 3, &[0xde, 0xad, 0x01]));
        let find = |notes| {
            let mut notes = Notes { rest: notes, align: 4, word: u32::from_le_bytes };
            notes.find_map(|note| note.build_id())
        };
        assert_eq!(find(&notes).as_deref(), Some("dead01"));
        assert_eq!(find(&notes[..notes.len() - 4]), None);
    }
}
