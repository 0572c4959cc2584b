//! Arguments of the methods of `ffi`.

use super::own;
use crate::ffi::types::{Ct, ctype_object};
use crate::ffi::value::{self, CData};
use crate::module::function_pointer;
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Raised, Result, View};

/// What a method takes for a type, beside strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    /// Types.
    CType,
    /// Values, for their type.
    CData,
    /// Both.
    Both,
}

/// The type that an argument means.
///
/// # Errors
///
/// `ffi.error` for a string that is no type, `TypeError` for what is none of what is accepted.
pub(super) fn ctype(ffi: View<'_>, argument: View<'_>, accept: Accept) -> Result<Ct> {
    if argument.is_str() {
        return from_string(ffi, argument);
    }
    if accept != Accept::CData
        && let Some(ct) = ctype_object::of(argument)
    {
        return Ok(ct);
    }
    if accept != Accept::CType
        && let Some(data) = value::data(argument)
    {
        return Ok(data.ctype);
    }
    if accept == Accept::CData
        && let Some((function, _)) = function_pointer(argument)
        && let Some(ct) = ctype_object::of(*function)
    {
        return Ok(ct);
    }
    let accepted = match accept {
        Accept::CType => "string or ctype object",
        Accept::CData => "string or cdata object",
        Accept::Both => "string or ctype object or cdata object",
    };
    let message = format_args!("expected a {accepted}, got '{}'", argument.class_name());
    Err(argument.py().raise(ExceptionKind::Type, message))
}

/// The type that a string names. Each is parsed once and kept for ever, as in CFFI.
fn from_string(ffi: View<'_>, text: View<'_>) -> Result<Ct> {
    let ffi = own(ffi);
    let known = ffi.strings.view(text.py());
    if let Some(found) = known.dict_get(text)?
        && let Some(ct) = ctype_object::of(*found)
    {
        return Ok(ct);
    }
    let ct = ffi.types.parse(text)?;
    known.set_item(text, ct.object(text.py())?)?;
    Ok(ct)
}

/// The C value that argument 1 of `method` is.
///
/// # Errors
///
/// `TypeError`.
pub(super) fn cdata<'a>(method: &str, argument: View<'a>) -> Result<&'a CData> {
    value::data(argument).ok_or_else(|| {
        let class = argument.class_name();
        let message = format_args!("{method}() argument 1 must be ffi.CData, not {class}");
        argument.py().raise(ExceptionKind::Type, message)
    })
}

/// A required argument, which `Arguments::bind` has checked.
pub(super) fn required<'a>(ffi: View<'a>, argument: Option<View<'a>>) -> Result<View<'a>> {
    argument.ok_or_else(|| missing(ffi))
}

/// Refuses keywords, for a method whose arguments have no names.
///
/// # Errors
///
/// `TypeError`.
pub(super) fn no_keywords(ffi: View<'_>, method: &str, arguments: Arguments<'_>) -> Result<()> {
    if !arguments.has_keywords() {
        return Ok(());
    }
    let message = format_args!("{method}() takes no keyword arguments");
    Err(ffi.py().raise(ExceptionKind::Type, message))
}

fn missing(ffi: View<'_>) -> Raised {
    ffi.py().raise(ExceptionKind::Type, "missing argument")
}

/// An argument that is an index-sized integer.
///
/// # Errors
///
/// `TypeError`, `OverflowError`.
pub(super) fn index(argument: View<'_>) -> Result<isize> {
    argument.as_index(argument.py().exception_class(ExceptionKind::Overflow))
}
