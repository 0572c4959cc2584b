//! C numbers as numbers: `int()`, `float()`, `complex()`, `bool()`.

use std::ffi::c_int;

use super::class::{loaded, own_data};
use super::{CData, data};
use crate::ffi::convert::{float, int as integer};
use crate::ffi::types::Kind;
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

fn unsupported(py: Py<'_>, function: &str, data: &CData) -> Raised {
    let message = format_args!("{function}() not supported on cdata '{}'", data.ctype.name);
    py.raise(ExceptionKind::Type, message)
}

/// The value of a number as Python code compares it. (CFFI refuses `long double`.)
pub(super) fn python_value<'a>(py: Py<'a>, data: &CData) -> Result<Owned<'a>> {
    match data.ctype.kind {
        // SAFETY: the value is in the object.
        Kind::LongDouble => py.float(unsafe { float::read(data.ctype, data.bytes()) }),
        _ => loaded(py, data),
    }
}

/// The value in `repr()`.
pub(super) fn text(py: Py<'_>, data: &CData) -> Result<String> {
    match data.ctype.kind {
        Kind::LongDouble => {
            // SAFETY: the value is in the object.
            let value = unsafe { float::read(data.ctype, data.bytes()) };
            Ok(float::scientific(value))
        }
        Kind::Enum(info) => {
            // SAFETY: as above.
            let value = unsafe { integer::read(data.ctype, data.bytes()) };
            Ok(match info.name(value) {
                Some(name) => format!("{value}: {name}"),
                None => value.to_string(),
            })
        }
        _ => loaded(py, data)?.to_repr(),
    }
}

/// `int(value)`.
pub(super) fn int(own: View<'_>) -> Result<Owned<'_>> {
    let py = own.py();
    let data = own_data(own);
    match data.ctype.kind {
        Kind::Float | Kind::LongDouble => {
            // SAFETY: the value is in the object.
            let value = py.float(unsafe { float::read(data.ctype, data.bytes()) })?;
            // SAFETY: attached; a new reference or null.
            unsafe { py.own(py.abi().PyNumber_Long(value.as_pointer())) }
        }
        _ if data.ctype.is_integral() => {
            // SAFETY: as above.
            py.wide_int(unsafe { integer::read(data.ctype, data.bytes()) })
        }
        _ => Err(unsupported(py, "int", data)),
    }
}

/// `float(value)`.
pub(super) fn float(own: View<'_>) -> Result<Owned<'_>> {
    let py = own.py();
    let data = own_data(own);
    match data.ctype.kind {
        Kind::Float | Kind::LongDouble => {
            // SAFETY: the value is in the object.
            py.float(unsafe { float::read(data.ctype, data.bytes()) })
        }
        _ => Err(unsupported(py, "float", data)),
    }
}

/// `complex(value)`.
pub(super) fn complex<'a>(own: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let py = own.py();
    match data(own) {
        Some(data) if matches!(data.ctype.kind, Kind::Complex) => loaded(py, data),
        Some(data) => Err(unsupported(py, "complex", data)),
        None => Ok(py.none()),
    }
}

/// `bool(value)`.
pub(super) fn truth(own: View<'_>) -> Result<c_int> {
    let data = own_data(own);
    // SAFETY: the value is in the object.
    let truth = unsafe {
        match data.ctype.kind {
            Kind::Float | Kind::LongDouble => float::read(data.ctype, data.bytes()) != 0.0,
            Kind::Complex => float::read_complex(data.ctype, data.bytes()) != (0.0, 0.0),
            _ if data.ctype.is_integral() => integer::read(data.ctype, data.bytes()) != 0,
            _ => !data.address.is_null(),
        }
    };
    Ok(c_int::from(truth))
}
