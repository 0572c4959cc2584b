//! The macro of embed-dll. Use it through that crate, whose documentation of `embedding!` is the
//! reference.
//!
//! The way through: [`arguments`] reads what the author wrote, [`source`] the files it names,
//! [`declared`] the C declarations and [`python`] the init code; [`emit`] writes Rust.
#![forbid(unsafe_code)]

mod arguments;
mod declared;
mod dedent;
mod emit;
mod python;
mod source;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::arguments::Arguments;
use crate::declared::Declared;
use crate::python::Init;
use crate::source::Base;

/// See `embed_dll::embedding!`.
#[proc_macro]
pub fn embedding(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(input.into(), &Base::of_invocation())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Everything but the border to the compiler, which tests cannot cross.
fn expand(input: TokenStream, base: &Base) -> syn::Result<TokenStream> {
    let arguments: Arguments = syn::parse2(input)?;
    let given = &arguments.given;
    let api = given.api.as_ref().map(|input| base.read(input)).transpose();
    let cdef = given.cdef.as_ref().map(|input| base.read(input)).transpose();
    let init = given.init.as_ref().map(|input| base.read(input)).transpose();
    let init = init.and_then(|init| python::Init::new(init, given.check_init.unwrap_or(true)));
    let declared = both(api, cdef).and_then(|(api, cdef)| Declared::new(api, cdef));
    match (declared, init) {
        (Ok(declared), Ok(init)) => emit::emit(&arguments, &declared, &init),
        // A mistake in the Python code does not hide one in the declarations.
        (Ok(declared), Err(error)) => {
            let emitted = emit::emit(&arguments, &declared, &Init::default());
            both(emitted, Err(error)).map(|(emitted, ())| emitted)
        }
        (declared, init) => both(declared, init).map(|_| TokenStream::new()),
    }
}

/// Both values, or the errors of both.
fn both<A, B>(a: syn::Result<A>, b: syn::Result<B>) -> syn::Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.combine(b);
            Err(a)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
