//! Arrays, from lists, tuples and strings.

use std::ptr;

use super::char;
use crate::ffi::names::cannot_convert;
use crate::ffi::types::{CType, Ct, Kind};
use crate::ffi::value::{self, item_at};
use crate::python::{ExceptionKind, Raised, Result, View};

/// Writes the items that `new` has; the rest of the array stays as it is. `ctype` is the array,
/// or a pointer to its first item.
///
/// # Errors
///
/// `IndexError` for more than `length`, `TypeError` for what has no items.
///
/// # Safety
///
/// There must be room for `length` items at `at`; if that is `None`, for all of `new` and the NUL
/// after a string.
pub(crate) unsafe fn store(
    ctype: Ct,
    item: Ct,
    length: Option<usize>,
    at: *mut u8,
    new: View<'_>,
) -> Result<()> {
    let py = new.py();
    if new.is_list() || new.is_tuple() {
        let count = new.length()?;
        if length.is_some_and(|length| count > length) {
            let message = format_args!("too many initializers for '{}' (got {count})", ctype.name);
            return Err(py.raise(ExceptionKind::Index, message));
        }
        for index in 0..count {
            // The list may become shorter while its items are converted: then this raises.
            let element = new.sequence_item(index)?;
            // SAFETY: there is room for `count` items.
            unsafe { super::store(py, item, item_at(at, item, index as isize), *element)? };
        }
        return Ok(());
    }
    if item.is_byte() {
        if !new.is_bytes() {
            return otherwise(ctype, at, new, "bytes or list or tuple");
        }
        let bytes = new.as_bytes()?;
        if length.is_some_and(|length| bytes.len() > length) {
            return Err(too_long(ctype, "bytes", bytes.len(), new));
        }
        check_bool(item, bytes, new)?;
        // SAFETY: there is room for that many bytes.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) };
        if length != Some(bytes.len()) {
            // SAFETY: and for one more.
            unsafe { at.add(bytes.len()).write(0) };
        }
        return Ok(());
    }
    if matches!(item.kind, Kind::WideChar) {
        if !new.is_str() {
            return otherwise(ctype, at, new, "unicode or list or tuple");
        }
        let mut units = char::units(new, item.size)?;
        if length.is_some_and(|length| units.len() > length) {
            return Err(too_long(ctype, "unicode", units.len(), new));
        }
        if length != Some(units.len()) {
            units.push(0);
        }
        for (index, unit) in units.into_iter().enumerate() {
            let at = item_at(at, item, index as isize);
            // SAFETY: there is room for that many characters.
            unsafe { super::int::write(item, at, unit.into()) };
        }
        return Ok(());
    }
    otherwise(ctype, at, new, "list or tuple")
}

/// As [`store`], for an array that is as long as `new` is, to which `pointer` is the type of a
/// pointer.
///
/// # Errors
///
/// As [`store`].
///
/// # Safety
///
/// There must be room for `length` items at `at`.
pub(crate) unsafe fn store_all(
    pointer: Ct,
    item: Ct,
    length: usize,
    at: *mut u8,
    new: View<'_>,
) -> Result<()> {
    // SAFETY: says the caller.
    unsafe { store(pointer, item, Some(length), at, new) }
}

/// An array may be given for one of the very same type.
fn otherwise(ctype: Ct, at: *mut u8, new: View<'_>, expected: &str) -> Result<()> {
    if let (Kind::Array(..), Some(size)) = (ctype.kind, ctype.size)
        && let Some(data) = value::data(new)
        && data.ctype.is(ctype)
        && !data.address.is_null()
    {
        value::usable(new)?;
        // SAFETY: both are arrays of this type; they may be the same one.
        unsafe { ptr::copy(data.address, at, size) };
        return Ok(());
    }
    Err(cannot_convert(ctype, expected, new))
}

#[cold]
fn too_long(ctype: &CType, kind: &str, got: usize, new: View<'_>) -> Raised {
    let name = &ctype.name;
    let message =
        format_args!("initializer {kind} is too long for '{name}' (got {got} characters)");
    new.py().raise(ExceptionKind::Index, message)
}

/// Bytes given for an array of `_Bool` must be truth values.
pub(crate) fn check_bool(item: &CType, bytes: &[u8], new: View<'_>) -> Result<()> {
    if matches!(item.kind, Kind::Bool) && bytes.iter().any(|&byte| byte > 1) {
        let message = r"an array of _Bool can only contain \x00 or \x01";
        return Err(new.py().raise(ExceptionKind::Value, message));
    }
    Ok(())
}
