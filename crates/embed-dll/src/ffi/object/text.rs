//! `ffi.string()` and `ffi.unpack()`.

use super::argument;
use crate::ffi::convert::{self, Source, char, int};
use crate::ffi::types::{CType, Ct, Kind};
use crate::ffi::value::{CData, Use, count, item_at};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// A one-byte character or integer: what `ffi.string()` gives bytes for.
fn is_octet(ct: &CType) -> bool {
    ct.is_byte() && !matches!(ct.kind, Kind::Bool)
}

/// `ffi.string(cdata, maxlen=-1)`.
pub(super) fn string<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [cdata, limit] = arguments.bind("string", ["cdata", "maxlen"], 1)?;
    let cdata = argument::required(ffi, cdata)?;
    let data = argument::cdata("string", cdata)?;
    let limit = limit.map(argument::index).transpose()?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let _used = Use::of(cdata)?;
    match data.ctype.kind {
        Kind::Pointer(item) | Kind::Array(item, _)
            if is_octet(item) || matches!(item.kind, Kind::WideChar) =>
        {
            if data.address.is_null() {
                return Err(null("string", cdata));
            }
            let limit = match data.ctype.kind {
                Kind::Array(..) => Some(limit.map_or(count(data), |limit| limit.min(count(data)))),
                _ => limit,
            };
            // SAFETY: the pointer says that there is a string, as in C, or there is an array of at
            // least so many items.
            let length = unsafe { up_to_nul(item, data.address, limit) };
            // SAFETY: so many items have just been read.
            unsafe { characters(py, item, data.address, length) }
        }
        Kind::Enum(info) => {
            // SAFETY: the value is in the object.
            let value = unsafe { int::read(data.ctype, data.bytes()) };
            match info.name(value) {
                Some(name) => py.str(name),
                None => py.str(&value.to_string()),
            }
        }
        // SAFETY: the value is in the object.
        Kind::WideChar => unsafe { characters(py, data.ctype, data.bytes(), 1) },
        // SAFETY: as above.
        _ if is_octet(data.ctype) => unsafe { characters(py, data.ctype, data.bytes(), 1) },
        _ => {
            let message = format_args!("string(): unexpected cdata '{}' argument", data.ctype.name);
            Err(py.raise(ExceptionKind::Type, message))
        }
    }
}

fn null(method: &str, cdata: View<'_>) -> Raised {
    let text = cdata.to_repr().unwrap_or_default();
    let message = format_args!("cannot use {method}() on {text}");
    cdata.py().raise(ExceptionKind::Runtime, message)
}

/// Number of characters before the first NUL.
///
/// # Safety
///
/// There must be a NUL, or `limit` items.
unsafe fn up_to_nul(item: Ct, start: *const u8, limit: Option<usize>) -> usize {
    // SAFETY: says the caller.
    unsafe {
        match (item.size, limit) {
            (Some(1), None) => libc::strlen(start.cast()),
            (Some(1), Some(limit)) => libc::strnlen(start.cast(), limit),
            (size, limit) => {
                let mut length = 0;
                let step = size.unwrap_or(4);
                while limit.is_none_or(|limit| length < limit)
                    && char::read_unit(item, start.add(length * step)) != 0
                {
                    length += 1;
                }
                length
            }
        }
    }
}

/// So many characters as `bytes` or `str`.
///
/// # Safety
///
/// There must be so many.
unsafe fn characters<'a>(
    py: Py<'a>,
    item: Ct,
    start: *const u8,
    length: usize,
) -> Result<Owned<'a>> {
    // SAFETY: says the caller.
    unsafe {
        match item.size {
            Some(1) => py.bytes(std::slice::from_raw_parts(start, length)),
            Some(2) => {
                let units: Vec<u16> = (0..length)
                    .map(|index| start.cast::<u16>().add(index).read_unaligned())
                    .collect();
                char::text16(py, &units)
            }
            _ => {
                let units: Vec<u32> = (0..length)
                    .map(|index| start.cast::<u32>().add(index).read_unaligned())
                    .collect();
                char::text(py, &units)
            }
        }
    }
}

/// `ffi.unpack(cdata, length)`.
pub(super) fn unpack<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [cdata, length] = arguments.bind("unpack", ["cdata", "length"], 2)?;
    let cdata = argument::required(ffi, cdata)?;
    let data = argument::cdata("unpack", cdata)?;
    let length = argument::index(argument::required(ffi, length)?)?;
    let Some(item) = data.ctype.item() else {
        let message = format_args!("expected a pointer or array, got '{}'", data.ctype.name);
        return Err(py.raise(ExceptionKind::Type, message));
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(py.raise(ExceptionKind::Value, "'length' cannot be negative"));
    };
    let _used = Use::of(cdata)?;
    if data.address.is_null() {
        return Err(null("unpack", cdata));
    }
    if matches!(item.kind, Kind::Char | Kind::WideChar) {
        // SAFETY: the caller says how many there are, as in C.
        return unsafe { characters(py, item, data.address, length) };
    }
    if item.size.is_none() {
        let message = format_args!("'{}' points to items of unknown size", data.ctype.name);
        return Err(py.raise(ExceptionKind::Value, message));
    }
    items(cdata, data, item, length)
}

fn items<'a>(cdata: View<'a>, data: &CData, item: Ct, length: usize) -> Result<Owned<'a>> {
    let py = cdata.py();
    let list = py.list()?;
    for index in 0..length {
        let at = item_at(data.address, item, index as isize);
        // SAFETY: the caller says how many there are, as in C.
        let element = unsafe { convert::load(py, item, at, Source::InPlace(Some(cdata)))? };
        list.append(*element)?;
    }
    Ok(list)
}
