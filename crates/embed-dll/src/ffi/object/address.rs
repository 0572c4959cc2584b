//! `ffi.addressof()` and `ffi.offsetof()`.

use super::argument::{self, Accept};
use crate::ffi::types::{Ct, Kind, ctype};
use crate::ffi::value::{self, item_at};
use crate::module::{Addressed, addressed, unknown};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Raised, Result, View};

fn error(part: View<'_>, message: &str) -> Raised {
    part.py().raise(ExceptionKind::Type, message)
}

/// Type and offset of a part of `ct`: a field, by its name, or an item, by its number. A pointer
/// counts as what it points to, but only at the start.
fn part_of(ct: Ct, part: View<'_>, start: bool) -> Result<(Ct, isize)> {
    let py = part.py();
    if part.is_str() {
        let record = match ct.kind {
            Kind::Pointer(item) if start => item.record(),
            _ => ct.record(),
        };
        let Some(record) = record else {
            let message = "with a field name argument, expected a struct or union ctype";
            return Err(error(part, message));
        };
        if record.opaque {
            return Err(error(part, "struct/union is opaque"));
        }
        let Some(field) = record.fields().find(part)? else {
            let name = part.to_text()?;
            return Err(py.raise(ExceptionKind::Key, name));
        };
        if field.bits.is_some() {
            return Err(error(part, "not supported for bitfields"));
        }
        return Ok((field.ctype, field.offset as isize));
    }
    let index = argument::index(part)?;
    let item = match ct.kind {
        Kind::Array(item, _) => Some(item),
        Kind::Pointer(item) if start => Some(item),
        _ => None,
    };
    let Some((item, size)) = item.and_then(|item| Some((item, item.size?))) else {
        let message =
            "with an integer argument, expected an array ctype or a pointer to non-opaque";
        return Err(error(part, message));
    };
    let offset = index.checked_mul(size as isize).ok_or_else(|| {
        py.raise(ExceptionKind::Overflow, "array offset would overflow a Py_ssize_t")
    })?;
    Ok((item, offset))
}

fn walk<'a>(mut ct: Ct, parts: impl Iterator<Item = View<'a>>) -> Result<(Ct, isize)> {
    let mut offset = 0_isize;
    for (index, part) in parts.enumerate() {
        let (inner, more) = part_of(ct, part, index == 0)?;
        ct = inner;
        offset = offset.wrapping_add(more);
    }
    Ok((ct, offset))
}

/// `ffi.offsetof(cdecl, *fields_or_indexes)`.
pub(super) fn offsetof<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    argument::no_keywords(ffi, "offsetof", arguments)?;
    let Some(cdecl) = arguments.get(0).filter(|_| arguments.len() >= 2) else {
        let message = "offsetof() expects at least 2 arguments";
        return Err(py.raise(ExceptionKind::Type, message));
    };
    let ct = argument::ctype(ffi, cdecl, Accept::CType)?;
    let (_, offset) = walk(ct, arguments.positional().skip(1))?;
    py.int(offset as i64)
}

/// `ffi.addressof(cdata_or_lib, *fields_or_indexes)`.
pub(super) fn addressof<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    argument::no_keywords(ffi, "addressof", arguments)?;
    let Some(object) = arguments.get(0) else {
        let message = "addressof() expects at least 1 argument";
        return Err(py.raise(ExceptionKind::Type, message));
    };
    let Some(data) = value::data(object) else { return of_lib(object, arguments) };
    value::usable(object)?;
    if arguments.len() == 1 {
        if !matches!(data.ctype.kind, Kind::Record(_) | Kind::Array(..)) {
            let message = "expected a cdata struct/union/array object";
            return Err(py.raise(ExceptionKind::Type, message));
        }
        let pointer = ctype::pointer(data.ctype);
        return value::part(py, pointer, data.address, 0, Some(object));
    }
    let starts = matches!(data.ctype.kind, Kind::Record(_) | Kind::Array(..) | Kind::Pointer(_));
    if !starts {
        let message = "expected a cdata struct/union/array/pointer object";
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let (ct, offset) = walk(data.ctype, arguments.positional().skip(1))?;
    let at = item_at(data.address, ctype::char_type(), offset);
    value::part(py, ctype::pointer(ct), at, 0, Some(object))
}

/// `ffi.addressof(lib, "name")`.
fn of_lib<'a>(object: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = object.py();
    let name = match arguments.get(1) {
        Some(name) if name.is_str() => name.to_text()?,
        _ => String::new(),
    };
    let Some((types, module, found)) = addressed(object, &name) else {
        let message = format_args!("expected a cdata object, got '{}'", object.class_name());
        return Err(py.raise(ExceptionKind::Type, message));
    };
    if arguments.len() != 2 {
        let message =
            format_args!("function takes exactly 2 arguments ({} given)", arguments.len());
        return Err(py.raise(ExceptionKind::Type, message));
    }
    match found {
        // The type of a function is made as that of a pointer to it.
        Addressed::Function(ty, address) => value::pointer(py, types.get(ty), address.cast()),
        Addressed::Variable(ty, address) => {
            value::pointer(py, ctype::pointer(types.get(ty)), address.cast())
        }
        Addressed::Constant => {
            let message = format_args!("cannot take the address of the constant '{name}'");
            Err(py.raise(ExceptionKind::Attribute, message))
        }
        Addressed::Unknown => {
            let module = module.spec.name.to_string_lossy();
            Err(py.raise(ExceptionKind::Attribute, unknown(types, module, &name)))
        }
    }
}
