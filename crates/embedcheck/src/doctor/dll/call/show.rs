//! Values of events as C writes them.

use embed_dll_cdecl::{Declarations, Primitive, PrimitiveKind, Type, TypeId};
use serde_json::Value;

/// A value of this type.
pub(super) fn show(known: &Declarations, ty: TypeId, value: &Value) -> String {
    let parts = value.as_array().map(Vec::as_slice).unwrap_or_default();
    match known.ty(ty) {
        Type::Void => "nothing".to_owned(),
        Type::Pointer(_) => match value {
            Value::Null => "NULL".to_owned(),
            Value::String(text) if is_text(known, ty) => format!("{text:?}"),
            other => plain(other),
        },
        Type::Primitive(primitive) => number(*primitive, value),
        Type::Enum(id) => {
            let enumerators = &known.enumeration(*id).enumerators;
            let named = enumerators.iter().find(|(_, number)| {
                value.as_i64().map(i128::from) == Some(*number)
                    || value.as_u64().map(i128::from) == Some(*number)
            });
            match named {
                Some((name, number)) => format!("{name} ({number})"),
                None => plain(value),
            }
        }
        Type::Record(id) => {
            let fields = known.record(*id).fields.iter().flatten();
            let parts = fields.zip(parts).map(|(field, part)| {
                let part = show(known, field.ty, part);
                if field.name.is_empty() { part } else { format!("{}={part}", field.name) }
            });
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        Type::Array { item, .. } => {
            let parts = parts.iter().map(|part| show(known, *item, part));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        _ => plain(value),
    }
}

fn is_text(known: &Declarations, ty: TypeId) -> bool {
    matches!(known.ty(ty), Type::Pointer(item)
        if matches!(known.ty(*item), Type::Primitive(Primitive::Char)))
}

fn number(primitive: Primitive, value: &Value) -> String {
    let character = value.as_i64().and_then(|value| u8::try_from(value).ok());
    match character {
        Some(byte) if primitive.kind() == PrimitiveKind::Char && byte.is_ascii_graphic() => {
            format!("'{}' ({byte})", char::from(byte))
        }
        _ => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
