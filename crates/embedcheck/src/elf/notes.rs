//! The build-id note.

use object::elf;
use object::endian::Endian as _;
use object::read::ReadRef;

use super::image::Image;

/// A build-id is at most a few hundred bits; notes that claim more are not searched on.
const MAX_NOTES: u64 = 1 << 20;

/// The `NT_GNU_BUILD_ID` note as lower-case hexadecimal digits; `None` when there is none or the notes
/// are damaged, which keeps nothing from loading.
pub(super) fn build_id<'data, R: ReadRef<'data>>(image: &Image<'data, R>) -> Option<String> {
    image.segments.iter().filter(|segment| segment.kind == elf::PT_NOTE).find_map(|segment| {
        let notes = image.bytes(segment.offset, segment.file_size.min(MAX_NOTES))?;
        let align = if segment.align == 8 { 8 } else { 4 };
        find(notes, align, |bytes| image.endian.read_u32(bytes))
    })
}

fn find(mut notes: &[u8], align: usize, word: impl Fn([u8; 4]) -> u32) -> Option<String> {
    loop {
        let field = |at: usize| Some(word(notes.get(at..at + 4)?.try_into().ok()?) as usize);
        let (name_size, size, kind) = (field(0)?, field(4)?, field(8)?);
        let name = notes.get(12..)?.get(..name_size)?;
        let start = 12usize.checked_add(name_size)?.checked_next_multiple_of(align)?;
        let content = notes.get(start..)?.get(..size)?;
        if name == b"GNU\0" && kind == elf::NT_GNU_BUILD_ID.0 as usize {
            return Some(content.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        notes = notes.get(start.checked_add(size)?.checked_next_multiple_of(align)?..)?;
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
        assert_eq!(find(&notes, 4, u32::from_le_bytes).as_deref(), Some("dead01"));
        assert_eq!(find(&notes[..notes.len() - 4], 4, u32::from_le_bytes), None);
    }
}
