//! The Python-visible C types and values: what `from my_plugin import ffi` gives.
//!
//! ```text
//! object/      ffi: new, cast, string, buffer, addressof, …
//! value/       ffi.CData: indexing, fields, arithmetic, comparison; what keeps memory alive
//! types/       ffi.CType: types of the declarations and of type strings, made once, never freed
//! convert/     C values in memory to Python objects and back
//! call_out     calls of C functions from Python
//! buffer       ffi.buffer;   handle  ffi.new_handle's table;   errno  ffi.errno
//! ```
//!
//! Behaviour and messages are CFFI's, with exceptions where CFFI leaves memory or the process in
//! danger and something can be done about it: parts of a value keep it alive, records by value are
//! copies, and dead handles, NULL and released memory raise. What a pointer of C's points to is as
//! unchecked as in C.

mod buffer;
mod call_out;
mod convert;
mod errno;
mod handle;
mod names;
mod object;
mod slots;
mod types;
mod value;

pub(crate) use buffer::BUFFER_STRUCTURE;
pub use object::{new_ffi, of};
pub use types::Types;

use std::ffi::c_void;

use convert::Source;
use types::ctype_object;
use types::{Ct, Kind};

use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Result, View};

/// What becomes of records in a loaded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// They are copied into values that own them: arguments and results.
    Copy,
    /// They are seen where they are, which is for ever: variables.
    Alias,
}

/// Makes the classes, once.
///
/// # Errors
///
/// `MemoryError`.
pub fn prepare(py: Py<'_>) -> Result<()> {
    names::prepare(py)?;
    types::ctype_object::prepare(py)?;
    value::prepare(py)?;
    buffer::prepare(py)?;
    object::prepare(py)
}

/// `ffi.error`.
pub fn error_class(py: Py<'_>) -> View<'_> {
    names::error_class(py)
}

fn ct(ctype: View<'_>) -> Result<Ct> {
    let no_type = || ctype.py().raise(ExceptionKind::System, "not a ctype");
    ctype_object::of(ctype).ok_or_else(no_type)
}

/// The Python object for the C value at `at`.
///
/// # Errors
///
/// `ValueError` for bytes that are no value of the type, `MemoryError`.
///
/// # Safety
///
/// There must be a value of type `ctype` at `at`, with [`Place::Alias`] for as long as the DLL
/// lives.
#[inline]
pub unsafe fn load<'a>(
    py: Py<'a>,
    ctype: View<'_>,
    at: *const u8,
    place: Place,
) -> Result<Owned<'a>> {
    let source = match place {
        Place::Copy => Source::Copied,
        Place::Alias => Source::InPlace(None),
    };
    // SAFETY: says the caller.
    unsafe { convert::load(py, ct(ctype)?, at, source) }
}

/// Writes the C value for `value` to `at`, by CFFI's rules for results.
///
/// # Errors
///
/// `TypeError`, `OverflowError` and others, as CFFI raises them. Part of a record may have been
/// written.
///
/// # Safety
///
/// There must be room for a value of type `ctype` at `at`.
#[inline]
pub unsafe fn store(py: Py<'_>, ctype: View<'_>, at: *mut u8, value: View<'_>) -> Result<()> {
    // SAFETY: says the caller.
    unsafe { convert::store(py, ct(ctype)?, at, value) }
}

/// Calls a C function: `lib.f(…)`, or a function pointer. `function` is the ctype of a pointer to
/// it; `name` is what a function of `lib` is called in messages.
///
/// # Errors
///
/// `TypeError` for wrong arguments, `NotImplementedError` if the module does not declare the type.
pub fn call_out<'a>(
    py: Py<'a>,
    function: View<'_>,
    address: *const c_void,
    name: Option<&str>,
    arguments: Arguments<'_>,
) -> Result<Owned<'a>> {
    call_out::call(py, ct(function)?, address, name, arguments)
}

/// What keeps the memory alive that a value refers to, if it belongs to Python: what
/// `ffi.new()` made, or a part of it. A function that returns a pointer to it has to keep it.
#[inline]
pub fn owner_of(value: View<'_>) -> Option<Owned<'_>> {
    value::data(value)?;
    value::keeper(value)
}

/// The address that `value` is as a pointer or function of type `ctype`.
///
/// # Errors
///
/// `TypeError` for what is no C value, and for pointers of other types.
#[inline]
pub fn pointer_from(ctype: View<'_>, value: View<'_>) -> Result<*mut c_void> {
    Ok(convert::pointer::from(ct(ctype)?, value)?.cast())
}

/// A pointer or function value of type `ctype`: one allocation.
///
/// # Errors
///
/// `MemoryError`.
#[inline]
pub fn new_pointer<'a>(py: Py<'a>, ctype: View<'_>, address: *const c_void) -> Result<Owned<'a>> {
    let ct = ct(ctype)?;
    debug_assert!(matches!(ct.kind, Kind::Pointer(_) | Kind::Function(_)));
    value::pointer(py, ct, address.cast_mut().cast())
}
