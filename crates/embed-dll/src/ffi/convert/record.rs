//! Structures and unions, from lists, tuples, dicts and other records.

use std::ptr;

use super::array;
use crate::ffi::names::cannot_convert;
use crate::ffi::types::fields::RecordInfo;
use crate::ffi::types::{Ct, Field, Kind};
use crate::ffi::value;
use crate::python::{ExceptionKind, Raised, Result, View};

/// Room for the flexible array at the end of a record.
type Tail = Option<usize>;

/// Writes the fields that `new` gives; the rest of the record stays as it is.
///
/// # Errors
///
/// `ValueError` for too many fields, `KeyError` for unknown ones, `TypeError` for what has none.
///
/// # Safety
///
/// There must be room for the record at `at`.
pub(super) unsafe fn store(
    ctype: Ct,
    record: &RecordInfo,
    at: *mut u8,
    new: View<'_>,
) -> Result<()> {
    // SAFETY: says the caller.
    unsafe { initialise(ctype, record, at, new, None) }
}

/// As [`store`], for a record that ends with a flexible array of `tail` items.
///
/// # Errors
///
/// As [`store`].
///
/// # Safety
///
/// There must be room for the record and that array at `at`.
pub(crate) unsafe fn initialise(
    ctype: Ct,
    record: &RecordInfo,
    at: *mut u8,
    new: View<'_>,
    tail: Tail,
) -> Result<()> {
    let py = new.py();
    if let Some(data) = value::data(new)
        && data.ctype.is(ctype)
        && !data.address.is_null()
    {
        value::usable(new)?;
        // SAFETY: both are records of this type; they may be the same one.
        unsafe { ptr::copy(data.address, at, ctype.size.unwrap_or(0)) };
        return Ok(());
    }
    if record.opaque {
        return Err(py.raise(ExceptionKind::Type, format_args!("'{}' is opaque", ctype.name)));
    }
    let fields = record.fields();
    if new.is_list() || new.is_tuple() {
        let count = new.length()?;
        if count > fields.positional.len() {
            let message = format_args!("too many initializers for '{}' (got {count})", ctype.name);
            return Err(py.raise(ExceptionKind::Value, message));
        }
        for (index, &field) in fields.positional.iter().take(count).enumerate() {
            let element = new.sequence_item(index)?;
            // SAFETY: a field of the record.
            unsafe { store_field(&fields.list[field], at, *element, tail)? };
        }
        return Ok(());
    }
    if new.is_dict() {
        // SAFETY: attached; a dict; a new list of pairs, which nobody else changes.
        let items = unsafe { py.own(py.abi().PyDict_Items(new.as_pointer()))? };
        for index in 0..items.length()? {
            let pair = items.sequence_item(index)?;
            let (key, element) = (pair.sequence_item(0)?, pair.sequence_item(1)?);
            let Some(field) = fields.find(*key)? else { return Err(no_key(*key)) };
            // SAFETY: as above.
            unsafe { store_field(field, at, *element, tail)? };
        }
        return Ok(());
    }
    let expected = if record.flexible && tail.is_some() {
        "list or tuple or dict"
    } else {
        "list or tuple or dict or struct-cdata"
    };
    Err(cannot_convert(ctype, expected, new))
}

#[cold]
fn no_key(key: View<'_>) -> Raised {
    let py = key.py();
    // SAFETY: attached; live objects.
    unsafe {
        let class = py.exception_class(ExceptionKind::Key);
        py.abi().PyErr_SetObject(class.as_pointer(), key.as_pointer());
    }
    Raised::already_set()
}

unsafe fn store_field(field: &Field, at: *mut u8, new: View<'_>, tail: Tail) -> Result<()> {
    let at = at.wrapping_add(field.offset);
    match (field.ctype.kind, tail) {
        // A number stands for so many zeros.
        (Kind::Array(_, None), Some(_)) if new.is_int() => Ok(()),
        // SAFETY: there is room for so many items, says the caller of `initialise`.
        (Kind::Array(item, None), _) => unsafe {
            array::store(field.ctype, item, Some(tail.unwrap_or(0)), at, new)
        },
        (Kind::Record(inner), Some(_)) if inner.flexible => {
            // SAFETY: as above: the last field of the record ends it.
            unsafe { initialise(field.ctype, inner, at, new, tail) }
        }
        // SAFETY: a field of the record.
        _ => unsafe { super::store_field(new.py(), field, at, new) },
    }
}

/// Number of items that `new` gives to the flexible array of a record.
///
/// # Errors
///
/// `TypeError` for what is no length and no list, `ValueError` for negative lengths.
pub(crate) fn tail_length(record: &RecordInfo, new: View<'_>) -> Result<usize> {
    let fields = record.fields();
    let Some(last) = fields.list.last() else { return Ok(0) };
    let given = if new.is_dict() {
        new.dict_get(*new.py().str(&last.name)?)?
    } else if new.is_list() || new.is_tuple() {
        // Initialisers without names skip members of unions.
        let index = fields.positional.iter().position(|&field| field + 1 == fields.list.len());
        match index {
            Some(index) if new.length()? > index => Some(new.sequence_item(index)?),
            _ => None,
        }
    } else {
        None
    };
    match (given, last.ctype.kind) {
        (Some(given), Kind::Array(item, None)) => array_length(item, *given),
        (Some(given), Kind::Record(inner)) => tail_length(inner, *given),
        _ => Ok(0),
    }
}

/// Number of items of a new array of unknown length that `new` initialises: its own length, with
/// the NUL of strings, or the number that it is.
///
/// # Errors
///
/// As [`tail_length`].
pub(crate) fn array_length(item: Ct, new: View<'_>) -> Result<usize> {
    let py = new.py();
    if new.is_list() || new.is_tuple() {
        return new.length();
    }
    if new.is_bytes() {
        return Ok(new.length()? + 1);
    }
    if new.is_str() {
        let length = match item.kind {
            Kind::WideChar => super::char::units(new, item.size)?.len(),
            _ => new.length()?,
        };
        return Ok(length + 1);
    }
    let expected = |raised: Raised| {
        if !raised.is(py, ExceptionKind::Type) {
            return raised;
        }
        raised.forget(py);
        let class = crate::ffi::names::class_name(new);
        let message = format_args!("expected new array length or list/tuple/str, not {class}");
        py.raise(ExceptionKind::Type, message)
    };
    let length = new.as_index(py.exception_class(ExceptionKind::Overflow)).map_err(expected)?;
    usize::try_from(length).map_err(|_| py.raise(ExceptionKind::Value, "negative array length"))
}

/// Bytes of a record of `size` bytes whose flexible array has `tail` items.
pub(crate) fn size_with(size: usize, record: &RecordInfo, tail: usize) -> Option<usize> {
    let (mut start, mut record) = (0_usize, record);
    loop {
        let last = record.fields().list.last()?;
        start = start.checked_add(last.offset)?;
        match last.ctype.kind {
            Kind::Array(item, None) => {
                let end = start.checked_add(item.size?.checked_mul(tail)?)?;
                return Some(end.max(size)).filter(|&end| isize::try_from(end).is_ok());
            }
            Kind::Record(inner) => record = inner,
            _ => return Some(size),
        }
    }
}
