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
        let body = if variable.open_length {
            place
        } else {
            // What the author writes hides the item that says that there is none.
            let mutable = (!variable.constant).then(|| quote!(mut));
            let checked = quote_spanned!(span=> __rt::variable::<#ty, _, #named>(#place));
            quote! {
                static #mutable #ident: __rt::NoItem = __rt::NoItem;
                {
                    use super::*;
                    #checked
                }
            }
        };
        symbols.items.extend(quote! {
            fn #address() -> *mut ::core::ffi::c_void {
                enum #named {}
                let __address = { #body };
                __address.cast::<::core::ffi::c_void>()
            }
        });
        symbols.table.push(quote!(__rt::Symbol { name: #name, address: #address }));
        if declared.in_api(Place::Variable(index)) {
            symbols.items.extend(linked(name));
        }
    }
    symbols
}

/// A reference to the symbol of a variable that hosts link to. Without `#[unsafe(no_mangle)]` there
/// is none: then the loader refuses the DLL and names the symbol, as the linker does for a test or a
/// static library, instead of the linker of some host.
fn linked(name: &str) -> TokenStream {
    quote! {
        const _: () = {
            unsafe extern "C" {
                #[link_name = #name]
                static __variable: ::core::primitive::u8;
            }
            struct __Address(#[allow(dead_code, reason = "for the linker")] *const ::core::primitive::u8);
            // SAFETY: nobody reads it.
            unsafe impl ::core::marker::Sync for __Address {}
            #[used]
            static __ADDRESS: __Address = __Address(&raw const __variable);
        };
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::linked;

    /// Builds a DLL in which every symbol must be defined, and gives what the compiler says.
    fn built(variable: &str, optimised: bool) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let source = folder.path().join("lib.rs");
        let text = format!("#![no_std]\nextern crate std;\n{variable}\n{}", linked("verbosity"));
        fs::write(&source, text).expect("written");
        let output = Command::new("rustc")
            .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "link-arg=-Wl,-z,defs"])
            .args(["-C", if optimised { "opt-level=3" } else { "opt-level=0" }])
            .arg(&source)
            .arg("-o")
            .arg(folder.path().join("lib.so"))
            .output()
            .expect("rustc runs the tests too");
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(messages) }
    }

    #[test]
    fn a_variable_that_hosts_link_to_needs_its_symbol() {
        for optimised in [false, true] {
            for ty in ["i32 = 1", "[u64; 2] = [1; 2]", "*const u8 = core::ptr::null()"] {
                let exported = format!("#[unsafe(no_mangle)] pub static mut verbosity: {ty};");
                assert_eq!(built(&exported, optimised), Ok(()));
            }
            let error = built("pub static mut verbosity: i32 = 1;", optimised);
            let error = error.expect_err("the symbol is missing");
            assert!(error.contains("undefined") && error.contains("verbosity"), "{error}");
        }
    }
}
