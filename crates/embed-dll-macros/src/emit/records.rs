//! Structures and unions as Rust types of the same layout.

use embed_dll_cdecl::{Record, RecordId};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::naming::{keyword, records};
use super::parts::{Part, Parts, unused};
use super::types::{Types, length_literal};

/// All records, each with the proof of its layout.
pub(crate) fn emit(types: &Types<'_>) -> TokenStream {
    records(types.declarations).map(|id| one(types, id)).collect()
}

/// Whether the author writes the Rust type.
pub(crate) fn by_author(types: &Types<'_>, id: RecordId) -> bool {
    types.theirs.has_record(types.declarations.record(id), types.names.record(id))
}

fn one(types: &Types<'_>, id: RecordId) -> TokenStream {
    let record = types.declarations.record(id);
    let name = types.names.record(id);
    if by_author(types, id) {
        let parts = Parts::new(types, record).map_or_else(Vec::new, |parts| parts.list);
        let listed = types.theirs.span(&name.unraw().to_string());
        return proof(record, name, &parts, listed.unwrap_or_else(Span::call_site));
    }
    let doc = format!("`{}`", record.name);
    let Some(parts) = Parts::new(types, record) else {
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
        Some(layout) if !parts.aligned => {
            let align = length_literal(layout.align);
            quote!(#[repr(C, align(#align))])
        }
        _ => quote!(#[repr(C)]),
    };
    let mut free = 0_u32;
    let members = parts.list.iter().map(|part| match part {
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
    let proof = proof(record, name, &parts.list, Span::call_site());
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

/// Statements that do not compile unless Rust has laid out the type as C does.
fn proof(record: &Record, name: &Ident, parts: &[Part<'_>], span: Span) -> TokenStream {
    let Some(layout) = record.layout else { return TokenStream::new() };
    let message = |what: &str| format!("Rust and C disagree about the {what} of `{}`", record.name);
    let (size, align) = (length_literal(layout.size), length_literal(layout.align));
    let (of_size, of_align) = (message("size"), message("alignment"));
    let offsets = parts.iter().filter_map(|part| {
        let Part::Field(field, member) = part else { return None };
        let offset = length_literal(field.offset);
        let message = message(&format!("place of `{}`", field.name));
        Some(quote_spanned!(span=> ::core::assert!(::core::mem::offset_of!(#name, #member) == #offset, #message);))
    });
    quote_spanned! {span=>
        const _: () = {
            ::core::assert!(::core::mem::size_of::<#name>() == #size, #of_size);
            ::core::assert!(::core::mem::align_of::<#name>() == #align, #of_align);
            #(#offsets)*
        };
    }
}
