//! C values in memory to Python objects and back, by CFFI's rules and with its words.

pub(crate) mod array;
pub(crate) mod bits;
pub(crate) mod char;
pub(crate) mod float;
pub(crate) mod int;
pub(crate) mod pointer;
pub(crate) mod record;

use super::types::{Ct, Field, Kind, ctype};
use super::value;
use crate::python::{ExceptionKind, Owned, Py, Result, View};

/// Whose memory a value is loaded from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'o> {
    /// Somebody's who will soon use it for something else: records are copied.
    Copied,
    /// That of the given value, or of C: arrays and records are seen in place.
    InPlace(Option<View<'o>>),
}

/// The Python object for the C value at `at`.
///
/// # Errors
///
/// `ValueError` for bytes that are no value of the type, `MemoryError`.
///
/// # Safety
///
/// There must be a value of type `ctype` at `at`; it need not be aligned. With
/// [`Source::InPlace`] an array or record must stay there for as long as the owner or C keeps it.
#[inline]
pub(crate) unsafe fn load<'a>(
    py: Py<'a>,
    ctype: Ct,
    at: *const u8,
    source: Source<'_>,
) -> Result<Owned<'a>> {
    // SAFETY: in all of this block, the caller vouches for the value.
    unsafe {
        match ctype.kind {
            Kind::Integer(_) | Kind::Enum(_) => int::load(py, ctype, at),
            Kind::Pointer(_) | Kind::Function(_) => {
                value::pointer(py, ctype, at.cast::<*mut u8>().read_unaligned())
            }
            Kind::Float => py.float(float::read(ctype, at)),
            _ => load_other(py, ctype, at, source),
        }
    }
}

/// As [`load`], for what is rarer.
unsafe fn load_other<'a>(
    py: Py<'a>,
    ctype: Ct,
    at: *const u8,
    source: Source<'_>,
) -> Result<Owned<'a>> {
    // SAFETY: as in `load`.
    unsafe {
        match ctype.kind {
            Kind::Bool => int::load_bool(py, at),
            Kind::Char => py.bytes(std::slice::from_raw_parts(at, 1)),
            Kind::WideChar => char::load(py, ctype, at),
            Kind::LongDouble => value::number(py, ctype, at.cast::<[u64; 2]>().read_unaligned()),
            Kind::Complex => {
                let (real, imag) = float::read_complex(ctype, at);
                py.own(py.abi().PyComplex_FromDoubles(real, imag))
            }
            // Nobody knows its length here: as CFFI does, a pointer to its first item.
            Kind::Array(item, None) => {
                let owner = match source {
                    Source::InPlace(owner) => owner,
                    Source::Copied => None,
                };
                value::part(py, ctype::pointer(item), at.cast_mut(), 0, owner)
            }
            Kind::Array(..) | Kind::Record(_) => match source {
                Source::Copied => value::copy_record(py, ctype, at),
                Source::InPlace(owner) => value::part(py, ctype, at.cast_mut(), 0, owner),
            },
            _ => Ok(py.none()),
        }
    }
}

/// Writes the C value for `new` to `at`.
///
/// # Errors
///
/// `TypeError`, `OverflowError` and others, as CFFI raises them. Part of an array or record may
/// have been written.
///
/// # Safety
///
/// There must be room for a value of type `ctype` at `at`; it need not be aligned.
#[inline]
pub(crate) unsafe fn store(py: Py<'_>, ctype: Ct, at: *mut u8, new: View<'_>) -> Result<()> {
    // SAFETY: in all of this block, the caller vouches for the room.
    unsafe {
        match ctype.kind {
            Kind::Integer(_) | Kind::Enum(_) | Kind::Bool => int::store(ctype, at, new),
            Kind::Pointer(_) | Kind::Function(_) => {
                let address = pointer::from(ctype, new)?;
                at.cast::<*mut u8>().write_unaligned(address);
                Ok(())
            }
            Kind::Float | Kind::LongDouble => float::store(ctype, at, new),
            Kind::Complex => float::store_complex(ctype, at, new),
            Kind::Char => {
                *at = char::byte_from(ctype, new)?;
                Ok(())
            }
            Kind::WideChar => char::store(ctype, at, new),
            Kind::Array(item, length) => array::store(ctype, item, length, at, new),
            Kind::Record(record) => record::store(ctype, record, at, new),
            Kind::Void => {
                Err(py.raise(ExceptionKind::Type, "a value of type 'void' cannot be stored"))
            }
        }
    }
}

/// Writes a field, which may be a bit field.
///
/// # Errors
///
/// As [`store`].
///
/// # Safety
///
/// As [`store`], for the field.
pub(crate) unsafe fn store_field(
    py: Py<'_>,
    field: &Field,
    at: *mut u8,
    new: View<'_>,
) -> Result<()> {
    // SAFETY: says the caller.
    unsafe {
        match field.bits {
            Some(bits) => bits::store(field, bits, at, new),
            None => store(py, field.ctype, at, new),
        }
    }
}
