//! Pointers: which values may be given for which.

use crate::ffi::names::cannot_convert;
use crate::ffi::types::{CType, Ct, Kind, ctype, ctype_object};
use crate::ffi::value;
use crate::module::function_pointer;
use crate::python::{ExceptionKind, Raised, Result, View};

/// The address that `new` is as a pointer or function of type `ctype`.
///
/// # Errors
///
/// `TypeError` for what is no C value, and for pointers of other types. `void *` goes with every
/// type in both directions, and so do `char *` and pointers to other one-byte numbers.
#[inline]
pub(crate) fn from(ctype: Ct, new: View<'_>) -> Result<*mut u8> {
    match value::plain(new) {
        Some(data) if data.ctype.is(ctype) => Ok(data.address),
        _ => from_other(ctype, new),
    }
}

fn is_void_pointer(ctype: &CType) -> bool {
    matches!(ctype.kind, Kind::Pointer(item) if matches!(item.kind, Kind::Void))
}

fn is_char_pointer(ctype: &CType) -> bool {
    matches!(ctype.kind, Kind::Pointer(item) if matches!(item.kind, Kind::Char))
}

fn is_byte_pointer(ctype: &CType) -> bool {
    matches!(ctype.kind, Kind::Pointer(item) if item.is_byte())
}

fn from_other(ctype: Ct, new: View<'_>) -> Result<*mut u8> {
    let Some(data) = value::data(new) else {
        // A function of `lib` may stand for a pointer to it.
        if let Some((function, address)) = function_pointer(new)
            && ctype_object::of(*function).is_some_and(|function| function.is(ctype))
        {
            return Ok(address.cast());
        }
        return Err(cannot_convert(ctype, "cdata pointer", new));
    };
    value::usable(new)?;
    let given = match data.ctype.kind {
        Kind::Pointer(_) | Kind::Function(_) => data.ctype,
        Kind::Array(item, _) => ctype::pointer(item),
        _ => return Err(cannot_convert(ctype, "pointer or array", new)),
    };
    let bytes = (is_char_pointer(ctype) && is_byte_pointer(given))
        || (is_byte_pointer(ctype) && is_char_pointer(given));
    if given.is(ctype) || is_void_pointer(ctype) || is_void_pointer(given) || bytes {
        return Ok(data.address);
    }
    Err(if is_char_pointer(ctype) {
        implicit(new, "implicit cast to 'char *' from a different pointer type.")
    } else if is_char_pointer(given) {
        implicit(new, "implicit cast from 'char *' to a different pointer type: ")
    } else {
        cannot_convert(ctype, "pointer to same type", new)
    })
}

#[cold]
fn implicit(new: View<'_>, what: &str) -> Raised {
    let message = format_args!(
        "{what}(check that the types are as you expect; use an explicit ffi.cast() if they are \
         correct)"
    );
    new.py().raise(ExceptionKind::Type, message)
}
