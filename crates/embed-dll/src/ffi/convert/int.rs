//! Integers, enumerations and `_Bool`.

use crate::ffi::types::{CType, Ct, Kind};
use crate::ffi::value;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// Whether the integers of a type have negative values.
#[inline]
pub(super) fn signed(ctype: &CType) -> bool {
    match ctype.kind {
        Kind::Integer(signed) => signed,
        Kind::Enum(info) => info.signed,
        // wchar_t is `int` on Linux, but characters are no negative numbers to Python.
        _ => false,
    }
}

/// The integer at `at`, of any integral type.
///
/// # Safety
///
/// There must be one.
pub(crate) unsafe fn read(ctype: &CType, at: *const u8) -> i128 {
    // SAFETY: says the caller.
    unsafe {
        match (ctype.size, signed(ctype)) {
            (Some(1), true) => at.cast::<i8>().read().into(),
            (Some(1), false) => at.read().into(),
            (Some(2), true) => at.cast::<i16>().read_unaligned().into(),
            (Some(2), false) => at.cast::<u16>().read_unaligned().into(),
            (Some(4), true) => at.cast::<i32>().read_unaligned().into(),
            (Some(4), false) => at.cast::<u32>().read_unaligned().into(),
            (_, true) => at.cast::<i64>().read_unaligned().into(),
            (_, false) => at.cast::<u64>().read_unaligned().into(),
        }
    }
}

/// Writes the low bytes of an integer.
///
/// # Safety
///
/// There must be room for an integer of that type.
pub(crate) unsafe fn write(ctype: &CType, at: *mut u8, bits: u64) {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(1) => at.write(bits as u8),
            Some(2) => at.cast::<u16>().write_unaligned(bits as u16),
            Some(4) => at.cast::<u32>().write_unaligned(bits as u32),
            _ => at.cast::<u64>().write_unaligned(bits),
        }
    }
}

/// The Python `int` for the integer at `at`.
///
/// # Safety
///
/// There must be one.
#[inline]
pub(super) unsafe fn load<'a>(py: Py<'a>, ctype: Ct, at: *const u8) -> Result<Owned<'a>> {
    // SAFETY: says the caller.
    unsafe {
        match (ctype.size, signed(ctype)) {
            (Some(4), true) => py.int(at.cast::<i32>().read_unaligned().into()),
            (Some(8), true) => py.int(at.cast::<i64>().read_unaligned()),
            (Some(8), false) => py.uint(at.cast::<u64>().read_unaligned()),
            _ => py.int(read(ctype, at) as i64),
        }
    }
}

/// The Python `bool` for the byte at `at`.
///
/// # Safety
///
/// There must be one.
pub(super) unsafe fn load_bool<'a>(py: Py<'a>, at: *const u8) -> Result<Owned<'a>> {
    // SAFETY: says the caller.
    bool_object(py, unsafe { at.read() })
}

