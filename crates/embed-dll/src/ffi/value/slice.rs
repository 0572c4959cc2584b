//! `value[start:stop]`.

use std::ptr;

use super::class::own_data;
use super::index::{count, item_at};
use super::{CData, Use, data, part, usable};
use crate::ffi::buffer::Export;
use crate::ffi::convert;
use crate::ffi::types::{Ct, Kind, ctype};
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// Items of a pointer or array, one after the other.
struct Span {
    item: Ct,
    start: *mut u8,
    length: usize,
}

fn error(py: Py<'_>, message: &str) -> Raised {
    py.raise(ExceptionKind::Index, message)
}

fn bound(key: View<'_>, which: &std::ffi::CStr, missing: &str) -> Result<isize> {
    let py = key.py();
    let bound = key.attr(which)?;
    if bound.is_none() {
        return Err(error(py, missing));
    }
    if !bound.is_int() {
        return Err(py.raise(ExceptionKind::Type, "an integer is required"));
    }
    bound.as_index(py.exception_class(ExceptionKind::Overflow))
}

fn span(own: View<'_>, data: &CData, key: View<'_>) -> Result<Span> {
    let py = own.py();
    let Some(item) = data.ctype.item() else {
        let message = format_args!("cdata of type '{}' cannot be indexed", data.ctype.name);
        return Err(py.raise(ExceptionKind::Type, message));
    };
    let start = bound(key, c"start", "slice start must be specified")?;
    let stop = bound(key, c"stop", "slice stop must be specified")?;
    if !key.attr(c"step")?.is_none() {
        return Err(error(py, "slice with step not supported"));
    }
    if start > stop {
        return Err(error(py, "slice start > stop"));
    }
    if let Kind::Array(..) = data.ctype.kind {
        let count = count(data) as isize;
        if start < 0 {
            return Err(error(py, "negative index"));
        }
        if stop > count {
            let message = format!("index too large (expected {stop} <= {count})");
            return Err(error(py, &message));
        }
    }
    if item.size.is_none() {
        let message = format_args!("array item of unknown size: '{}'", item.name);
        return Err(py.raise(ExceptionKind::Value, message));
    }
    let length = stop.wrapping_sub(start) as usize;
    Ok(Span { item, start: item_at(data.address, item, start), length })
}

/// `value[start:stop]`: an array that shares the memory.
pub(super) fn get<'a>(own: View<'a>, key: View<'a>) -> Result<Owned<'a>> {
    let _used = Use::of(own)?;
    let Span { item, start, length } = span(own, own_data(own), key)?;
    part(own.py(), ctype::array(item, None), start, length, Some(own))
}

/// `value[start:stop] = new`.
pub(super) fn set(own: View<'_>, key: View<'_>, value: View<'_>) -> Result<()> {
    let py = own.py();
    let _used = Use::of(own)?;
    let Span { item, start, length } = span(own, own_data(own), key)?;
    let wanted = length;
    if start.is_null() && length > 0 {
        return Err(super::attributes::null(py, own_data(own)));
    }
    if let Kind::Char = item.kind
        && let Some(bytes) = octets(value)?
    {
        if bytes.length() != wanted {
            let message = format_args!("need a string of length {wanted}, got {}", bytes.length());
            return Err(py.raise(ExceptionKind::Value, message));
        }
        // SAFETY: the span lies in the array, or where the pointer says; it may be memory of the
        // object itself, which does not change its size while its memory is exported.
        unsafe { ptr::copy(bytes.start(), start, wanted) };
        return Ok(());
    }
    if let Some(source) = data(value)
        && let Kind::Array(other, _) = source.ctype.kind
        && other.is(item)
        && count(source) == wanted
    {
        usable(value)?;
        // SAFETY: both have so many items of that type; they may overlap.
        unsafe { ptr::copy(source.address, start, wanted * item.size.unwrap_or(0)) };
        return Ok(());
    }
    // SAFETY: attached; a new reference or null.
    let iterator = unsafe { py.own(py.abi().PyObject_GetIter(value.as_pointer()))? };
    let mut got = 0;
    while let Some(element) = next(&iterator)? {
        if got == wanted {
            let message = format_args!("got more than {wanted} values to unpack");
            return Err(py.raise(ExceptionKind::Value, message));
        }
        // SAFETY: an item of the span.
        unsafe { convert::store(py, item, item_at(start, item, got as isize), *element)? };
        got += 1;
    }
    if got < wanted {
        let message = format_args!("need {wanted} values to unpack, got {got}");
        return Err(py.raise(ExceptionKind::Value, message));
    }
    Ok(())
}

/// The contents of `bytes` or `bytearray`.
fn octets(value: View<'_>) -> Result<Option<Box<Export>>> {
    let octets = value.is_bytes() || value.is_a(value.py().immortal(|abi| abi.PyByteArray_Type));
    if octets { Export::of(value, false).map(Some) } else { Ok(None) }
}

/// The next object of an iterator.
fn next<'a>(iterator: &Owned<'a>) -> Result<Option<Owned<'a>>> {
    let py = iterator.py();
    // SAFETY: attached; an iterator; null at the end and after an exception.
    unsafe {
        let object = py.abi().PyIter_Next(iterator.as_pointer());
        if object.is_null() {
            return if py.abi().PyErr_Occurred().is_null() {
                Ok(None)
            } else {
                Err(Raised::already_set())
            };
        }
        py.own(object).map(Some)
    }
}
