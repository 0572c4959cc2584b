//! The macro of embed-dll. Use it through that crate.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Makes an embedding DLL of C declarations and Python code.
#[proc_macro]
pub fn embedding(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
