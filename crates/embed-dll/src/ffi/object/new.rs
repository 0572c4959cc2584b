//! `ffi.new()`.

use super::argument::{self, Accept};
use crate::ffi::convert::{self, array, record};
use crate::ffi::types::{Ct, Kind};
use crate::ffi::value;
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// `ffi.new(cdecl, init=None)`.
pub(super) fn new<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let [cdecl, init] = arguments.bind("new", ["cdecl", "init"], 1)?;
    let ct = argument::ctype(ffi, argument::required(ffi, cdecl)?, Accept::CType)?;
    let init = init.filter(|init| !init.is_none());
    let py = ffi.py();
    match ct.kind {
        Kind::Pointer(item) => pointer(py, ct, item, init),
        Kind::Array(item, length) => new_array(py, ct, item, length, init),
        _ => {
            let message = format_args!("expected a pointer or array ctype, got '{}'", ct.name);
            Err(py.raise(ExceptionKind::Type, message))
        }
    }
}

fn overflow(py: Py<'_>) -> Raised {
    py.raise(ExceptionKind::Overflow, "array size would overflow a Py_ssize_t")
}

fn pointer<'a>(py: Py<'a>, ct: Ct, item: Ct, init: Option<View<'_>>) -> Result<Owned<'a>> {
    let Some(size) = item.size else {
        let message = format_args!("cannot instantiate ctype '{}' of unknown size", item.name);
        return Err(py.raise(ExceptionKind::Type, message));
    };
    if let Kind::Record(info) = item.kind
        && info.flexible
    {
        let tail = match init {
            Some(init) if value::data(init).is_none() => record::tail_length(info, init)?,
            _ => 0,
        };
        let bytes = record::size_with(size, info, tail).ok_or_else(|| overflow(py))?;
        let new = value::allocate(py, ct, bytes, bytes)?;
        if let (Some(init), Some(data)) = (init, value::data(*new)) {
            // SAFETY: the memory is that large.
            unsafe { record::initialise(item, info, data.address, init, Some(tail))? };
        }
        return Ok(new);
    }
    // After a single character there is always a NUL: then it is a string.
    let extra = if matches!(item.kind, Kind::Char | Kind::WideChar) { size } else { 0 };
    let new = value::allocate(py, ct, size + extra, 0)?;
    if let (Some(init), Some(data)) = (init, value::data(*new)) {
        // SAFETY: the memory has room for one item.
        unsafe { convert::store(py, item, data.address, init)? };
    }
    Ok(new)
}

fn new_array<'a>(
    py: Py<'a>,
    ct: Ct,
    item: Ct,
    length: Option<usize>,
    init: Option<View<'_>>,
) -> Result<Owned<'a>> {
    let (length, init) = match (length, init) {
        (Some(length), init) => (length, init),
        (None, None) => {
            let message = "expected new array length or list/tuple/str, not NoneType";
            return Err(py.raise(ExceptionKind::Type, message));
        }
        (None, Some(init)) => {
            let sized = init.is_list() || init.is_tuple() || init.is_bytes() || init.is_str();
            (record::array_length(item, init)?, Some(init).filter(|_| sized))
        }
    };
    let size = item.size.and_then(|size| size.checked_mul(length));
    let size = size.filter(|&size| isize::try_from(size).is_ok()).ok_or_else(|| overflow(py))?;
    let new = value::allocate(py, ct, size, length)?;
    if let (Some(init), Some(data)) = (init, value::data(*new)) {
        // SAFETY: the memory has room for so many items.
        unsafe { array::store(ct, item, Some(length), data.address, init)? };
    }
    Ok(new)
}
