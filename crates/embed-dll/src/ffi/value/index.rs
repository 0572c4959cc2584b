//! `value[index]` and `len(value)`.

use super::attributes::null;
use super::class::own_data;
use super::{CData, Use, owns, whole};
use crate::ffi::convert::{self, Source};
use crate::ffi::types::{Ct, Kind};
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// Number of items of an array.
pub(crate) fn count(data: &CData) -> usize {
    match data.ctype.kind {
        Kind::Array(_, Some(length)) => length,
        _ => data.length,
    }
}

/// `len(value)`.
pub(super) fn length(own: View<'_>) -> Result<isize> {
    let data = own_data(own);
    if let Kind::Array(..) = data.ctype.kind {
        return Ok(count(data) as isize);
    }
    let message = format_args!("cdata of type '{}' has no len()", data.ctype.name);
    Err(own.py().raise(ExceptionKind::Type, message))
}

/// `value[key]`.
pub(super) fn get<'a>(own: View<'a>, key: View<'a>) -> Result<Owned<'a>> {
    let py = own.py();
    let data = own_data(own);
    let _used = Use::briefly(own, || key.is_plain_number())?;
    let (item, at) = place(own, data, key)?;
    if item.size.is_none() {
        return Err(opaque(py, item));
    }
    if matches!((data.ctype.kind, item.kind), (Kind::Pointer(_), Kind::Record(_))) && owns(own) {
        return whole(py, item, own);
    }
    // SAFETY: checked as far as C values can be: an item of the array, or whatever the pointer
    // points to.
    unsafe { convert::load(py, item, at, Source::InPlace(Some(own))) }
}

/// `value[key] = new`.
pub(super) fn set(own: View<'_>, key: View<'_>, value: View<'_>) -> Result<()> {
    let py = own.py();
    let _used = Use::briefly(own, || key.is_plain_number() && value.is_plain_number())?;
    let (item, at) = place(own, own_data(own), key)?;
    if item.size.is_none() {
        return Err(opaque(py, item));
    }
    // SAFETY: as in `get`.
    unsafe { convert::store(py, item, at, value) }
}

#[cold]
pub(crate) fn opaque(py: Py<'_>, item: Ct) -> Raised {
    py.raise(ExceptionKind::Type, format_args!("cdata '{}' is opaque", item.name))
}

/// Type and place of an item.
fn place(own: View<'_>, data: &CData, key: View<'_>) -> Result<(Ct, *mut u8)> {
    let py = own.py();
    let name = &data.ctype.name;
    let index = key.as_index(py.exception_class(ExceptionKind::Index));
    let item = match data.ctype.kind {
        Kind::Pointer(item) => {
            let index = index?;
            if index != 0 && owns(own) {
                let message = format_args!("cdata '{name}' can only be indexed by 0");
                return Err(py.raise(ExceptionKind::Index, message));
            }
            if data.address.is_null() {
                return Err(null(py, data));
            }
            return Ok((item, item_at(data.address, item, index)));
        }
        Kind::Array(item, _) => item,
        _ => {
            if let Err(raised) = index {
                raised.forget(py);
            }
            let message = format_args!("cdata of type '{name}' cannot be indexed");
            return Err(py.raise(ExceptionKind::Type, message));
        }
    };
    let index = index?;
    let count = count(data);
    let Ok(unsigned) = usize::try_from(index) else {
        return Err(py.raise(ExceptionKind::Index, "negative index"));
    };
    if unsigned >= count {
        let message =
            format_args!("index too large for cdata '{name}' (expected {unsigned} < {count})");
        return Err(py.raise(ExceptionKind::Index, message));
    }
    if data.address.is_null() {
        return Err(null(py, data));
    }
    Ok((item, item_at(data.address, item, index)))
}

/// The address of an item, wrapping as a machine does.
pub(crate) fn item_at(start: *mut u8, item: Ct, index: isize) -> *mut u8 {
    let size = item.size.unwrap_or(1) as isize;
    start.wrapping_offset(size.wrapping_mul(index))
}
