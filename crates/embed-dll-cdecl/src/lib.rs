//! C declarations: what CFFI's `embedding_api()`, `cdef()` and type strings accept.
//!
//! Used twice: at build time by the macro that turns a header into exported functions, and at run
//! time in the DLL, where the same texts are parsed again and Python code asks for types by name
//! (`ffi.new("point_t *")`). The same texts always give the same ids.
//!
//! Types, layouts and constants are those of x86-64 Linux. What a declaration leaves open with
//! `...` is filled in later, by [`Declarations::set_layout`] and its companions.
//!
//! ```
//! use embed_dll_cdecl::{Declarations, Dialect, FunctionKind};
//!
//! let mut declarations = Declarations::new();
//! let header = "
//!     typedef struct { int x, y; } point_t;
//!     extern int do_stuff(const point_t *);
//! ";
//! declarations.parse(header, Dialect::Api)?;
//! let do_stuff = &declarations.functions()[0];
//! assert_eq!(do_stuff.kind, FunctionKind::Exported);
//! assert!(do_stuff.params[0].const_pointee);
//! assert_eq!(declarations.name(do_stuff.ty), "int(point_t *)");
//!
//! let points = declarations.parse_type("point_t[10]")?;
//! assert_eq!(declarations.size_of(points), Some(80));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod conditional;
mod declarations;
mod declare;
mod directive;
mod error;
mod export;
mod integer;
mod layout;
mod lexer;
mod measure;
mod model;
mod names;
mod parser;
mod primitive;
mod reserved;
mod types;
mod typestring;

pub use declarations::Declarations;
pub use error::{Error, ErrorKind, LayoutError, TypeError, TypeErrorKind};
pub use layout::Layout;
pub use model::{
    Constant, ConstantOrigin, EnumType, Field, FieldPath, Function, FunctionKind, Number, Param,
    Record, RecordKind, Variable,
};
pub use primitive::{Primitive, PrimitiveKind};
pub use reserved::is_reserved;
pub use types::{EnumId, FunctionType, NumberId, RecordId, Type, TypeId};

/// How a text is read.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Dialect {
    /// A header shared with C: its functions are exported. `#if` and its like are decided as for a
    /// C host on this platform; a `#define` of an integer expression is a constant; `#error`, where
    /// such a host would stop at it, and a `#pragma` that changes layouts are errors. Other lines
    /// that start with `#` are dropped, and so are `extern "C"`, `CFFI_DLLEXPORT`, and what else marks exported functions.
    Api,
    /// What CFFI's `cdef()` takes: its functions are C functions that Python may call, except
    /// those under `extern "Python"`.
    Cdef,
}
