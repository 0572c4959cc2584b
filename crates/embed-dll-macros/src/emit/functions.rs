//! Functions that Python implements.

use embed_dll_cdecl::{Function, FunctionType, Primitive, PrimitiveKind, Type, TypeId};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, Result};

use super::life::Life;
use super::naming::ident;
use super::types::Types;
use crate::declared::{Declared, in_python, is_exported};

/// The Rust items of one function, and the static that describes it.
pub(crate) struct Implemented {
    pub(crate) description: Ident,
    pub(crate) name: Ident,
    pub(crate) items: TokenStream,
}

/// All functions that Python implements, but for those of `life`, which the DLL has anyway.
pub(crate) fn emit(
    types: &Types<'_>,
    declared: &Declared,
    life: &Life,
) -> Result<Vec<Implemented>> {
    let mut all = Vec::new();
    let mut errors: Option<Error> = None;
    for (index, function) in declared.functions() {
        let ty = function_type(types, function);
        let problem = types.call_problem(ty);
        if let Some(problem) = problem.map(|problem| format!("`{}`: {problem}", function.name)) {
            let error = declared.function_error(index, &problem);
            match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            }
        } else if in_python(function.kind)
            && !life.owns(&function.name)
            && !types.theirs.has(&function.name)
        {
            all.push(one(types, function, ty));
        }
    }
    errors.map_or(Ok(all), Err)
}

/// Parameters and result of a function.
pub(crate) fn function_type<'a>(types: &Types<'a>, function: &Function) -> &'a FunctionType {
    static NONE: FunctionType =
        FunctionType { params: Vec::new(), result: TypeId::from_index(0), variadic: false };
    match types.declarations.ty(function.ty) {
        Type::Function(ty) => ty,
        _ => &NONE,
    }
}

fn one(types: &Types<'_>, function: &Function, ty: &FunctionType) -> Implemented {
    let name = ident(&function.name);
    let description = format_ident!("__FUNCTION_{}", function.name);
    let text = &function.name;
    let arguments: Vec<Ident> =
        (0..function.params.len()).map(|index| format_ident!("__argument_{index}")).collect();
    let parameters: Vec<TokenStream> = function
        .params
        .iter()
        .map(|param| types.qualified(param.ty, param.const_pointee))
        .collect();
    let pushes =
        function.params.iter().zip(&arguments).enumerate().map(|(index, (param, name))| {
            let converter = converter(types, param.ty, param.const_pointee);
            quote! {
                __stack.push(<#converter as __rt::Parameter>::to_python(#name, #index, __call)?);
            }
        });
    let count = arguments.len();
    let result = types.result(ty.result, function.const_result_pointee);
    let result_converter = converter(types, ty.result, function.const_result_pointee);
    let exported = is_exported(function.kind).then(|| {
        // Python is told the address of a function that no other DLL can stand in for; the name
        // that hosts look up is only a door to it. The door's own name is one that C reserves: a
        // declared one would hide the function.
        quote! {
            const _: () = {
                #[unsafe(export_name = #text)]
                unsafe extern "C" fn __exported(#(#arguments: #parameters),*) #result {
                    // SAFETY: The caller's promises are those that the function asks for.
                    unsafe { #name(#(#arguments),*) }
                }
            };
        }
    });
    let doc =
        format!("`{}`, implemented in Python.", types.declarations.name_with(function.ty, text));
    let items = quote! {
        static #description: __rt::Function = __rt::Function {
            name: #text,
            module: &__MODULE,
            attached: ::core::sync::atomic::AtomicPtr::new(::core::ptr::null_mut()),
        };
        #[doc = #doc]
        ///
        /// # Safety
        ///
        /// Pointers must be what the Python code takes them for.
        pub unsafe extern "C" fn #name(#(#arguments: #parameters),*) #result {
            __rt::call::<__Embedding, #result_converter, #count>(&#description, |__call, __stack| {
                #(#pushes)*
                ::core::result::Result::Ok(())
            })
        }
        #exported
    };
    Implemented { description, name, items }
}

/// The converter for values of a type.
fn converter(types: &Types<'_>, id: TypeId, const_pointee: bool) -> TokenStream {
    let ty = types.qualified(id, const_pointee);
    match types.declarations.ty(id) {
        Type::Void | Type::Function(_) => quote!(__rt::Void),
        Type::Primitive(primitive) => match primitive.kind() {
            PrimitiveKind::Bool => quote!(__rt::Bool),
            PrimitiveKind::Char => quote!(__rt::Char),
            PrimitiveKind::WideChar => match primitive {
                Primitive::Char16 => quote!(__rt::Char16),
                Primitive::Char32 => quote!(__rt::Char32),
                _ => quote!(__rt::WideChar),
            },
            PrimitiveKind::Float => quote!(__rt::Floating<#ty>),
            _ => quote!(__rt::Integer<#ty>),
        },
        Type::Pointer(_) | Type::Array { .. } => quote!(__rt::Pointer<#ty>),
        Type::Record(_) => quote!(__rt::Record<#ty>),
        Type::Enum(_) => quote!(__rt::Integer<#ty>),
        Type::Number(number) => {
            if types.declarations.numbers()[number.index() as usize].float {
                quote!(__rt::Floating<#ty>)
            } else {
                quote!(__rt::Integer<#ty>)
            }
        }
    }
}
