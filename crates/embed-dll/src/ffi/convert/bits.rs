//! Bit fields.

use super::int;
use crate::ffi::types::{Field, Kind};
use crate::python::{ExceptionKind, Owned, Py, Result, View};

/// The unit of a bit field at `at`, as unsigned.
unsafe fn unit(field: &Field, at: *const u8) -> u64 {
    // SAFETY: says the caller.
    unsafe { int::read(field.ctype, at) as u64 }
}

fn mask(width: u8) -> u64 {
    u64::MAX >> (64 - u32::from(width.clamp(1, 64)))
}

/// The value of a bit field, whose unit is at `at`.
///
/// # Safety
///
/// There must be one.
pub(crate) unsafe fn load<'a>(py: Py<'a>, field: &Field, at: *const u8) -> Result<Owned<'a>> {
    let (shift, width) = field.bits.unwrap_or((0, 64));
    // SAFETY: says the caller.
    let bits = unsafe { unit(field, at) } >> shift & mask(width);
    if matches!(field.ctype.kind, Kind::Bool) {
        return Ok(py.bool(bits != 0));
    }
    if int::signed(field.ctype) {
        let unused = 64 - u32::from(width.clamp(1, 64));
        return py.int((bits << unused) as i64 >> unused);
    }
    py.uint(bits)
}

/// Writes a bit field.
///
/// # Errors
///
/// `TypeError` for what is no integer, `OverflowError` for what the width does not hold.
///
/// # Safety
///
/// Its unit must be at `at`.
pub(crate) unsafe fn store(
    field: &Field,
    (shift, width): (u8, u8),
    at: *mut u8,
    new: View<'_>,
) -> Result<()> {
    let py = new.py();
    // SAFETY: attached; a new reference or null. Unlike for other integers CFFI asks for
    // `__index__` here.
    let index = unsafe { py.own(py.abi().PyNumber_Index(new.as_pointer()))? };
    let (low, high) = if int::signed(field.ctype) {
        let half = 1_i128 << (width.clamp(1, 64) - 1);
        (-half, half - 1)
    } else {
        (0, i128::from(mask(width)))
    };
    let value = match int::signed_from(*index) {
        Ok(value) => i128::from(value),
        Err(raised) if high > i128::from(i64::MAX) => {
            raised.forget(py);
            i128::from(int::unsigned_from(*index)?)
        }
        Err(raised) => return Err(raised),
    };
    if value < low || value > high {
        let message = format_args!(
            "value {value} outside the range allowed by the bit field width: {low} <= x <= {high}"
        );
        return Err(py.raise(ExceptionKind::Overflow, message));
    }
    // SAFETY: says the caller.
    unsafe {
        let kept = unit(field, at) & !(mask(width) << shift);
        int::write(field.ctype, at, kept | (value as u64 & mask(width)) << shift);
    }
    Ok(())
}
