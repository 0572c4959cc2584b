//! What the declarations leave open with `...`, taken from items of the author.

use embed_dll_cdecl::{ConstantOrigin, RecordId, Type};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, Result};

use super::constants::literal;
use super::naming::{records, spanned};
use super::records::by_author;
use super::types::Types;
use crate::declared::{Declared, Place};

/// Proofs that the author's items fit, and expressions for the tables of the run time.
#[derive(Default)]
pub(crate) struct Open {
    pub(crate) items: TokenStream,
    pub(crate) layouts: Vec<TokenStream>,
    pub(crate) constants: Vec<TokenStream>,
    pub(crate) numbers: Vec<TokenStream>,
    pub(crate) lengths: Vec<TokenStream>,
}

/// Everything that was declared with `...`.
pub(crate) fn emit(types: &Types<'_>, declared: &Declared) -> Result<Open> {
    let mut open = Open::default();
    for (index, number) in types.declarations.numbers().iter().enumerate() {
        let span = declared.span(Place::Number(index));
        let (name, ty) = (&number.name, spanned(&number.name, span));
        let number = if number.float { quote!(FLOAT) } else { quote!(INTEGER) };
        open.numbers.push(
            quote_spanned!(span=> (#name, <#ty as __rt::Number<{ __rt::#number }>>::PRIMITIVE)),
        );
    }
    for id in records(types.declarations) {
        if by_author(types, id) && types.declarations.record(id).fields.is_some() {
            layout(types, declared, id, &mut open)?;
        }
    }
    for (index, constant) in types.declarations.constants().iter().enumerate() {
        let listed = types.theirs.span(&constant.name);
        if constant.value.is_some() && listed.is_none() {
            continue;
        }
        let span = listed.unwrap_or_else(|| declared.span(Place::Constant(index)));
        let (name, item) = (&constant.name, spanned(&constant.name, span));
        if let Some(value) = constant.value.map(literal) {
            let message = format!("`{name}` has another value in Rust than in C");
            open.items.extend(quote_spanned! {span=>
                const _: fn() = || __rt::integer(#item);
                const _: () = ::core::assert!(#item as ::core::primitive::i128 == #value, #message);
            });
            continue;
        }
        let check = match constant.origin {
            ConstantOrigin::Static(ty) => {
                let ty = types.value(ty);
                quote_spanned!(span=> const _: #ty = #item;)
            }
            _ => quote_spanned!(span=> const _: fn() = || __rt::integer(#item);),
        };
        open.items.extend(check);
        open.constants.push(quote!((#name, #item as ::core::primitive::i128)));
    }
    for (index, variable) in types.declarations.variables().iter().enumerate() {
        if !variable.open_length {
            continue;
        }
        let Type::Array { item, .. } = types.declarations.ty(variable.ty) else { continue };
        let (name, item) = (&variable.name, types.value(*item));
        let array = spanned(name, declared.span(Place::Variable(index)));
        let place = if variable.constant { quote!(const) } else { quote!(mut) };
        open.lengths.push(quote! {
            (#name, || __rt::length::<#item, _>((&raw #place #array).cast_const()))
        });
    }
    Ok(open)
}

/// The layout of a type that the author writes.
fn layout(types: &Types<'_>, declared: &Declared, id: RecordId, open: &mut Open) -> Result<()> {
    let record = types.declarations.record(id);
    let name = types.names.record(id);
    let listed = types.theirs.span(&name.unraw().to_string());
    let span = listed.unwrap_or_else(|| declared.span(Place::Record(id.index() as usize)));
    let (text, name) = (&record.name, spanned(&name.unraw().to_string(), span));
    let (mut fields, mut marks) = (Vec::new(), Vec::new());
    for field in record.fields.iter().flatten() {
        if field.bits.is_some() {
            let problem = format!(
                "`{text}` has bit fields, whose place in a Rust type cannot be measured: take it \
                 out of `rust: [...]`"
            );
            return Err(Error::new(span, problem));
        }
        if field.name.is_empty() {
            let problem = format!(
                "`{text}` has a member without a name, which types in Rust cannot have: name it"
            );
            return Err(Error::new(span, problem));
        }
        let named = format_ident!("__field_{}", field.name);
        let (text, member) = (&field.name, spanned(&field.name, span));
        let place = quote_spanned!(span=> unsafe { &raw const (*__record).#member });
        let size = if field.open_length {
            quote!(__rt::size(#place))
        } else {
            let ty = types.value(field.ty);
            marks.push(quote!(enum #named {}));
            quote_spanned!(span=> __rt::field::<#ty, _, #named>(#place))
        };
        fields.push(quote! {
            (
                #text,
                ::core::mem::offset_of!(#name, #member) as ::core::primitive::u64,
                // SAFETY: The place is only named, nothing is read.
                #size,
            )
        });
    }
    let layout = format_ident!("__LAYOUT_{}", open.layouts.len());
    open.items.extend(quote! {
        const #layout: __rt::Layout = {
            #(#marks)*
            let __record = ::core::mem::MaybeUninit::<#name>::uninit();
            let __record = __record.as_ptr();
            __rt::Layout {
                record: #text,
                size: ::core::mem::size_of::<#name>() as ::core::primitive::u64,
                align: ::core::mem::align_of::<#name>() as ::core::primitive::u64,
                fields: &[#(#fields),*],
            }
        };
    });
    open.layouts.push(quote!(#layout));
    Ok(())
}
