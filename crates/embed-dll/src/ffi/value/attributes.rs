//! Fields of records as attributes, of records themselves and of pointers to them.

use super::class::own_data;
use super::{CData, Use};
use crate::ffi::convert::{self, Source, array, bits};
use crate::ffi::types::fields::RecordInfo;
use crate::ffi::types::{Field, Kind};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// The record whose fields are attributes of such a value.
#[inline]
fn record_of(data: &CData) -> Option<&'static RecordInfo> {
    match data.ctype.kind {
        Kind::Pointer(item) => item.record(),
        Kind::Record(record) => Some(record),
        _ => None,
    }
}

/// `value.name`.
pub(super) fn get<'a>(own: View<'a>, name: View<'a>) -> Result<Owned<'a>> {
    let py = own.py();
    let data = own_data(own);
    if let Some(record) = record_of(data)
        && let Some(field) = record.fields().find(name)?
    {
        // What is read is read before anything else is done.
        let _used = Use::briefly(own, || true)?;
        let at = place(py, data, field)?;
        if field.bits.is_some() {
            // SAFETY: the field lies in the record, which the value is for.
            return unsafe { bits::load(py, field, at) };
        }
        if matches!(field.ctype.kind, Kind::Array(_, None)) {
            return flexible(own, field, at);
        }
        // SAFETY: as above.
        return unsafe { convert::load(py, field.ctype, at, Source::InPlace(Some(own))) };
    }
    // SAFETY: attached; live objects; a new reference or null.
    let found =
        unsafe { py.own(py.abi().PyObject_GenericGetAttr(own.as_pointer(), name.as_pointer())) };
    found.map_err(|raised| explain(own, name, "read", raised))
}

/// `value.name = new`, `del value.name`.
pub(super) fn set(own: View<'_>, name: View<'_>, value: Option<View<'_>>) -> Result<()> {
    let py = own.py();
    let data = own_data(own);
    if let Some(record) = record_of(data)
        && let Some(field) = record.fields().find(name)?
    {
        let Some(value) = value else {
            return Err(py.raise(ExceptionKind::Attribute, "cannot delete struct field"));
        };
        // A number that is too large for a bit field raises on the way, and making an exception may
        // let the collector run.
        let calm = || value.is_plain_number() && field.bits.is_none();
        let _used = Use::briefly(own, calm)?;
        let at = place(py, data, field)?;
        if let Kind::Array(item, None) = field.ctype.kind {
            let room = room(own, field, at);
            // SAFETY: there is room for so many items; where nobody knows, the author does, as in C.
            return unsafe { array::store(field.ctype, item, room, at, value) };
        }
        // SAFETY: the field lies in the record, which the value is for.
        return unsafe { convert::store_field(py, field, at, value) };
    }
    let raised = py.raise(ExceptionKind::Attribute, "");
    Err(explain(own, name, "write", raised))
}

/// Where a field lies.
#[inline]
fn place(py: Py<'_>, data: &CData, field: &Field) -> Result<*mut u8> {
    if data.address.is_null() {
        return Err(null(py, data));
    }
    Ok(data.address.wrapping_add(field.offset))
}

#[cold]
pub(super) fn null(py: Py<'_>, data: &CData) -> Raised {
    let name = &data.ctype.name;
    let message = format_args!("cannot dereference null pointer from cdata '{name}'");
    py.raise(ExceptionKind::Runtime, message)
}

/// Number of items that a field of unknown length has room for, if it is known how large the
/// memory is.
fn room(own: View<'_>, field: &Field, at: *mut u8) -> Option<usize> {
    let item = field.ctype.item()?.size.filter(|&size| size > 0)?;
    Some(super::end(own)?.saturating_sub(at as usize) / item)
}

/// A field of unknown length: an array if it is known how large the memory is, else a pointer.
fn flexible<'a>(own: View<'a>, field: &Field, at: *mut u8) -> Result<Owned<'a>> {
    let py = own.py();
    match room(own, field, at) {
        Some(length) => super::part(py, field.ctype, at, length, Some(own)),
        // SAFETY: the field lies in the record.
        None => unsafe { convert::load(py, field.ctype, at, Source::InPlace(Some(own))) },
    }
}

/// In place of the plain AttributeError, the one that CFFI raises.
#[cold]
fn explain(own: View<'_>, name: View<'_>, what: &str, raised: Raised) -> Raised {
    let py = own.py();
    if !raised.is(py, ExceptionKind::Attribute) {
        return raised;
    }
    raised.forget(py);
    let name = match name.to_text() {
        Ok(name) => name,
        Err(raised) => return raised,
    };
    let data = own_data(own);
    let ctype = &data.ctype.name;
    let message = match record_of(data) {
        Some(record) if record.opaque => {
            format!("cdata '{ctype}' points to an opaque type: cannot {what} fields")
        }
        Some(_) => format!("cdata '{ctype}' has no field '{name}'"),
        None => format!("cdata '{ctype}' has no attribute '{name}'"),
    };
    py.raise(ExceptionKind::Attribute, message)
}

/// `dir(value)`: the fields only, as in CFFI.
pub(super) fn dir<'a>(own: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let fields = record_of(own_data(own)).map(RecordInfo::fields);
    let list = fields.map_or(&[][..], |fields| &fields.list);
    own.py().str_list(list.iter().map(|field| &field.name))
}
