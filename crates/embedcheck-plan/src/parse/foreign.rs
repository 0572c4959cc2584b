//! `ffi HANDLE SYMBOL SIGNATURE [VALUE…]`.

use super::{Cursor, PlanError};
use crate::foreign::{CInteger, CSignature, CType, CValue};
use crate::lex::TokenKind;
use crate::step::{Callee, Op};

/// The rest of the line.
pub(super) fn ffi(cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    let handle = cursor.handle()?;
    let callee = Callee { handle, symbol: cursor.symbol("the name of a symbol")? };
    let (column, word) = cursor.word("a signature such as i32(i32,f64)")?;
    let signature = CSignature::parse(word).map_err(|message| cursor.error(column, message))?;
    let mut arguments = Vec::with_capacity(signature.arguments.len());
    for kind in &signature.arguments {
        arguments.push(value(kind, cursor)?);
    }
    Ok(Op::Ffi { callee, signature, arguments })
}

/// One value. It recurses as deep as the type, which is limited.
fn value(kind: &CType, cursor: &mut Cursor<'_>) -> Result<CValue, PlanError> {
    let wanted = format!("a value of {kind}");
    let token = cursor.token(&wanted)?;
    let column = token.column;
    let word = match (&token.kind, kind) {
        (TokenKind::Text(text), CType::String) => return Ok(CValue::Text(text.clone())),
        (TokenKind::Text(_), _) => {
            return Err(cursor.error(column, format!("{wanted} is expected, without quotes")));
        }
        (TokenKind::Word(word), _) => word,
    };
    match kind {
        CType::Void => Err(cursor.error(column, "nothing more is expected on this line")),
        CType::Bool => {
            integer(cursor, column, word, CInteger { size: 1, signed: false }).and_then(|value| {
                let fits = matches!(value, CValue::Integer(0 | 1));
                fits.then_some(value).ok_or_else(|| cursor.error(column, "a bool is 0 or 1"))
            })
        }
        CType::Integer(kind) => integer(cursor, column, word, *kind),
        CType::Float | CType::Double | CType::LongDouble => {
            Ok(CValue::Float(cursor.parse_double(column, word)?))
        }
        CType::String if word == "null" => Ok(CValue::Null),
        CType::String => {
            Err(cursor.error(column, "a string in double quotes, or null, is expected"))
        }
        CType::Pointer | CType::To(_) if word == "null" => Ok(CValue::Null),
        CType::Pointer | CType::To(_) if word.starts_with("0x") => {
            Ok(CValue::Address(cursor.parse_integer(column, word)?.cast_unsigned()))
        }
        CType::Pointer => Err(cursor.error(column, "a pointer is null or 0x…")),
        CType::To(inner) if word == "&" => Ok(CValue::Made(Box::new(value(inner, cursor)?))),
        CType::To(_) => {
            Err(cursor.error(column, "& and the value behind it, null or 0x… is expected"))
        }
        CType::Struct(fields) => list(cursor, column, word, fields.iter()),
        CType::Array(count, item) => list(cursor, column, word, (0..*count).map(|_| item.as_ref())),
    }
}

fn list<'t>(
    cursor: &mut Cursor<'_>,
    column: usize,
    word: &str,
    kinds: impl Iterator<Item = &'t CType>,
) -> Result<CValue, PlanError> {
    if word != "{" {
        return Err(cursor.error(column, "{ before the values is expected"));
    }
    let mut values = Vec::new();
    for kind in kinds {
        values.push(value(kind, cursor)?);
    }
    let (column, word) = cursor.word("}")?;
    if word != "}" {
        return Err(cursor.error(column, "} after the values is expected"));
    }
    Ok(CValue::List(values))
}

fn integer(
    cursor: &Cursor<'_>,
    column: usize,
    word: &str,
    kind: CInteger,
) -> Result<CValue, PlanError> {
    let value = match word.strip_prefix("0x") {
        Some(_) => i128::from(cursor.parse_integer(column, word)?.cast_unsigned()),
        None => decimal(word)
            .ok_or_else(|| cursor.error(column, format!("{word:?} is no integer of 64 bits")))?,
    };
    if !kind.holds(value) {
        return Err(cursor.error(column, format!("{word} does not fit {kind}")));
    }
    Ok(CValue::Integer(value))
}

/// Digits with at most a minus in front, as elsewhere in a plan, but of all 64 bits with or without sign.
fn decimal(word: &str) -> Option<i128> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { word.parse().ok() } else { None }
}
