//! Calls of C functions by Python code: one caller per type of function.

use std::collections::BTreeMap;

use embed_dll_cdecl::{Declarations, FunctionType, Type, TypeId};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::types::{Types, length_literal};

/// The callers, and the expressions that name them with their types.
pub(crate) struct Invokers {
    pub(crate) items: TokenStream,
    pub(crate) table: Vec<TokenStream>,
}

/// A caller for each type of function in the declarations that Rust can call. A variadic function
/// has no one type, and Rust cannot make up calls at run time.
pub(crate) fn emit(types: &Types<'_>) -> Invokers {
    let mut invokers = Invokers { items: TokenStream::new(), table: Vec::new() };
    for (index, (name, ty)) in function_types(types.declarations).into_iter().enumerate() {
        let Type::Function(function) = types.declarations.ty(ty) else { continue };
        if function.variadic || types.call_problem(function).is_some() {
            continue;
        }
        let invoke = format_ident!("__invoke_{index}");
        invokers.items.extend(one(types, ty, function, &invoke));
        invokers.table.push(quote!(__rt::Invoker { ctype: #name, invoke: #invoke }));
    }
    invokers
}

/// All function types that anything declared refers to, by the name of a pointer to it.
fn function_types(declarations: &Declarations) -> BTreeMap<String, TypeId> {
    let mut walk = Walk { declarations, seen: Vec::new(), found: BTreeMap::new() };
    let functions = declarations.functions().iter().map(|function| function.ty);
    let variables = declarations.variables().iter().map(|variable| variable.ty);
    let typedefs = declarations.typedefs().map(|(_, ty)| ty);
    let fields = declarations.records().iter().flat_map(|record| record.fields.iter().flatten());
    let fields = fields.map(|field| field.ty);
    functions.chain(variables).chain(typedefs).chain(fields).for_each(|ty| walk.visit(ty));
    walk.found
}

struct Walk<'a> {
    declarations: &'a Declarations,
    seen: Vec<TypeId>,
    found: BTreeMap<String, TypeId>,
}

impl Walk<'_> {
    fn visit(&mut self, id: TypeId) {
        match self.declarations.ty(id) {
            Type::Pointer(item) | Type::Array { item, .. } => self.visit(*item),
            Type::Function(function) if !self.seen.contains(&id) => {
                self.seen.push(id);
                // The name of a pointer to it, which need not exist as a type here.
                let name = self.declarations.name_with(id, "(*)");
                self.found.insert(name, id);
                self.visit(function.result);
                function.params.iter().for_each(|&param| self.visit(param));
            }
            _ => {}
        }
    }
}

fn one(
    types: &Types<'_>,
    id: TypeId,
    function: &FunctionType,
    invoke: &proc_macro2::Ident,
) -> TokenStream {
    let pointer = types.value(id);
    let result = function.result;
    let arguments = function.params.iter().enumerate().map(|(index, &param)| {
        let ty = types.value(param);
        let index = length_literal(index as u64);
        quote!((*__arguments.add(#index)).cast::<#ty>().read())
    });
    let call = quote!(__function(#(#arguments),*));
    let call = if matches!(types.declarations.ty(result), Type::Void) {
        quote!(#call;)
    } else {
        let ty = types.value(result);
        quote!(__result.cast::<#ty>().write(#call);)
    };
    quote! {
        unsafe fn #invoke(
            __function: *const ::core::ffi::c_void,
            __arguments: *const *const ::core::ffi::c_void,
            __result: *mut ::core::ffi::c_void,
        ) {
            // SAFETY: The caller says that the function is of this type, that there are as many
            // arguments of the types of its parameters, and that the result has room.
            unsafe {
                let __function =
                    ::core::mem::transmute::<*const ::core::ffi::c_void, #pointer>(__function);
                #call
            }
        }
    }
}
