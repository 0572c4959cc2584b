//! `pointer + number`, `pointer - number`, `pointer - pointer`.

use super::index::item_at;
use super::{CData, data, pointer};
use crate::ffi::types::{Ct, Kind, ctype};
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// What a value is as a pointer; arrays become one.
fn decayed(data: &CData) -> Option<(Ct, Ct)> {
    match data.ctype.kind {
        Kind::Pointer(item) => Some((data.ctype, item)),
        Kind::Array(item, _) => Some((ctype::pointer(item), item)),
        _ => None,
    }
}

/// Bytes from one item to the next; as gcc does, `void` counts as one.
fn step(py: Py<'_>, pointer: Ct, item: Ct) -> Result<usize> {
    match item.size {
        Some(size) => Ok(size),
        None if matches!(item.kind, Kind::Void) => Ok(1),
        None => {
            let name = &pointer.name;
            let message = format_args!("ctype '{name}' points to items of unknown size");
            Err(py.raise(ExceptionKind::Type, message))
        }
    }
}

fn no_sum(py: Py<'_>, data: &CData) -> Raised {
    let message = format_args!("cannot add a cdata '{}' and a number", data.ctype.name);
    py.raise(ExceptionKind::Type, message)
}

fn moved<'a>(own: View<'a>, data: &CData, by: View<'a>, sign: isize) -> Result<Owned<'a>> {
    let py = own.py();
    let Some((ctype, item)) = decayed(data) else { return Err(no_sum(py, data)) };
    let by = by.as_index(py.exception_class(ExceptionKind::Overflow))?;
    step(py, ctype, item)?;
    super::usable(own)?;
    pointer(py, ctype, item_at(data.address, item, by.wrapping_mul(sign)))
}

/// `one + other`, where either may be the C value.
pub(super) fn add<'a>(one: View<'a>, other: View<'a>) -> Result<Owned<'a>> {
    match (data(one), data(other)) {
        (Some(value), _) => moved(one, value, other, 1),
        (None, Some(value)) => moved(other, value, one, 1),
        (None, None) => Ok(one.py().not_implemented()),
    }
}

/// `one - other`.
pub(super) fn subtract<'a>(one: View<'a>, other: View<'a>) -> Result<Owned<'a>> {
    let py = one.py();
    let Some(first) = data(one) else { return Ok(py.not_implemented()) };
    let Some(second) = data(other) else { return moved(one, first, other, -1) };
    let (left, right) = (decayed(first), decayed(second));
    let (Some((ctype, item)), Some((other_type, _))) = (left, right) else {
        return Err(no_difference(py, first, second));
    };
    if !ctype.is(other_type) {
        return Err(no_difference(py, first, second));
    }
    let step = step(py, ctype, item)?.max(1) as isize;
    let distance = (first.address as isize).wrapping_sub(second.address as isize);
    if distance % step != 0 {
        let message = "pointer subtraction: the distance between the two pointers is not a \
                       multiple of the item size";
        return Err(py.raise(ExceptionKind::Value, message));
    }
    py.int((distance / step) as i64)
}

fn no_difference(py: Py<'_>, first: &CData, second: &CData) -> Raised {
    let (first, second) = (&first.ctype.name, &second.ctype.name);
    let message = format_args!("cannot subtract cdata '{first}' and cdata '{second}'");
    py.raise(ExceptionKind::Type, message)
}
