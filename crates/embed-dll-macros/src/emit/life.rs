//! The functions that every DLL has: starting, holding the interpreter, the last error, and being
//! imported.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Result;

use crate::arguments::ModuleName;
use crate::declared::{Declared, is_exported};

/// The functions that every DLL has, by their C names.
pub(crate) struct Life {
    /// C name, name in the run time, type as it must be declared.
    functions: [(String, &'static str, &'static str); 4],
    init: String,
}

impl Life {
    pub(crate) fn new(module: &ModuleName) -> Self {
        let name = |what: &str| format!("{}_{what}", module.in_c());
        Self {
            functions: [
                (name("start"), "start", "int()"),
                (name("enter"), "enter", "int()"),
                (name("leave"), "leave", "int()"),
                (name("last_error"), "last_error", "char *()"),
            ],
            init: format!("PyInit_{}", module.last()),
        }
    }

    /// Whether a header that declares such a function means one of these. It has to, for hosts.
    pub(crate) fn owns(&self, name: &str) -> bool {
        name == self.init || self.functions.iter().any(|(own, ..)| own == name)
    }

    /// Functions declared under these names must be these.
    pub(crate) fn check(&self, declared: &Declared) -> Result<()> {
        for (index, function) in declared.functions() {
            if !self.owns(&function.name) {
                continue;
            }
            let ty = declared.declarations.name(function.ty);
            let expected = self.functions.iter().find(|(own, ..)| *own == function.name);
            let problem = match expected {
                Some((.., expected)) if ty == *expected && is_exported(function.kind) => continue,
                Some((name, _, expected)) => {
                    let (result, _) = expected.split_once('(').unwrap_or((expected, ""));
                    let result = if result == "char *" { "const char *" } else { "int " };
                    format!(
                        "`{name}` is a function that every embedding DLL has: declare it in `api` \
                         as `{result}{name}(void);` or give yours another name"
                    )
                }
                None => format!(
                    "`{}` is the function that makes the DLL a Python module: it needs no \
                     declaration; give yours another name",
                    self.init
                ),
            };
            return Err(declared.function_error(index, &problem));
        }
        Ok(())
    }

    /// The functions, which Rust code reaches under the same names.
    pub(crate) fn emit(&self) -> (TokenStream, Vec<proc_macro2::Ident>) {
        let mut items = TokenStream::new();
        let mut names = Vec::new();
        for (name, function, _) in &self.functions {
            let ident = format_ident!("{name}");
            let body = format_ident!("{function}");
            let (result, doc) = match *function {
                "start" => (quote!(::core::ffi::c_int), START),
                "enter" => (quote!(::core::ffi::c_int), ENTER),
                "leave" => (quote!(::core::ffi::c_int), LEAVE),
                _ => (quote!(*const ::core::ffi::c_char), LAST_ERROR),
            };
            items.extend(quote! {
                #[doc = #doc]
                pub extern "C" fn #ident() -> #result {
                    __rt::#body(&__MODULE)
                }
                const _: () = {
                    #[unsafe(export_name = #name)]
                    extern "C" fn __exported() -> #result {
                        #ident()
                    }
                };
            });
            names.push(ident);
        }
        let init = &self.init;
        items.extend(quote! {
            const _: () = {
                #[unsafe(export_name = #init)]
                extern "C" fn __exported() -> *mut ::core::ffi::c_void {
                    __rt::py_init(&__MODULE).cast::<::core::ffi::c_void>()
                }
            };
        });
        (items, names)
    }
}

const START: &str = "Starts Python and runs the init code, unless that was done before: 0, or -1 \
                     if it cannot be done.";
const ENTER: &str = "Holds the interpreter for the calls of this thread until the matching \
                     `leave`: 0, or -1 if it cannot be held.";
const LEAVE: &str = "Ends what the last `enter` of this thread began: 0, or -1 if there was none.";
const LAST_ERROR: &str = "What went wrong last in this thread, or at the start; null if nothing. \
                          Valid until the next failure in this thread.";
