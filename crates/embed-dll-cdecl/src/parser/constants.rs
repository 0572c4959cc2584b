//! Integer constant expressions.

use super::{Parser, Result};
use crate::declarations::Name;
use crate::error::ErrorKind;
use crate::lexer::{Token, TokenKind};

/// Binary operators and how strongly they bind.
pub(crate) fn precedence(operator: &str) -> Option<u32> {
    Some(match operator {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" | "!=" => 6,
        "<" | ">" | "<=" | ">=" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        _ => return None,
    })
}

impl Parser<'_, '_> {
    /// A constant expression, computed exactly: unlike in C nothing wraps around, and what does not
    /// fit in 64 bits in the end is an error.
    pub(super) fn constant(&mut self) -> Result<i128> {
        let start = self.peek();
        let value = self.conditional()?;
        if value < i64::MIN.into() || value > u64::MAX.into() {
            return Err(self.fail(start, ErrorKind::ConstantTooLarge));
        }
        Ok(value)
    }

    fn conditional(&mut self) -> Result<i128> {
        self.nested("this expression", |this| {
            let condition = this.binary(1)?;
            if !this.eat("?") {
                return Ok(condition);
            }
            let yes = this.conditional()?;
            this.expect(":", "`:`")?;
            let no = this.conditional()?;
            Ok(if condition == 0 { no } else { yes })
        })
    }

    fn binary(&mut self, at_least: u32) -> Result<i128> {
        let mut left = self.unary()?;
        loop {
            let operator = self.peek();
            let Some(strength) = precedence(operator.text).filter(|&found| found >= at_least)
            else {
                return Ok(left);
            };
            self.at += 1;
            let right = self.nested("this expression", |this| this.binary(strength + 1))?;
            left = apply(operator.text, left, right).map_err(|kind| self.fail(operator, kind))?;
        }
    }

    fn unary(&mut self) -> Result<i128> {
        let token = self.next();
        let apply = match token.text {
            "-" => |value: i128| -value,
            "+" => |value| value,
            "~" => |value: i128| !value,
            "!" => |value| i128::from(value == 0),
            "(" => {
                let value = self.conditional()?;
                self.expect(")", "`)`")?;
                return Ok(value);
            }
            "sizeof" => return self.sizeof(),
            _ => {
                return match token.kind {
                    TokenKind::Number => number(token.text).map_err(|kind| self.fail(token, kind)),
                    TokenKind::Character => character(token.text).ok_or_else(|| {
                        self.fail(token, ErrorKind::BadNumber(token.text.to_owned()))
                    }),
                    TokenKind::Word => self.known(token),
                    _ => {
                        self.at -= 1;
                        Err(self.unexpected("an integer constant"))
                    }
                };
            }
        };
        self.nested("this expression", Self::unary).map(apply)
    }

    fn known(&self, token: Token<'_>) -> Result<i128> {
        let name = || token.text.to_owned();
        let kind = match self.declarations.names.get(token.text) {
            Some(&Name::Constant(at)) => match self.declarations.constants[at].value {
                Some(value) => return Ok(value),
                None => ErrorKind::OpenConstant(name()),
            },
            _ if self.ambiguous.contains(token.text) => ErrorKind::AmbiguousConstant(name()),
            _ if self.macros.contains(token.text) => ErrorKind::Macro(name()),
            _ => ErrorKind::UnknownConstant(name()),
        };
        Err(self.fail(token, kind))
    }

    /// `sizeof(type)`, after the word.
    fn sizeof(&mut self) -> Result<i128> {
        self.expect("(", "`(` and a type")?;
        let start = self.peek();
        let ty = self.nested("this expression", Self::type_name)?;
        self.expect(")", "`)`")?;
        match self.declarations.size_of(ty) {
            Some(size) => Ok(size.into()),
            None => {
                Err(self.fail(start, ErrorKind::NotConstant("the size of this type is not known")))
            }
        }
    }
}

/// What a binary operator gives, computed exactly.
pub(crate) fn apply(
    operator: &str,
    left: i128,
    right: i128,
) -> std::result::Result<i128, ErrorKind> {
    let shift = || u32::try_from(right).ok().filter(|&bits| bits < 64);
    let value = match operator {
        "||" => Some(i128::from(left != 0 || right != 0)),
        "&&" => Some(i128::from(left != 0 && right != 0)),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "==" => Some(i128::from(left == right)),
        "!=" => Some(i128::from(left != right)),
        "<" => Some(i128::from(left < right)),
        ">" => Some(i128::from(left > right)),
        "<=" => Some(i128::from(left <= right)),
        ">=" => Some(i128::from(left >= right)),
        "<<" | ">>" => {
            let bits = shift().ok_or(ErrorKind::NotConstant("shifts go from 0 to 63 bits"))?;
            if operator == ">>" { Some(left >> bits) } else { left.checked_mul(1 << bits) }
        }
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        _ if right == 0 => return Err(ErrorKind::NotConstant("division by zero")),
        "/" => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    // Intermediate values must stay far enough from the limits for a sign to be changed.
    value.filter(|value| value.unsigned_abs() < 1 << 126).ok_or(ErrorKind::ConstantTooLarge)
}

/// An integer in any of C's spellings.
pub(crate) fn number(text: &str) -> std::result::Result<i128, ErrorKind> {
    let bad = || ErrorKind::BadNumber(text.to_owned());
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, &lower[..])
    };
    let end = digits.find(['u', 'l']).unwrap_or(digits.len());
    let (digits, suffix) = digits.split_at(end);
    let suffixes = ["", "u", "l", "ul", "lu", "ll", "ull", "llu"];
    // `0u` has no digit behind its prefix.
    let digits = if digits.is_empty() && radix == 8 { "0" } else { digits };
    if !suffixes.contains(&suffix) || digits.is_empty() {
        return Err(bad());
    }
    if !digits.bytes().all(|digit| char::from(digit).is_digit(radix)) {
        return Err(bad());
    }
    u64::from_str_radix(digits, radix).map(Into::into).map_err(|_| ErrorKind::ConstantTooLarge)
}

/// A character constant of one byte, with its quotes; `char` is signed.
pub(crate) fn character(text: &str) -> Option<i128> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let byte = match inner.as_bytes() {
        [byte] if byte.is_ascii() && *byte != b'\\' => *byte,
        [b'\\', escaped @ ..] => match escaped {
            [b'n'] => b'\n',
            [b't'] => b'\t',
            [b'r'] => b'\r',
            [b'a'] => 7,
            [b'b'] => 8,
            [b'f'] => 12,
            [b'v'] => 11,
            [b'\\' | b'\'' | b'"' | b'?'] => escaped[0],
            [b'x', digits @ ..] => from_digits(digits, 16)?,
            digits if digits.len() <= 3 => from_digits(digits, 8)?,
            _ => return None,
        },
        _ => return None,
    };
    Some(i128::from(byte as i8))
}

fn from_digits(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let clean = digits.bytes().all(|digit| char::from(digit).is_digit(radix));
    u8::from_str_radix(digits, radix).ok().filter(|_| clean)
}
