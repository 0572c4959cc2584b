//! Values of C types in memory.
//!
//! Both architectures of the host are little-endian.

use std::alloc::{Layout, alloc_zeroed};

use embedcheck_plan::{CType, CValue};
use serde_json::Value;

use crate::buffers::double;
use crate::call;
use crate::state::Host;
use crate::sys;

/// Memory with this value, which lives as long as the process: the DLL may keep a pointer to it.
pub(super) fn make(host: &Host, kind: &CType, value: &CValue) -> Result<*mut u8, String> {
    let mut bytes = vec![0; kind.size()];
    write(host, kind, value, &mut bytes)?;
    let place = room(bytes.len())?;
    // SAFETY: the room is as long and new, so that nothing overlaps.
    unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(place)
}

/// Room for a result: libffi writes integers as words of 8 bytes, and a result of two registers as 16.
pub(super) fn room_for_result(kind: &CType) -> Result<*mut u8, String> {
    room(kind.size().max(16))
}

/// Zeroed memory, aligned for every type.
fn room(size: usize) -> Result<*mut u8, String> {
    let layout = Layout::from_size_align(size.max(1), 16).map_err(|error| error.to_string())?;
    // SAFETY: the size is not zero.
    let place = unsafe { alloc_zeroed(layout) };
    if place.is_null() { Err(sys::strerror(libc::ENOMEM)) } else { Ok(place) }
}

/// Writes a value at the beginning of the bytes, which are as many as the type has.
fn write(host: &Host, kind: &CType, value: &CValue, bytes: &mut [u8]) -> Result<(), String> {
    let mut put = |number: &[u8]| {
        for (to, from) in bytes.iter_mut().zip(number) {
            *to = *from;
        }
        Ok(())
    };
    match (kind, value) {
        (_, CValue::Null) => Ok(()),
        (CType::Float, CValue::Float(value)) => put(&(*value as f32).to_le_bytes()),
        (CType::LongDouble, CValue::Float(value)) => put(&long_double(*value)?),
        (_, CValue::Float(value)) => put(&value.to_le_bytes()),
        // The bytes of the type are the lower ones of the value, with or without sign.
        (_, CValue::Integer(value)) => put(&value.to_le_bytes()),
        (_, CValue::Address(address)) => put(&address.to_le_bytes()),
        (_, CValue::Text(text)) => put(&call::address(host.keep(text.as_bytes())?).to_le_bytes()),
        (CType::To(inner), CValue::Made(value)) => {
            put(&call::address(make(host, inner, value)?).to_le_bytes())
        }
        (CType::Struct(fields), CValue::List(values)) => {
            for ((at, field), value) in CType::offsets(fields).zip(fields).zip(values) {
                write(host, field, value, bytes.get_mut(at..).unwrap_or_default())?;
            }
            Ok(())
        }
        (CType::Array(_, item), CValue::List(values)) => {
            let size = item.size();
            for (part, value) in bytes.chunks_exact_mut(size).zip(values) {
                write(host, item, value, part)?;
            }
            Ok(())
        }
        // A plan has been checked against its types.
        (kind, value) => Err(format!("{value} is no value of {kind}")),
    }
}

