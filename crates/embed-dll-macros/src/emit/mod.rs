//! Rust code for what was declared.
//!
//! Everything goes into a module of its own, which sees what stands beside the macro (`use
//! super::*`) and gives back what the author can use: functions, types, constants. Names that
//! begin with two underscores are those of the macro; C reserves such names.

mod constants;
mod functions;
mod invokers;
mod life;
mod naming;
mod open;
mod parts;
mod records;
mod spec;
mod symbols;
mod theirs;
mod types;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Result;

use crate::arguments::Arguments;
use crate::declared::Declared;
use crate::python::Init;
use life::Life;
use theirs::Theirs;
use types::Types;

/// The whole expansion.
pub(crate) fn emit(arguments: &Arguments, declared: &Declared, init: &Init) -> Result<TokenStream> {
    let theirs = Theirs::new(arguments.given.rust.as_deref().unwrap_or_default())?;
    let types = Types::new(&declared.declarations, theirs);
    types.theirs.check(types.declarations, &types.names)?;
    let life = Life::new(&arguments.module);
    life.check(declared)?;
    declared.check_reserved(&arguments.module.in_c())?;
    let functions = functions::emit(&types, declared, &life)?;
    let open = open::emit(&types, declared)?;
    let invokers = invokers::emit(&types);
    let (life_items, life_names) = life.emit();
    let (constants, constant_names) = constants::emit(&types);
    let records = records::emit(&types);
    let (aliases, type_names) = aliases(&types);
    let symbols = symbols::emit(&types, declared);
    let tables = spec::Tables {
        functions: &functions,
        symbols: &symbols.table,
        invokers: &invokers.table,
        open: &open,
    };
    let spec = spec::emit(arguments, declared, init, &tables)?;

    let module = format_ident!("__embed_dll_{}", arguments.module.in_c());
    let function_names = functions.iter().map(|function| &function.name).chain(&life_names);
    // In Rust as in C a type and a function may have the same name; one import brings both.
    let mut names: Vec<_> =
        type_names.iter().chain(&constant_names).chain(function_names).collect();
    names.sort();
    names.dedup();
    let function_items = functions.iter().map(|function| &function.items);
    let (open_items, invoker_items, symbol_items) = (&open.items, invokers.items, symbols.items);
    Ok(quote! {
        #[doc(hidden)]
        #[allow(
            missing_docs,
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals,
            dead_code,
            improper_ctypes,
            improper_ctypes_definitions,
            private_interfaces,
            unreachable_pub,
            unsafe_code,
            unused_imports,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::restriction,
            reason = "names and types are those of the C declarations"
        )]
        mod #module {
            use super::*;
            use ::embed_dll::__private as __rt;

            #records
            #aliases
            #constants
            #(#function_items)*
            #life_items
            #invoker_items
            #symbol_items
            #open_items
            #spec
        }
        #[allow(unused_imports, reason = "the author need not use what was declared")]
        pub use self::#module::{#(#names),*};
    })
}

/// Type aliases for typedefs and enumerations; and the names of all types.
fn aliases(types: &Types<'_>) -> (TokenStream, Vec<proc_macro2::Ident>) {
    let declarations = types.declarations;
    let mut items = TokenStream::new();
    let mut names = Vec::new();
    for id in naming::records(declarations) {
        if !records::by_author(types, id) {
            names.push(types.names.record(id).clone());
        }
    }
    for (index, enumeration) in declarations.enums().iter().enumerate() {
        let id = embed_dll_cdecl::EnumId::from_index(index as u32);
        let Some(name) = types.names.enumeration(id) else { continue };
        let doc = format!("`{}`", enumeration.name);
        let base = types::scalar(enumeration.base);
        items.extend(quote!(#[doc = #doc] pub type #name = #base;));
        names.push(name.clone());
    }
    for (name, ty) in types.names.typedefs() {
        let doc = format!("`{}`", declarations.name(*ty));
        let ty = types.value(*ty);
        items.extend(quote!(#[doc = #doc] pub type #name = #ty;));
        names.push(name.clone());
    }
    (items, names)
}
