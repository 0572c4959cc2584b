//! Memory for pointer arguments.

use std::alloc::{Layout, alloc_zeroed};
use std::ptr;

use embedcheck_plan::{BufferField, FieldValue, Name, NumberType};
use serde_json::Value;

use crate::events::Outcome;
use crate::state::{Host, Meaning};
use crate::sys;

/// Zeroed memory, aligned to 16 bytes, never freed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    pub(crate) address: *mut u8,
    size: usize,
}

// SAFETY: the memory is the plan's, shared on purpose like any memory that a C program passes to
// threads; the host itself touches it only through raw pointers.
unsafe impl Send for Buffer {}

impl Buffer {
    /// No memory.
    pub(crate) const NONE: Self = Self { address: ptr::null_mut(), size: 0 };

    /// Address of a number in the buffer; the error is for the event.
    fn place(&self, offset: usize, number: NumberType) -> Result<*mut u8, String> {
        let (_, length) = number.name_and_size();
        if offset.checked_add(length).is_none_or(|end| end > self.size) {
            return Err(format!("the field ends behind the buffer of {} bytes", self.size));
        }
        Ok(self.address.wrapping_add(offset))
    }
}

/// `buffer NAME SIZE FIELD…`.
pub(crate) fn make(host: &Host, name: &Name, size: usize, fields: &[BufferField]) -> Outcome {
    let Ok(layout) = Layout::from_size_align(size.max(1), 16) else {
        return Outcome::refused("the buffer is too large");
    };
    // SAFETY: the size is not zero.
    let address = unsafe { alloc_zeroed(layout) };
    if address.is_null() {
        return Outcome::failed(libc::ENOMEM, sys::strerror(libc::ENOMEM));
    }
    let buffer = Buffer { address, size };
    for field in fields {
        let place = match buffer.place(field.offset, field.number) {
            Ok(place) => place,
            Err(error) => return Outcome::refused(error),
        };
        let bytes = encode(field.number, field.value);
        // SAFETY: `place` has checked that there is room for this type of number; nobody else knows
        // the memory yet.
        unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    host.bind(name, Meaning::Buffer(buffer));
    Outcome::done(())
}

/// `peek NAME OFFSET:TYPE`.
pub(crate) fn peek(host: &Host, name: &Name, offset: usize, number: NumberType) -> Outcome {
    let place = host.buffer(name).and_then(|buffer| buffer.place(offset, number));
    let place = match place {
        Ok(place) => place,
        Err(error) => return Outcome::refused(error),
    };
    let mut bytes = [0; 8];
    for (index, byte) in bytes.iter_mut().take(number.name_and_size().1).enumerate() {
        // SAFETY: `place` has checked the length, and buffers are never freed. Volatile, since a thread
        // of the DLL may be writing.
        *byte = unsafe { place.wrapping_add(index).read_volatile() };
    }
    Outcome::done(decode(number, bytes))
}

/// The bytes of a number, in native order. An integer that does not fit loses its upper bytes, as
/// in a C assignment.
fn encode(number: NumberType, value: FieldValue) -> Vec<u8> {
    let integer = match value {
        FieldValue::Integer(value) => value,
        FieldValue::Float(value) => value as i64,
    };
    let float = match value {
        FieldValue::Integer(value) => value as f64,
        FieldValue::Float(value) => value,
    };
    match number {
        NumberType::I8 => (integer as i8).to_ne_bytes().to_vec(),
        NumberType::I16 => (integer as i16).to_ne_bytes().to_vec(),
        NumberType::I32 => (integer as i32).to_ne_bytes().to_vec(),
        NumberType::I64 => integer.to_ne_bytes().to_vec(),
        NumberType::F32 => (float as f32).to_ne_bytes().to_vec(),
        NumberType::F64 => float.to_ne_bytes().to_vec(),
    }
}

fn decode(number: NumberType, bytes: [u8; 8]) -> Value {
    let [a, b, c, d, ..] = bytes;
    match number {
        NumberType::I8 => i8::from_ne_bytes([a]).into(),
        NumberType::I16 => i16::from_ne_bytes([a, b]).into(),
        NumberType::I32 => i32::from_ne_bytes([a, b, c, d]).into(),
        NumberType::I64 => i64::from_ne_bytes(bytes).into(),
        NumberType::F32 => double(f32::from_ne_bytes([a, b, c, d]).into()),
        NumberType::F64 => double(f64::from_ne_bytes(bytes)),
    }
}

/// A floating-point number as JSON: what JSON cannot write is a string.
pub(crate) fn double(value: f64) -> Value {
    if value.is_nan() {
        "nan".into()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".into() } else { "-inf".into() }
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value_through_memory() {
        for (number, value, expected) in [
            (NumberType::I8, FieldValue::Integer(-1), Value::from(-1)),
            (NumberType::I8, FieldValue::Integer(300), Value::from(44)),
            (NumberType::I16, FieldValue::Integer(-2), Value::from(-2)),
            (NumberType::I32, FieldValue::Integer(1 << 40), Value::from(0)),
            (NumberType::I64, FieldValue::Integer(i64::MIN), Value::from(i64::MIN)),
            (NumberType::F32, FieldValue::Float(0.5), Value::from(0.5)),
            (NumberType::F64, FieldValue::Float(0.1), Value::from(0.1)),
            (NumberType::F64, FieldValue::Float(f64::NAN), Value::from("nan")),
            (NumberType::F32, FieldValue::Float(1e300), Value::from("inf")),
            (NumberType::F64, FieldValue::Float(f64::NEG_INFINITY), Value::from("-inf")),
        ] {
            let encoded = encode(number, value);
            assert_eq!(encoded.len(), number.name_and_size().1);
            let mut bytes = [0; 8];
            bytes[..encoded.len()].copy_from_slice(&encoded);
            assert_eq!(decode(number, bytes), expected, "{number:?} {value:?}");
        }
    }
}