/// `True` or `False`; C code may have put anything into a `_Bool`.
///
/// # Errors
///
/// `ValueError` for anything but 0 and 1.
#[inline]
pub(crate) fn bool_object(py: Py<'_>, byte: u8) -> Result<Owned<'_>> {
    match byte {
        0 | 1 => Ok(py.bool(byte == 1)),
        other => {
            let message = format_args!("got a _Bool of value {other}, expected 0 or 1");
            Err(py.raise(ExceptionKind::Value, message))
        }
    }
}

#[cold]
fn required(py: Py<'_>) -> Raised {
    py.raise(ExceptionKind::Type, "an integer is required")
}

/// The number as an `int`: itself, or what `__int__` gives. Floats are refused, and so are objects
/// that have only `__index__`: CFFI's rules (`nb_int`), older than CPython's.
#[cold]
fn as_int(value: View<'_>) -> Result<Owned<'_>> {
    let py = value.py();
    let float = |data: &value::CData| {
        matches!(data.ctype.kind, Kind::Float | Kind::LongDouble | Kind::Complex)
    };
    if value.is_float() || value::data(value).is_some_and(float) {
        return Err(required(py));
    }
    converted(value)
}

/// What `__int__` gives.
fn converted(value: View<'_>) -> Result<Owned<'_>> {
    let py = value.py();
    let Ok(method) = value.class().attr(c"__int__") else {
        // SAFETY: attached; what `attr` raised is dropped.
        unsafe { py.abi().PyErr_Clear() };
        return Err(required(py));
    };
    let number = method.call(&[value])?;
    if number.is_int() {
        Ok(number)
    } else {
        Err(py.raise(ExceptionKind::Type, "integer conversion failed"))
    }
}

/// The number as an `int`, for a cast: floats lose their fraction.
///
/// # Errors
///
/// `TypeError` for what is no number.
pub(crate) fn integer_of(value: View<'_>) -> Result<Owned<'_>> {
    if value.is_int() { Ok(value.retain()) } else { converted(value) }
}

/// The low 64 bits of a number, for a cast.
///
/// # Errors
///
/// As [`integer_of`].
pub(crate) fn masked_from(value: View<'_>) -> Result<u64> {
    let number = integer_of(value)?;
    let abi = value.py().abi();
    // SAFETY: attached; an `int`.
    let bits = unsafe { abi.PyLong_AsUnsignedLongLongMask(number.as_pointer()) };
    // SAFETY: attached.
    if bits == u64::MAX && unsafe { !abi.PyErr_Occurred().is_null() } {
        return Err(Raised::already_set());
    }
    Ok(bits)
}

/// The value of a signed integer of at most 64 bits.
///
/// # Errors
///
/// `TypeError` for what is no integer, `OverflowError` beyond 64 bits.
#[inline]
pub(crate) fn signed_from(value: View<'_>) -> Result<i64> {
    let number;
    let value = if value.is_int() {
        value
    } else {
        number = as_int(value)?;
        *number
    };
    let abi = value.py().abi();
    // SAFETY: attached; an `int`.
    let result = unsafe { abi.PyLong_AsLongLong(value.as_pointer()) };
    // SAFETY: attached.
    if result == -1 && unsafe { !abi.PyErr_Occurred().is_null() } {
        return Err(Raised::already_set());
    }
    Ok(result)
}

/// The value of an unsigned integer of at most 64 bits.
///
/// # Errors
///
/// `TypeError` for what is no integer, `OverflowError` for negative numbers and beyond 64 bits.
#[inline]
pub(crate) fn unsigned_from(value: View<'_>) -> Result<u64> {
    let number;
    let value = if value.is_int() {
        value
    } else {
        number = as_int(value)?;
        *number
    };
    let py = value.py();
    // SAFETY: attached; an `int`.
    let result = unsafe { py.abi().PyLong_AsUnsignedLongLong(value.as_pointer()) };
    // SAFETY: attached.
    if result == u64::MAX && unsafe { !py.abi().PyErr_Occurred().is_null() } {
        return Err(negative(value));
    }
    Ok(result)
}

/// An `int` was refused: its own words for negative numbers, CPython's for large ones.
#[cold]
fn negative(value: View<'_>) -> Raised {
    let py = value.py();
    let pending = Raised::already_set().take(py);
    let below = match py.int(0) {
        // SAFETY: attached; live objects; 0 is `Py_LT`.
        Ok(zero) => unsafe {
            py.own(py.abi().PyObject_RichCompare(value.as_pointer(), zero.as_pointer(), 0))
        },
        Err(raised) => Err(raised),
    };
    match below {
        Ok(below) if below.is(py.immortal(|abi| abi._Py_TrueStruct)) => {
            py.raise(ExceptionKind::Overflow, "can't convert negative number to unsigned")
        }
        Ok(_) => pending.restore(),
        Err(raised) => raised,
    }
}

/// Raises that `value` is out of the range of a type with this name.
#[cold]
pub(crate) fn unfit(value: View<'_>, name: &str) -> Raised {
    let text = match value.to_text() {
        Ok(text) => text,
        Err(raised) => return raised,
    };
    let message = format_args!("integer {text} does not fit '{name}'");
    value.py().raise(ExceptionKind::Overflow, message)
}

/// The bytes of an integer, enumeration or `_Bool`.
///
/// # Errors
///
/// `TypeError`, `OverflowError`.
#[inline]
pub(crate) fn bits_from(ctype: &CType, value: View<'_>) -> Result<u64> {
    if signed(ctype) {
        let number = signed_from(value)?;
        let fits = match ctype.size {
            Some(1) => i8::try_from(number).is_ok(),
            Some(2) => i16::try_from(number).is_ok(),
            Some(4) => i32::try_from(number).is_ok(),
            _ => true,
        };
        return if fits { Ok(number as u64) } else { Err(unfit(value, &ctype.name)) };
    }
    let number = unsigned_from(value)?;
    let limit = match (ctype.kind, ctype.size) {
        (Kind::Bool, _) => 1,
        (_, Some(1)) => u8::MAX.into(),
        (_, Some(2)) => u16::MAX.into(),
        (_, Some(4)) => u32::MAX.into(),
        _ => u64::MAX,
    };
    if number <= limit { Ok(number) } else { Err(unfit(value, &ctype.name)) }
}

/// Writes the integer that `new` is.
///
/// # Safety
///
/// There must be room for one at `at`.
#[inline]
pub(super) unsafe fn store(ctype: Ct, at: *mut u8, new: View<'_>) -> Result<()> {
    let bits = bits_from(ctype, new)?;
    // SAFETY: says the caller.
    unsafe { write(ctype, at, bits) };
    Ok(())
}
