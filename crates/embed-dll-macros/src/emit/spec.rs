//! The static that describes the DLL to the run time.

use std::ffi::CString;

use embed_dll_cdecl::Dialect;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

use super::functions::Implemented;
use super::open::Open;
use crate::arguments::{Arguments, Given, SigPipe};
use crate::declared::Declared;
use crate::python::Init;

/// The tables that the static refers to.
pub(crate) struct Tables<'a> {
    pub(crate) functions: &'a [Implemented],
    pub(crate) symbols: &'a [TokenStream],
    pub(crate) invokers: &'a [TokenStream],
    pub(crate) open: &'a Open,
}

/// The static, and what makes the compiler watch the files.
pub(crate) fn emit(
    arguments: &Arguments,
    declared: &Declared,
    init: &Init,
    tables: &Tables<'_>,
) -> Result<TokenStream> {
    let span = arguments.module.span;
    let name = c_string(&arguments.module.name, span)?;
    let texts = declared.texts.iter().map(|(source, dialect)| {
        let text = &source.text;
        let dialect = match dialect {
            Dialect::Api => quote!(Api),
            Dialect::Cdef => quote!(Cdef),
        };
        quote!(__rt::Text { text: #text, dialect: __rt::Dialect::#dialect })
    });
    let sources = declared.texts.iter().map(|(source, _)| source).chain(&init.source);
    let files = sources.filter_map(|source| source.file.as_ref()?.to_str());
    let code = c_string(&init.code, span)?;
    let functions = tables.functions.iter().map(|function| &function.description);
    let Tables { symbols, invokers, open, .. } = tables;
    let Open { layouts, constants, numbers, lengths, .. } = open;
    let (locate, options) = (locate(&arguments.given), options(&arguments.given));
    Ok(quote! {
        #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#files);)*
        static __MODULE: __rt::Module = __rt::Module {
            spec: __rt::Spec {
                name: #name,
                texts: &[#(#texts),*],
                init: #code,
                functions: &[#(&#functions),*],
                symbols: &[#(#symbols),*],
                invokers: &[#(#invokers),*],
                layouts: &[#(#layouts),*],
                constants: &[#(#constants),*],
                numbers: &[#(#numbers),*],
                lengths: &[#(#lengths),*],
                locate: #locate,
                options: <__Embedding as __rt::Embedding>::OPTIONS,
            },
            state: __rt::State::new(),
        };
        enum __Embedding {}
        impl __rt::Embedding for __Embedding {
            const OPTIONS: __rt::Options = #options;

            #[inline]
            fn module() -> &'static __rt::Module {
                &__MODULE
            }
        }
    })
}

fn c_string(text: &str, span: proc_macro2::Span) -> Result<Literal> {
    let text =
        CString::new(text).map_err(|_| Error::new(span, "a null character is in this text"))?;
    Ok(Literal::c_string(&text))
}

fn locate(given: &Given) -> TokenStream {
    let path = |path: &Option<LitStr>| match path {
        Some(path) => quote!(::core::option::Option::Some(#path)),
        None => quote!(::core::option::Option::None),
    };
    let libpython = path(&given.libpython);
    let home = path(&given.home);
    let venv = path(&given.venv);
    quote!(__rt::Locate { libpython: #libpython, home: #home, venv: #venv })
}

fn options(given: &Given) -> TokenStream {
    let sigpipe = given.sigpipe.map(|sigpipe| match sigpipe {
        SigPipe::Keep => quote!(sigpipe: __rt::SigPipe::Keep,),
        SigPipe::Block => quote!(sigpipe: __rt::SigPipe::BlockDuringCalls,),
    });
    let use_environment = given.use_environment.map(|value| quote!(use_environment: #value,));
    let import_site = given.import_site.map(|value| quote!(import_site: #value,));
    let flush = given.flush_after_calls.map(|value| quote!(flush_after_calls: #value,));
    quote!(__rt::Options { #sigpipe #use_environment #import_site #flush ..__rt::Options::new() })
}
