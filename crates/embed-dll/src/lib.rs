//! Shared libraries whose C functions are written in Python.
//!
//! A `cdylib` (or `staticlib`) crate describes its C API once, in [`embedding!`]; Python code
//! implements it. A host program in any language calls the functions as it calls any C function.
//! The first call starts a CPython, any from 3.8 on, that is found on the machine: the file itself
//! is linked to none.

#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "the C API is called in sequences (take, look, give back) that are sound for one \
              reason; the comment of the block states it once"
)]
#![expect(
    unreachable_pub,
    reason = "the modules are private: in them `pub` is what they offer to each other, and a few \
              of their items leave the crate through `__private`"
)]

#[doc = include_str!("embedding.md")]
#[doc(inline)]
pub use embed_dll_macros::embedding;

mod call;
mod descriptor;
mod ffi;
mod find;
mod fit;
mod module;
mod python;
mod spec;
mod start;
mod thread;

/// What the code written by [`embedding!`] uses. Not for people; it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::call::{
        Bool, Call, Char, Char16, Char32, Floating, Integer, Parameter, Pointer, Record,
        ReturnValue, Stack, Void, WideChar, call,
    };
    pub use crate::fit::{
        Constant, FLOAT, Fits, INTEGER, LongDouble, NoItem, Number, field, integer, length, size,
        variable,
    };
    pub use crate::module::{State, enter, last_error, leave, py_init, start};
    pub use crate::spec::{
        Embedding, Function, Invoker, Layout, Locate, Module, Options, SigPipe, Spec, Symbol, Text,
    };
    pub use embed_dll_cdecl::Dialect;
}

/// For the tests of this crate.
#[doc(hidden)]
#[path = "testing.rs"]
pub mod __testing;
