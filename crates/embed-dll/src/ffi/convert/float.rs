//! Floating-point and complex numbers.

use crate::ffi::types::{CType, Ct, Kind};
use crate::ffi::value;
use crate::python::{Raised, Result, View};

/// The number at `at`, of a floating-point type; `long double` loses precision.
///
/// # Safety
///
/// There must be one.
#[inline]
pub(crate) unsafe fn read(ctype: &CType, at: *const u8) -> f64 {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(4) => at.cast::<f32>().read_unaligned().into(),
            Some(8) => at.cast::<f64>().read_unaligned(),
            _ => extended_to_double(at.cast::<[u8; 10]>().read()),
        }
    }
}

/// Writes a number.
///
/// # Safety
///
/// There must be room for one of that type.
pub(crate) unsafe fn write(ctype: &CType, at: *mut u8, number: f64) {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(4) => at.cast::<f32>().write_unaligned(number as f32),
            Some(8) => at.cast::<f64>().write_unaligned(number),
            _ => {
                let mut bytes = [0; 16];
                bytes[..10].copy_from_slice(&double_to_extended(number));
                at.cast::<[u8; 16]>().write(bytes);
            }
        }
    }
}

/// The real and imaginary part at `at`.
///
/// # Safety
///
/// There must be a complex number of that type.
pub(crate) unsafe fn read_complex(ctype: &CType, at: *const u8) -> (f64, f64) {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(8) => {
                let [real, imag] = at.cast::<[f32; 2]>().read_unaligned();
                (real.into(), imag.into())
            }
            _ => {
                let [real, imag] = at.cast::<[f64; 2]>().read_unaligned();
                (real, imag)
            }
        }
    }
}

/// The number that `value` is.
///
/// # Errors
///
/// `TypeError` for what has neither `__float__` nor `__index__`.
#[inline]
pub(crate) fn float_from(value: View<'_>) -> Result<f64> {
    let abi = value.py().abi();
    // SAFETY: attached; a live object.
    let number = unsafe { abi.PyFloat_AsDouble(value.as_pointer()) };
    // SAFETY: attached.
    if number == -1.0 && unsafe { !abi.PyErr_Occurred().is_null() } {
        return Err(Raised::already_set());
    }
    Ok(number)
}

/// Writes the number that `new` is.
///
/// # Safety
///
/// There must be room for one at `at`.
pub(super) unsafe fn store(ctype: Ct, at: *mut u8, new: View<'_>) -> Result<()> {
    if matches!(ctype.kind, Kind::LongDouble)
        && let Some(data) = value::data(new)
        && data.ctype.is(ctype)
    {
        // SAFETY: both have 16 bytes; none is lost.
        unsafe { std::ptr::copy_nonoverlapping(data.bytes(), at, 16) };
        return Ok(());
    }
    let number = float_from(new)?;
    // SAFETY: says the caller.
    unsafe { write(ctype, at, number) };
    Ok(())
}

/// Writes the complex number that `new` is.
///
/// # Safety
///
/// There must be room for one at `at`.
pub(crate) unsafe fn store_complex(ctype: Ct, at: *mut u8, new: View<'_>) -> Result<()> {
    let abi = new.py().abi();
    // SAFETY: attached; a live object.
    let number = unsafe { abi.PyComplex_AsCComplex(new.as_pointer()) };
    // SAFETY: attached.
    if number.real == -1.0 && unsafe { !abi.PyErr_Occurred().is_null() } {
        return Err(Raised::already_set());
    }
    // SAFETY: says the caller.
    unsafe { write_complex(ctype, at, (number.real, number.imag)) };
    Ok(())
}

/// Writes a real and an imaginary part.
///
/// # Safety
///
/// There must be room for a complex number of that type.
pub(crate) unsafe fn write_complex(ctype: &CType, at: *mut u8, (real, imag): (f64, f64)) {
    // SAFETY: says the caller.
    unsafe {
        match ctype.size {
            Some(8) => at.cast::<[f32; 2]>().write_unaligned([real as f32, imag as f32]),
            _ => at.cast::<[f64; 2]>().write_unaligned([real, imag]),
        }
    }
}

