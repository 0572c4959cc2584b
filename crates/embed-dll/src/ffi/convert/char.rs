//! Characters and strings.

use crate::ffi::names::wide_name;
use crate::ffi::types::{CType, Ct, Kind};
use crate::ffi::value;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, Size, View};

/// The `char` that `new` is.
///
/// # Errors
///
/// `TypeError` for anything but bytes of length 1 and `char` values.
pub(crate) fn byte_from(ctype: &CType, new: View<'_>) -> Result<u8> {
    if new.is_bytes()
        && let [byte] = new.as_bytes()?
    {
        return Ok(*byte);
    }
    match value::data(new) {
        // SAFETY: the value is in the object.
        Some(data) if matches!(data.ctype.kind, Kind::Char) => Ok(unsafe { *data.bytes() }),
        _ => Err(refused(ctype, "bytes of length 1", new)),
    }
}

/// CFFI names the class here even of C values.
#[cold]
fn refused(ctype: &CType, expected: &str, new: View<'_>) -> Raised {
    let (name, got) = (wide_name(ctype), crate::ffi::names::class_name(new));
    let message = format_args!("initializer for ctype '{name}' must be a {expected}, not {got}");
    new.py().raise(ExceptionKind::Type, message)
}

/// The code unit that `new` is, for a wide character type of `ctype.size` bytes.
///
/// # Errors
///
/// `TypeError` for anything but a `str` of length 1 and values of such a type.
pub(crate) fn unit_from(ctype: &CType, new: View<'_>) -> Result<u32> {
    if new.is_str() {
        let abi = new.py().abi();
        // SAFETY: attached; a str.
        let length = unsafe { abi.PyUnicode_GetLength(new.as_pointer()) };
        if length != 1 {
            let (name, expected) = (wide_name(ctype), "unicode string of length 1");
            let message = format_args!(
                "initializer for ctype '{name}' must be a {expected}, not unicode string of \
                 length {length}"
            );
            return Err(new.py().raise(ExceptionKind::Type, message));
        }
        // SAFETY: attached; a str of length 1.
        let unit = unsafe { abi.PyUnicode_ReadChar(new.as_pointer(), 0) };
        if unit > 0xFFFF && ctype.size == Some(2) {
            let message = "initializer for ctype 'char16_t' must be a unicode string of length 1, \
                           not larger-than-0xFFFF character";
            return Err(new.py().raise(ExceptionKind::Type, message));
        }
        return Ok(unit);
    }
    match value::data(new) {
        Some(data)
            if matches!(data.ctype.kind, Kind::WideChar) && data.ctype.size == ctype.size =>
        {
            // SAFETY: the value is in the object.
            Ok(unsafe { read_unit(data.ctype, data.bytes()) })
        }
        _ => Err(refused(ctype, "unicode string of length 1", new)),
    }
}

/// The code unit at `at`.
///
/// # Safety
///
/// There must be one.
pub(crate) unsafe fn read_unit(ctype: &CType, at: *const u8) -> u32 {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(2) => at.cast::<u16>().read_unaligned().into(),
            _ => at.cast::<u32>().read_unaligned(),
        }
    }
}

/// The `str` for the wide character at `at`.
///
/// # Safety
///
/// There must be one.
pub(super) unsafe fn load<'a>(py: Py<'a>, ctype: Ct, at: *const u8) -> Result<Owned<'a>> {
    // SAFETY: says the caller.
    text(py, &[unsafe { read_unit(ctype, at) }])
}

/// Writes the wide character that `new` is.
///
/// # Safety
///
/// There must be room for one at `at`.
pub(super) unsafe fn store(ctype: Ct, at: *mut u8, new: View<'_>) -> Result<()> {
    let unit = unit_from(ctype, new)?;
    // SAFETY: says the caller.
    unsafe { super::int::write(ctype, at, unit.into()) };
    Ok(())
}

/// A `str` of code points.
///
/// # Errors
///
/// `ValueError` for numbers above 0x10ffff.
pub(crate) fn text<'a>(py: Py<'a>, points: &[u32]) -> Result<Owned<'a>> {
    if let Some(bad) = points.iter().find(|&&point| point > 0x0010_FFFF) {
        let message = format_args!("{bad:#x} is no character: the highest one is 0x10ffff");
        return Err(py.raise(ExceptionKind::Value, message));
    }
    // SAFETY: attached; so many wchar_t, which are `int` where this runs.
    unsafe { py.own(py.abi().PyUnicode_FromWideChar(points.as_ptr().cast(), points.len() as Size)) }
}

/// A `str` of UTF-16; surrogates without a partner stay.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn text16<'a>(py: Py<'a>, units: &[u16]) -> Result<Owned<'a>> {
    let points: Vec<u32> = char::decode_utf16(units.iter().copied())
        .map(|decoded| match decoded {
            Ok(point) => point.into(),
            Err(lone) => lone.unpaired_surrogate().into(),
        })
        .collect();
    text(py, &points)
}

/// The code units of a `str` for characters of `size` bytes.
///
/// # Errors
///
/// What CPython raises.
pub(crate) fn units(string: View<'_>, size: Option<usize>) -> Result<Vec<u32>> {
    let abi = string.py().abi();
    // SAFETY: attached; a str. The buffer has room for all of it and a NUL.
    let points = unsafe {
        let length = abi.PyUnicode_GetLength(string.as_pointer());
        let mut points = vec![0_u32; usize::try_from(length).unwrap_or(0) + 1];
        let room = points.len() as Size;
        let got = abi.PyUnicode_AsWideChar(string.as_pointer(), points.as_mut_ptr().cast(), room);
        let Ok(got) = usize::try_from(got) else { return Err(Raised::already_set()) };
        points.truncate(got);
        points
    };
    if size != Some(2) {
        return Ok(points);
    }
    let mut units = Vec::with_capacity(points.len());
    for point in points {
        match point.checked_sub(0x1_0000) {
            None => units.push(point),
            Some(rest) => units.extend([0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF)]),
        }
    }
    Ok(units)
}
