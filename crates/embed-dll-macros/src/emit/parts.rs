//! What a structure or union consists of in Rust, which has no bit fields.

use embed_dll_cdecl::{Field, Record, RecordId, RecordKind, Type};
use proc_macro2::Ident;
use quote::format_ident;

use super::naming::ident;
use super::types::Types;

/// A part of the Rust type.
pub(crate) enum Part<'a> {
    /// A field of its own.
    Field(&'a Field, Ident),
    /// This many bytes that hold bit fields, or nothing.
    Bytes(u64),
}

/// The parts of a record.
pub(crate) struct Parts<'a> {
    /// In their order; a union has bytes once per bit field.
    pub(crate) list: Vec<Part<'a>>,
    /// Whether the alignment of the parts makes that of the whole.
    pub(crate) aligned: bool,
    /// Whether some of the bytes belong to no bit field with a name. C does not count them when it
    /// chooses registers for the record; Rust does.
    gaps: bool,
}

impl<'a> Parts<'a> {
    /// The parts of a record; `None` if it is opaque.
    pub(crate) fn new(types: &Types<'_>, record: &'a Record) -> Option<Self> {
        let fields = record.fields.as_ref()?;
        let mut anonymous = 0_u32;
        let named = |field: &'a Field| {
            if !field.name.is_empty() {
                return Part::Field(field, ident(&field.name));
            }
            anonymous += 1;
            Part::Field(field, unused(record, "anonymous_", anonymous))
        };
        if record.layout.is_none() {
            // Something in it is measured later, so that nothing here has bits.
            let list = fields.iter().map(named).collect();
            return Some(Self { list, aligned: true, gaps: false });
        }
        Some(match record.kind {
            RecordKind::Struct => Self::of_struct(types, record, fields, named),
            RecordKind::Union => Self::of_union(types, record, fields, named),
        })
    }

    fn of_union(
        types: &Types<'_>,
        record: &'a Record,
        fields: &'a [Field],
        mut named: impl FnMut(&'a Field) -> Part<'a>,
    ) -> Self {
        let mut align = 1;
        let list = fields.iter().map(|field| match field.bits {
            Some((shift, width)) => Part::Bytes(u64::from(shift + width).div_ceil(8)),
            None => {
                align = align.max(types.declarations.align_of(field.ty).unwrap_or(1));
                named(field)
            }
        });
        let list = list.collect();
        let aligned = record.layout.is_none_or(|layout| layout.align == align);
        Self { list, aligned, gaps: false }
    }

    fn of_struct(
        types: &Types<'_>,
        record: &'a Record,
        fields: &'a [Field],
        mut named: impl FnMut(&'a Field) -> Part<'a>,
    ) -> Self {
        let mut parts = Self { list: Vec::new(), aligned: true, gaps: false };
        let mut align = 1;
        // Where the next part may begin, and where the bit fields end that were not written yet.
        let (mut at, mut bits) = (0_u64, 0_u64);
        for field in fields {
            if let Some((shift, width)) = field.bits {
                parts.gaps |= field.offset + u64::from(shift / 8) > at.max(bits);
                bits = field.offset + u64::from(shift + width).div_ceil(8);
                continue;
            }
            let own = types.declarations.align_of(field.ty).unwrap_or(1);
            parts.bytes(at, bits, field.offset, own);
            align = align.max(own);
            parts.list.push(named(field));
            at = field.offset + types.declarations.size_of(field.ty).unwrap_or(0);
        }
        if let Some(layout) = record.layout {
            parts.bytes(at, bits, layout.size, layout.align);
            parts.aligned = layout.align == align;
        }
        parts
    }

    /// Adds the bytes that end at `bits`, or at `next` if what begins there would not come to lie
    /// there by its alignment: then unnamed bit fields keep the room before it.
    fn bytes(&mut self, at: u64, mut bits: u64, next: u64, align: u64) {
        if at.max(bits).next_multiple_of(align) != next {
            bits = next;
            self.gaps = true;
        }
        if bits > at {
            self.list.push(Part::Bytes(bits - at));
        }
    }
}

/// Whether Rust may choose other registers than C for the bytes of a record that stand for unnamed
/// bit fields. Records of more than 16 bytes are passed in memory.
pub(crate) fn has_gaps(types: &Types<'_>, id: RecordId) -> bool {
    let record = types.declarations.record(id);
    if record.layout.is_some_and(|layout| layout.size > 16) {
        return false;
    }
    let inner = record.fields.iter().flatten().any(|field| {
        let mut ty = field.ty;
        while let Type::Array { item, .. } = types.declarations.ty(ty) {
            ty = *item;
        }
        matches!(types.declarations.ty(ty), Type::Record(inner) if has_gaps(types, *inner))
    });
    inner || Parts::new(types, record).is_some_and(|parts| parts.gaps)
}

/// A name that no field has.
pub(crate) fn unused(record: &Record, stem: &str, number: u32) -> Ident {
    let mut name = format!("{stem}{number}");
    while record.fields.iter().flatten().any(|field| field.name == name) {
        name.push('_');
    }
    format_ident!("{name}")
}