/// As C's `%LE` writes it: `1.500000E+00`.
pub(crate) fn scientific(number: f64) -> String {
    if !number.is_finite() {
        return format!("{number}").to_uppercase();
    }
    let text = format!("{number:.6E}");
    let Some((digits, exponent)) = text.split_once('E') else { return text };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}E{sign}{exponent:0>2}")
}

const DOUBLE_BIAS: i32 = 1023;
const EXTENDED_BIAS: i32 = 16383;

/// The x87 format: 64 bits of significand, of which the highest is no fraction, 15 of exponent, a
/// sign (Intel SDM, volume 1, 4.2.2). Every double has an exact equal.
fn double_to_extended(number: f64) -> [u8; 10] {
    let bits = number.to_bits();
    let sign = (bits >> 63) as u16;
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (exponent, significand) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, _) => {
            // A subnormal double is a normal extended number.
            let shift = fraction.leading_zeros();
            (EXTENDED_BIAS - DOUBLE_BIAS + 12 - shift as i32, fraction << shift)
        }
        (0x7FF, _) => (0x7FFF, 1 << 63 | fraction << 11),
        _ => (exponent - DOUBLE_BIAS + EXTENDED_BIAS, 1 << 63 | fraction << 11),
    };
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&significand.to_le_bytes());
    bytes[8..].copy_from_slice(&(sign << 15 | exponent as u16).to_le_bytes());
    bytes
}

/// The nearest double, by the rule of IEEE 754: to even in the middle.
fn extended_to_double(bytes: [u8; 10]) -> f64 {
    let [s0, s1, s2, s3, s4, s5, s6, s7, e0, e1] = bytes;
    let significand = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    let top = u16::from_le_bytes([e0, e1]);
    let sign = if top >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(top & 0x7FFF);
    if exponent == 0x7FFF {
        let fraction = significand << 1;
        return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    let magnitude = exponent - EXTENDED_BIAS - 63;
    if significand == 0 || magnitude < -1200 {
        return sign * 0.0;
    }
    // Below the normal doubles there are fewer bits: those that will not fit are folded into one,
    // so that the number is rounded once.
    let highest = magnitude + 63 - significand.leading_zeros() as i32;
    let dropped = (-1022 - highest).max(0) as u32;
    let keep = 53_u32.saturating_sub(dropped);
    let length = 64 - significand.leading_zeros();
    let cut = length.saturating_sub(keep);
    let (mut kept, mut scale) = (u128::from(significand), magnitude);
    if cut > 0 {
        let rest = kept & ((1 << cut) - 1);
        kept >>= cut;
        let half = 1_u128 << (cut - 1);
        if rest > half || (rest == half && kept & 1 == 1) {
            kept += 1;
        }
        scale += cut as i32;
    }
    // Two exact steps: a power of two may itself be out of range.
    let half = scale / 2;
    sign * (kept as f64) * 2_f64.powi(half) * 2_f64.powi(scale - half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_survive_the_extended_format() {
        let smallest = f64::from_bits(1);
        for number in [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e300,
            -1e-300,
            f64::MAX,
            f64::MIN_POSITIVE,
            smallest,
            smallest * 3.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            let back = extended_to_double(double_to_extended(number));
            assert_eq!(back.to_bits(), number.to_bits(), "{number:e}");
        }
        assert!(extended_to_double(double_to_extended(f64::NAN)).is_nan());
    }

    #[test]
    fn extended_numbers_are_rounded() {
        // 1 + 2^-63 is nearest to 1; the largest one is too large.
        let mut one = double_to_extended(1.0);
        one[0] = 1;
        assert_eq!(extended_to_double(one), 1.0);
        assert_eq!(
            extended_to_double(
                [0xFF; 8]
                    .iter()
                    .chain(&[0xFE, 0x7F])
                    .copied()
                    .collect::<Vec<_>>()
                    .try_into()
                    .unwrap()
            ),
            f64::INFINITY
        );
    }

    #[test]
    fn numbers_are_written_as_c_does() {
        assert_eq!(scientific(1.5), "1.500000E+00");
        assert_eq!(scientific(-1.5e-7), "-1.500000E-07");
        assert_eq!(scientific(1e123), "1.000000E+123");
        assert_eq!(scientific(f64::INFINITY), "INF");
    }
}
