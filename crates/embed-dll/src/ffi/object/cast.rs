//! `ffi.cast()`.

use super::argument::{self, Accept};
use crate::ffi::convert::{char, float, int};
use crate::ffi::types::{CType, Ct, Kind, ctype};
use crate::ffi::value::{self, CData};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// `ffi.cast(cdecl, value)`.
pub(super) fn cast<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let [cdecl, given] = arguments.bind("cast", ["cdecl", "value"], 2)?;
    let ct = argument::ctype(ffi, argument::required(ffi, cdecl)?, Accept::CType)?;
    let given = argument::required(ffi, given)?;
    let py = ffi.py();
    match ct.kind {
        Kind::Pointer(_) | Kind::Function(_) => value::pointer(py, ct, address(given)?),
        Kind::Array(_, Some(_)) => value::part(py, ct, address(given)?, 0, None),
        Kind::Float | Kind::LongDouble => floating(py, ct, given),
        Kind::Complex => complex(py, ct, given),
        _ if ct.is_integral() => integer(py, ct, given),
        _ => Err(py.raise(ExceptionKind::Type, format_args!("cannot cast to ctype '{}'", ct.name))),
    }
}

/// An address: of a pointer, or any integer, cut off to 64 bits.
fn address(given: View<'_>) -> Result<*mut u8> {
    if let Some(data) = value::data(given)
        && let Some(address) = address_of(data)
    {
        return Ok(address);
    }
    Ok(std::ptr::with_exposed_provenance_mut(int::masked_from(given)? as usize))
}

fn address_of(data: &CData) -> Option<*mut u8> {
    let address = matches!(data.ctype.kind, Kind::Pointer(_) | Kind::Array(..) | Kind::Function(_));
    address.then_some(data.address)
}

/// A number whose bytes are those of `bits`.
fn integer<'a>(py: Py<'a>, ct: Ct, given: View<'_>) -> Result<Owned<'a>> {
    let boolean = matches!(ct.kind, Kind::Bool);
    let number = if let Some(address) = value::data(given).and_then(address_of) {
        address as u64
    } else if let Some(point) = code_point(ct, given)? {
        point.into()
    } else if boolean {
        u64::from(truth(given)?)
    } else {
        int::masked_from(given)?
    };
    let number = if boolean { u64::from(number != 0) } else { number };
    let mut bits = [0_u64; 2];
    // SAFETY: the bits have room for a number of any size.
    unsafe { int::write(ct, bits.as_mut_ptr().cast(), number) };
    value::number(py, ct, bits)
}

/// The truth of a number: `_Bool` is the only integer type to which 0.5 is not 0.
fn truth(given: View<'_>) -> Result<bool> {
    if given.is_float() {
        return given.truth();
    }
    if let Some(data) = value::data(given)
        && matches!(data.ctype.kind, Kind::Float | Kind::LongDouble)
    {
        return given.truth();
    }
    int::integer_of(given)?.truth()
}

/// What a character is as a number: of bytes or a string of length 1.
fn code_point(ct: &CType, given: View<'_>) -> Result<Option<u32>> {
    if given.is_bytes() {
        return Ok(Some(char::byte_from(ctype::char_type(), given)?.into()));
    }
    if !given.is_str() {
        return Ok(None);
    }
    match char::units(given, None)?[..] {
        [point] => Ok(Some(point)),
        ref points => {
            let (length, name) = (points.len(), &ct.name);
            let message =
                format_args!("cannot cast unicode string of length {length} to ctype '{name}'");
            Err(given.py().raise(ExceptionKind::Type, message))
        }
    }
}

fn impossible(given: View<'_>, what: &str, ct: &CType) -> Raised {
    let message = format_args!("cannot cast {what} to ctype '{}'", ct.name);
    given.py().raise(ExceptionKind::Type, message)
}

/// A number for a floating-point type.
fn real(ct: &CType, given: View<'_>) -> Result<f64> {
    if let Some(data) = value::data(given) {
        return match data.ctype.kind {
            // SAFETY: the value is in the object.
            Kind::Float | Kind::LongDouble => Ok(unsafe { float::read(data.ctype, data.bytes()) }),
            _ if data.ctype.is_integral() => {
                // SAFETY: as above.
                Ok(unsafe { int::read(data.ctype, data.bytes()) } as f64)
            }
            _ => Err(impossible(given, &format!("ctype '{}'", data.ctype.name), ct)),
        };
    }
    if given.is_bytes() {
        return Ok(char::byte_from(ctype::char_type(), given)?.into());
    }
    if given.is_str() {
        return match char::units(given, None)?[..] {
            [point] => Ok(point.into()),
            _ => Err(impossible(given, "str object", ct)),
        };
    }
    float::float_from(given)
}

fn floating<'a>(py: Py<'a>, ct: Ct, given: View<'_>) -> Result<Owned<'a>> {
    if let Some(data) = value::data(given)
        && data.ctype.is(ct)
    {
        // Not through a double, in which a long double does not fit.
        // SAFETY: so many bytes are in every object.
        return value::number(py, ct, unsafe { data.bytes().cast::<[u64; 2]>().read() });
    }
    let number = real(ct, given)?;
    let mut bits = [0_u64; 2];
    // SAFETY: the bits have room for a number of any size.
    unsafe { float::write(ct, bits.as_mut_ptr().cast(), number) };
    value::number(py, ct, bits)
}

fn complex<'a>(py: Py<'a>, ct: Ct, given: View<'_>) -> Result<Owned<'a>> {
    let mut bits = [0_u64; 2];
    let at = bits.as_mut_ptr().cast();
    let from_complex =
        value::data(given).is_none_or(|data| matches!(data.ctype.kind, Kind::Complex));
    // SAFETY: the bits have room for a number of any size.
    unsafe {
        if from_complex && !given.is_str() && !given.is_bytes() {
            float::store_complex(ct, at, given)?;
        } else {
            float::write_complex(ct, at, (real(ct, given)?, 0.0));
        }
    }
    value::number(py, ct, bits)
}
