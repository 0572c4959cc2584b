//! Constants with a value in the declarations.

use embed_dll_cdecl::ConstantOrigin;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::naming::ident;
use super::types::{Types, scalar};

/// The constants and their names. Those declared with `...` are the author's.
pub(crate) fn emit(types: &Types<'_>) -> (TokenStream, Vec<Ident>) {
    let mut items = TokenStream::new();
    let mut names = Vec::new();
    for constant in types.declarations.constants() {
        let Some(value) = constant.value.filter(|_| !types.theirs.has(&constant.name)) else {
            continue;
        };
        let ty = match constant.origin {
            ConstantOrigin::Define => scalar(constant.ty),
            ConstantOrigin::Static(ty) => types.value(ty),
            ConstantOrigin::Enumerator(id) => scalar(types.declarations.enumeration(id).base),
        };
        let name = ident(&constant.name);
        let value = literal(value);
        items.extend(quote!(pub const #name: #ty = #value;));
        names.push(name);
    }
    (items, names)
}

/// A number without a type.
pub(crate) fn literal(value: i128) -> TokenStream {
    let absolute = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#absolute) } else { quote!(#absolute) }
}
