//! The addresses of functions and variables that Python reaches through `lib`.

use embed_dll_cdecl::FunctionKind;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::functions::function_type;
use super::naming::spanned;
use super::types::Types;
use crate::declared::{Declared, Place};

/// Functions that give an address, and the table of them.
pub(crate) struct Symbols {
    pub(crate) items: TokenStream,
    pub(crate) table: Vec<TokenStream>,
}

/// All functions and variables.
pub(crate) fn emit(types: &Types<'_>, declared: &Declared) -> Symbols {
    let mut symbols = Symbols { items: TokenStream::new(), table: Vec::new() };
    for (index, function) in declared.functions() {
        let name = &function.name;
        let span = match (function.kind, types.theirs.span(name)) {
            (_, Some(span)) => span,
            (FunctionKind::C, None) => declared.span(Place::Function(index)),
            _ => proc_macro2::Span::call_site(),
        };
        let ident = spanned(name, span);
        let ty = function_type(types, function);
        let params = function.params.iter();
        let params = params.map(|param| types.qualified(param.ty, param.const_pointee));
        let dots = ty.variadic.then(|| quote!(...));
        let result = types.result(ty.result, function.const_result_pointee);
        let address = format_ident!("__address_of_{name}");
        // The annotation makes another type in Rust a compile error.
        symbols.items.extend(quote! {
            fn #address() -> *mut ::core::ffi::c_void {
                let __function: unsafe extern "C" fn(#(#params,)* #dots) #result = #ident;
                __function as *mut ::core::ffi::c_void
            }
        });
        symbols.table.push(quote!(__rt::Symbol { name: #name, address: #address }));
    }
    for (index, variable) in declared.declarations.variables().iter().enumerate() {
        let name = &variable.name;
        let span = declared.span(Place::Variable(index));
        let ident = spanned(name, span);
        let ty = types.value(variable.ty);
        let address = format_ident!("__address_of_{name}");
        let place = if variable.constant {
            quote_spanned!(span=> (&raw const #ident).cast_mut())
        } else {
            quote_spanned!(span=> (&raw mut #ident))
        };
        let named = format_ident!("__variable_{name}");
        let checked = if variable.open_length {
            place
        } else {
            quote_spanned!(span=> __rt::variable::<#ty, _, #named>(#place))
        };
        symbols.items.extend(quote! {
            fn #address() -> *mut ::core::ffi::c_void {
                enum #named {}
                #checked.cast::<::core::ffi::c_void>()
            }
        });
        symbols.table.push(quote!(__rt::Symbol { name: #name, address: #address }));
    }
    symbols
}
