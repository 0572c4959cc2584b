//! Structures and unions as Rust types of the same layout.

use embed_dll_cdecl::{Field, Record, RecordId, RecordKind};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::naming::{ident, keyword, records};
use super::types::{Types, length_literal};

/// A part of the Rust type.
enum Part<'a> {
    /// A field of its own.
    Field(&'a Field, Ident),
    /// This many bytes that hold bit fields, or nothing.
    Bytes(u64),
}

/// Whether the author writes the Rust type: what C leaves open with `...` only Rust knows.
pub(crate) fn by_author(record: &Record) -> bool {
    record.partial || record.fields.iter().flatten().any(|field| field.open_length)
}

/// Whether bytes stand for bit fields or for what an unnamed bit field leaves free.
pub(crate) fn has_gaps(types: &Types<'_>, id: RecordId) -> bool {
    let record = types.declarations.record(id);
    record.fields.iter().flatten().any(|field| {
        field.bits.is_some()
            || matches!(types.declarations.ty(field.ty),
                embed_dll_cdecl::Type::Record(inner) if has_gaps(types, *inner))
    }) || parts(types, record).is_some_and(|(parts, _)| {
        record.kind == RecordKind::Struct
            && parts.iter().any(|part| matches!(part, Part::Bytes(..)))
    })
}

/// All records that the author does not write, each with the proof of its layout.
pub(crate) fn emit(types: &Types<'_>) -> TokenStream {
    let ids = records(types.declarations);
    ids.filter(|id| !by_author(types.declarations.record(*id))).map(|id| one(types, id)).collect()
}

fn one(types: &Types<'_>, id: RecordId) -> TokenStream {
    let record = types.declarations.record(id);
    let name = types.names.record(id);
    let doc = format!("`{}`", record.name);
    let Some((parts, aligned)) = parts(types, record) else {
        // Nobody can make or move one; pointers to it are of a type of their own.
        return quote! {
            #[doc = #doc]
            #[repr(C)]
            pub struct #name {
                _opaque: [::core::primitive::u8; 0],
            }
        };
    };
    let keyword = keyword(record.kind);
    let repr = match record.layout {
        // Bytes would take away the alignment that the type of a bit field gives.
        Some(layout) if !aligned => {
            let align = length_literal(layout.align);
            quote!(#[repr(C, align(#align))])
        }
        _ => quote!(#[repr(C)]),
    };
    let mut free = 0_u32;
    let members = parts.iter().map(|part| match part {
        Part::Field(field, name) => {
            let ty = types.value(field.ty);
            quote!(pub #name: #ty,)
        }
        Part::Bytes(size) => {
            free += 1;
            let name = unused(record, "_bits", free);
            let size = length_literal(*size);
            quote!(pub #name: [::core::primitive::u8; #size],)
        }
    });
    let members: Vec<_> = members.collect();
    let proof = proof(record, name, &parts);
    quote! {
        #[doc = #doc]
        #repr
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        pub #keyword #name {
            #(#members)*
        }
        #proof
    }
}

/// The parts of a record, and whether their own alignment makes that of the whole; `None` if it is
/// opaque.
fn parts<'a>(types: &Types<'_>, record: &'a Record) -> Option<(Vec<Part<'a>>, bool)> {
    let fields = record.fields.as_ref()?;
    let mut anonymous = 0_u32;
    let mut named = |field: &'a Field| {
        if !field.name.is_empty() {
            return Part::Field(field, ident(&field.name));
        }
        anonymous += 1;
        Part::Field(field, unused(record, "anonymous_", anonymous))
    };
    let Some(layout) = record.layout else {
        // Something in it is measured later, so that nothing here has bits.
        return Some((fields.iter().map(named).collect(), true));
    };
    let mut parts = Vec::new();
    let mut align = 1;
    if record.kind == RecordKind::Union {
        for field in fields {
            match field.bits {
                Some((shift, width)) => {
                    parts.push(Part::Bytes(u64::from(shift + width).div_ceil(8)));
                }
                None => {
                    align = align.max(types.declarations.align_of(field.ty).unwrap_or(1));
                    parts.push(named(field));
                }
            }
        }
        return Some((parts, align == layout.align));
    }
    // Where the next part may begin, and where the bit fields end that were not written yet.
    let (mut at, mut bits) = (0_u64, 0_u64);
    for field in fields {
        if let Some((shift, width)) = field.bits {
            bits = field.offset + u64::from(shift + width).div_ceil(8);
            continue;
        }
        let own = types.declarations.align_of(field.ty).unwrap_or(1);
        if at.max(bits).next_multiple_of(own) != field.offset {
            // Unnamed bit fields keep this room free.
            bits = field.offset;
        }
        if bits > at {
            parts.push(Part::Bytes(bits - at));
        }
        align = align.max(own);
        parts.push(named(field));
        at = field.offset + types.declarations.size_of(field.ty).unwrap_or(0);
    }
    if at.max(bits).next_multiple_of(layout.align) != layout.size {
        bits = layout.size;
    }
    if bits > at {
        parts.push(Part::Bytes(bits - at));
    }
    Some((parts, align == layout.align))
}

/// A name that no field has.
fn unused(record: &Record, stem: &str, number: u32) -> Ident {
    let mut name = format!("{stem}{number}");
    while record.fields.iter().flatten().any(|field| field.name == name) {
        name.push('_');
    }
    format_ident!("{name}")
}

/// Statements that do not compile unless Rust has laid out the type as C does.
fn proof(record: &Record, name: &Ident, parts: &[Part<'_>]) -> TokenStream {
    let Some(layout) = record.layout else { return TokenStream::new() };
    let message = |what: &str| format!("Rust and C disagree about the {what} of `{}`", record.name);
    let (size, align) = (length_literal(layout.size), length_literal(layout.align));
    let (of_size, of_align) = (message("size"), message("alignment"));
    let offsets = parts.iter().filter_map(|part| {
        let Part::Field(field, member) = part else { return None };
        let offset = length_literal(field.offset);
        let message = message(&format!("place of `{}`", field.name));
        Some(quote!(::core::assert!(::core::mem::offset_of!(#name, #member) == #offset, #message);))
    });
    quote! {
        const _: () = {
            ::core::assert!(::core::mem::size_of::<#name>() == #size, #of_size);
            ::core::assert!(::core::mem::align_of::<#name>() == #align, #of_align);
            #(#offsets)*
        };
    }
}