/// Reads a value for an event.
///
/// # Safety
///
/// A value of this type lies at the address. Strings in it are read, too: each is null or a C string.
pub(super) unsafe fn read(kind: &CType, place: *const u8) -> Value {
    let mut bytes = vec![0; kind.size()];
    // SAFETY: the caller's promise.
    unsafe { place.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
    // SAFETY: the caller's promise.
    unsafe { value(kind, &bytes) }
}

/// The value that these bytes are.
///
/// # Safety
///
/// Each `str` in them is null or the address of a C string.
unsafe fn value(kind: &CType, bytes: &[u8]) -> Value {
    let mut word = [0; 8];
    // More may follow: the next field.
    for (to, from) in word.iter_mut().zip(bytes.iter().take(kind.size())) {
        *to = *from;
    }
    let word = u64::from_le_bytes(word);
    match kind {
        CType::Void => Value::Null,
        // A DLL that breaks the rule that only 0 and 1 are bools is read as C reads it.
        CType::Bool => (word != 0).into(),
        CType::Integer(kind) if kind.signed => {
            let unused = 64 - 8 * u32::from(kind.size);
            (word.cast_signed() << unused >> unused).into()
        }
        CType::Integer(_) => word.into(),
        CType::Float => double(f32::from_bits(word as u32).into()),
        CType::Double => double(f64::from_bits(word)),
        CType::LongDouble => double(from_long_double(bytes)),
        CType::Pointer | CType::To(_) => super::address(word),
        CType::String => {
            let pointer = std::ptr::with_exposed_provenance(word as usize);
            // SAFETY: the caller's promise.
            unsafe { sys::text_at(pointer) }.into()
        }
        CType::Struct(fields) => {
            let parts = CType::offsets(fields).zip(fields);
            let part = |(at, field)| {
                let bytes = bytes.get(at..).unwrap_or_default();
                // SAFETY: the caller's promise; what is left out is read as zero, which is null.
                unsafe { value(field, bytes) }
            };
            parts.map(part).collect()
        }
        CType::Array(count, item) => {
            let parts = bytes.chunks_exact(item.size()).take(*count as usize);
            // SAFETY: the caller's promise.
            parts.map(|part| unsafe { value(item, part) }).collect()
        }
    }
}

/// Bias of the exponents of `double` and of the 80-bit format.
const BIAS: (i32, i32) = (1023, 16383);

/// The 80 bits of x87 (Intel SDM volume 1, 4.2.2): sign, 15 bits of exponent, and 64 of the significand
/// with its leading 1. Every `double` has such a form.
fn long_double(value: f64) -> Result<[u8; 10], String> {
    if !cfg!(target_arch = "x86_64") {
        return Err("f80 is a type of x86-64".to_owned());
    }
    let bits = value.to_bits();
    let sign = (bits >> 63) as u16;
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (exponent, significand) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, _) => {
            // What is subnormal as a double is normal here.
            let shift = fraction.leading_zeros();
            (BIAS.1 - BIAS.0 + 12 - shift.cast_signed(), fraction << shift)
        }
        (0x7ff, _) => (0x7fff, 1 << 63 | fraction << 11),
        _ => (exponent - BIAS.0 + BIAS.1, 1 << 63 | fraction << 11),
    };
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&u64::to_le_bytes(significand));
    bytes[8..].copy_from_slice(&(sign << 15 | exponent as u16).to_le_bytes());
    Ok(bytes)
}

/// The nearest `double`, but for the last bit: the event says what the value is, not how it rounds.
fn from_long_double(bytes: &[u8]) -> f64 {
    let (mut significand, mut top) = ([0; 8], [0; 2]);
    for (to, from) in significand.iter_mut().chain(&mut top).zip(bytes) {
        *to = *from;
    }
    let (significand, top) = (u64::from_le_bytes(significand), u16::from_le_bytes(top));
    let exponent = i32::from(top & 0x7fff);
    let sign = if top >> 15 == 1 { -1.0 } else { 1.0 };
    if exponent == 0x7fff {
        return if significand << 1 == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    let mut scale = exponent - BIAS.1 - 63;
    let mut value = sign * significand as f64;
    // In steps, since 2 to the exponent alone may be no double. Each but the last is exact.
    while scale > BIAS.0 {
        value *= power_of_two(BIAS.0);
        scale -= BIAS.0;
    }
    while scale < 1 - BIAS.0 {
        value *= power_of_two(1 - BIAS.0);
        scale += BIAS.0 - 1;
    }
    value * power_of_two(scale)
}

/// 2 to a power from -1022 to 1023, made of its bits: `powi` promises no exact result.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::from((exponent + BIAS.0).unsigned_abs()) << 52)
}

#[cfg(test)]
mod tests {
    use embedcheck_plan::CSignature;
    use serde_json::json;

    use super::*;

    fn kind(text: &str) -> CType {
        CSignature::parse(&format!("{text}()")).expect("a type").result
    }

    #[test]
    fn bytes_are_read_by_their_type() {
        // SAFETY: the only string below is null.
        let read = |kind: &CType, bytes: &[u8]| unsafe { value(kind, bytes) };
        let bytes: Vec<u8> = (0xf0..=0xff).chain([0; 16]).collect();
        for (text, expected) in [
            ("i8", json!(-16)),
            ("u8", json!(240)),
            ("i16", json!(-3600)),
            ("u64", json!(0xf7f6_f5f4_f3f2_f1f0_u64)),
            ("ptr", json!("0xf7f6f5f4f3f2f1f0")),
            ("bool", json!(true)),
            ("{u8,[2]u8,u8}", json!([240, [241, 242], 243])),
            ("{u8,u32}", json!([240, 0xf7f6_f5f4_u32])),
        ] {
            assert_eq!(read(&kind(text), &bytes), expected, "{text}");
        }
        assert_eq!(read(&CType::Pointer, &[0; 8]), Value::Null);
        assert_eq!(read(&CType::String, &[0; 8]), Value::Null);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_double_survives_the_80_bits() {
        let all = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e300,
            -1e-300,
            5e-324,
            2.2e-308,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for value in all {
            let bytes = long_double(value).expect("x86-64");
            assert_eq!(from_long_double(&bytes).to_bits(), value.to_bits(), "{value}");
        }
        assert!(from_long_double(&long_double(f64::NAN).expect("x86-64")).is_nan());
        // What gcc writes for 1.5L.
        assert_eq!(long_double(1.5), Ok([0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0x3f]));
    }
}
