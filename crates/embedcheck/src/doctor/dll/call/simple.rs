//! A call in the words of `call`, which every host understands: as far as its six letters reach.

use embedcheck_plan::{
    Argument, BufferField, CInteger, CSignature, CType, CValue, FieldValue, Name, NumberType,
    PlanBuilder,
};
use serde_json::Value;

/// The steps for a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Simple {
    /// Memory behind pointers, by its number.
    buffers: Vec<(usize, Vec<BufferField>)>,
    signature: String,
    arguments: Vec<Argument>,
}

/// The call in simple words; the error says what is beyond them.
pub(super) fn simple(signature: &CSignature, values: &[CValue]) -> Result<Simple, String> {
    if values.len() > 6 {
        return Err(format!("{} arguments, and the C host passes at most 6", values.len()));
    }
    let mut call = Simple { buffers: Vec::new(), signature: String::new(), arguments: Vec::new() };
    call.signature.push(match &signature.result {
        CType::Void => 'v',
        CType::Integer(CInteger { size: 8, .. }) => 'l',
        CType::Integer(_) | CType::Bool => 'i',
        CType::Double => 'd',
        CType::Pointer => 'p',
        CType::String => 's',
        other => return Err(beyond("returns", other)),
    });
    call.signature.push('(');
    for (ty, value) in signature.arguments.iter().zip(values) {
        let letter = call.argument(ty, value)?;
        call.signature.push(letter);
    }
    call.signature.push(')');
    Ok(call)
}

fn beyond(verb: &str, ty: &CType) -> String {
    let what = match ty {
        CType::Float => "a float",
        CType::LongDouble => "a long double",
        CType::Struct(_) => "a structure by value",
        _ => "such a value",
    };
    format!("it {verb} {what}, and the C host knows int, long, double, pointers and strings")
}

impl Simple {
    fn argument(&mut self, ty: &CType, value: &CValue) -> Result<char, String> {
        let (letter, argument) = match (ty, value) {
            // A smaller one lies in the lower bytes of its register, extended, as compilers pass it.
            (CType::Integer(_) | CType::Bool, CValue::Integer(value)) => {
                let bits = u128::from_ne_bytes(value.to_ne_bytes()) as u64;
                ('l', Argument::Integer(bits.cast_signed()))
            }
            (CType::Double, CValue::Float(value)) => ('d', Argument::Double(*value)),
            (CType::String, CValue::Text(text)) => ('s', Argument::Text(text.clone())),
            (CType::Pointer | CType::String | CType::To(_), CValue::Null) => ('p', Argument::Null),
            (_, CValue::Address(address)) => ('p', Argument::Integer(address.cast_signed())),
            (CType::To(inner), CValue::Made(made)) => {
                let mut fields = Vec::new();
                place(inner, made, 0, &mut fields)?;
                self.buffers.push((inner.size().max(1), fields));
                ('p', Argument::Buffer(buffer_name(self.buffers.len())?))
            }
            (ty, _) => return Err(beyond("takes", ty)),
        };
        self.arguments.push(argument);
        Ok(letter)
    }

    /// Adds the steps; returns the number of the call.
    pub(super) fn add(&self, plan: &mut PlanBuilder, handle: &str, symbol: &str) -> u32 {
        for (index, (size, fields)) in self.buffers.iter().enumerate() {
            plan.buffer(&format!("memory{}", index + 1), *size, fields.clone());
        }
        plan.call(handle, symbol, &self.signature, &self.arguments)
    }
}

fn buffer_name(number: usize) -> Result<Name, String> {
    Name::new(&format!("memory{number}")).ok_or_else(|| "too many buffers".to_owned())
}

fn place(
    ty: &CType,
    value: &CValue,
    offset: usize,
    fields: &mut Vec<BufferField>,
) -> Result<(), String> {
    let number = match ty {
        CType::Integer(CInteger { size: 1, .. }) | CType::Bool => NumberType::I8,
        CType::Integer(CInteger { size: 2, .. }) => NumberType::I16,
        CType::Integer(CInteger { size: 4, .. }) => NumberType::I32,
        CType::Integer(_) | CType::Pointer | CType::String | CType::To(_) => NumberType::I64,
        CType::Float => NumberType::F32,
        CType::Double => NumberType::F64,
        CType::Void | CType::LongDouble => return Err(beyond("takes", ty)),
        CType::Struct(types) => {
            let CValue::List(values) = value else { return Err(beyond("takes", ty)) };
            let parts = CType::offsets(types).zip(types).zip(values);
            for ((at, ty), value) in parts {
                place(ty, value, offset + at, fields)?;
            }
            return Ok(());
        }
        CType::Array(_, item) => {
            let CValue::List(values) = value else { return Err(beyond("takes", ty)) };
            for (index, value) in values.iter().enumerate() {
                place(item, value, offset + index * item.size(), fields)?;
            }
            return Ok(());
        }
    };
    let value = match value {
        CValue::Integer(value) => {
            let bits = u128::from_ne_bytes(value.to_ne_bytes()) as u64;
            FieldValue::Integer(bits.cast_signed())
        }
        CValue::Float(value) => FieldValue::Float(*value),
        CValue::Null => FieldValue::Integer(0),
        CValue::Address(address) => FieldValue::Integer(address.cast_signed()),
        _ => {
            let what = "it takes a pointer inside of a structure or array";
            return Err(format!("{what}, and the C host knows flat memory only"));
        }
    };
    fields.push(BufferField { offset, number, value });
    Ok(())
}

/// The value of `call` as that of `ffi`: the part of the register that the type has.
pub(super) fn result(ty: &CType, value: &Value) -> Value {
    match (ty, value.as_i64()) {
        (CType::Bool, Some(value)) => (value & 0xff != 0).into(),
        (CType::Integer(kind), Some(value)) => {
            let unused = 64 - 8 * u32::from(kind.size);
            if kind.signed {
                (value << unused >> unused).into()
            } else {
                (value.cast_unsigned() << unused >> unused).into()
            }
        }
        _ => value.clone(),
    }
}
