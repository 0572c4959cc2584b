//! Types and values to their text.

use std::fmt;

use super::{CInteger, CSignature, CType, CValue};

impl fmt::Display for CInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.into_iter().find(|(kind, _)| kind == self).map(|(_, name)| name);
        f.write_str(name.unwrap_or("i32"))
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Bool => f.write_str("bool"),
            Self::Integer(kind) => write!(f, "{kind}"),
            Self::Float => f.write_str("f32"),
            Self::Double => f.write_str("f64"),
            Self::LongDouble => f.write_str("f80"),
            Self::Pointer => f.write_str("ptr"),
            Self::String => f.write_str("str"),
            Self::To(inner) => write!(f, "*{inner}"),
            Self::Struct(fields) => {
                f.write_str("{")?;
                list(f, fields)?;
                f.write_str("}")
            }
            Self::Array(count, item) => write!(f, "[{count}]{item}"),
        }
    }
}

impl fmt::Display for CSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.result)?;
        list(f, &self.arguments)?;
        f.write_str(")")
    }
}

fn list(f: &mut fmt::Formatter<'_>, types: &[CType]) -> fmt::Result {
    for (index, kind) in types.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{kind}")?;
    }
    Ok(())
}

impl fmt::Display for CValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:e}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Null => f.write_str("null"),
            Self::Address(address) => write!(f, "{address:#x}"),
            Self::Made(value) => write!(f, "& {value}"),
            Self::List(values) => {
                f.write_str("{")?;
                values.iter().try_for_each(|value| write!(f, " {value}"))?;
                f.write_str(" }")
            }
        }
    }
}
