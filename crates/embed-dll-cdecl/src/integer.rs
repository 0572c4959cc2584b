//! Integers of C: what literals and operators give, and of which type (C11 6.3.1, 6.4.4 and 6.5),
//! where `int` has 32 bits and `long` 64.

use crate::error::ErrorKind;
use crate::primitive::{Primitive, PrimitiveKind};

/// A value of one of the types that arithmetic has: `int`, `unsigned int`, `long`, `unsigned long`.
/// `long long` has the values of `long`, and counts as one.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Integer {
    pub(crate) value: i128,
    kind: Kind,
}

/// The type of an [`Integer`].
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
struct Kind {
    long: bool,
    unsigned: bool,
}

const INT: Kind = Kind { long: false, unsigned: false };
const UNSIGNED: Kind = Kind { long: false, unsigned: true };
const LONG: Kind = Kind { long: true, unsigned: false };
const UNSIGNED_LONG: Kind = Kind { long: true, unsigned: true };

impl Kind {
    fn bits(self) -> u32 {
        if self.long { 64 } else { 32 }
    }

    fn holds(self, value: i128) -> bool {
        wrapped(value, self.bits(), self.unsigned) == value
    }

    /// The type in which two operands meet: the "usual arithmetic conversions".
    fn common(self, other: Self) -> Self {
        let long = self.long || other.long;
        // `long` has all values of `unsigned int`.
        let counts = |kind: Self| kind.unsigned && kind.long == long;
        Self { long, unsigned: counts(self) || counts(other) }
    }
}

impl Integer {
    /// The first of the types `kinds` that has the value; the last is taken to have it.
    fn first(value: i128, kinds: &[Kind]) -> Self {
        let kind = kinds.iter().copied().find(|kind| kind.holds(value));
        Self { value, kind: kind.unwrap_or(UNSIGNED_LONG) }
    }

    /// The value as an `int` if it is one, else as the next larger type.
    pub(crate) fn smallest(value: i128) -> Self {
        Self::first(value, &[INT, LONG, UNSIGNED_LONG])
    }

    /// The value converted to a type of an object, as an operand: smaller types than `int` become
    /// one.
    pub(crate) fn of(primitive: Primitive, value: i128) -> Self {
        let value = converted(value, primitive);
        let long = primitive.size() > 4;
        Self { value, kind: Kind { long, unsigned: primitive.size() >= 4 && unsigned(primitive) } }
    }

    /// `size_t`.
    pub(crate) fn size(bytes: u64) -> Self {
        Self { value: bytes.into(), kind: UNSIGNED_LONG }
    }

    pub(crate) fn truth(truth: bool) -> Self {
        Self { value: truth.into(), kind: INT }
    }

    /// An integer literal in any of C's spellings.
    pub(crate) fn literal(text: &str) -> Result<Self, ErrorKind> {
        let Literal { value, decimal, unsigned, long } = Literal::read(text)?;
        let kinds = [INT, UNSIGNED, LONG, UNSIGNED_LONG];
        let fits = |kind: &Kind| {
            (kind.long || !long)
                && (kind.unsigned || !unsigned)
                // Only of a number that is not decimal C knows that it is a pattern of bits.
                && (unsigned || !decimal || !kind.unsigned)
        };
        let kinds: Vec<Kind> = kinds.into_iter().filter(fits).collect();
        Ok(Self::first(value.into(), &kinds))
    }

    /// A literal in the condition of an `#if`, where all numbers have 64 bits.
    pub(crate) fn literal_in_condition(text: &str) -> Result<Self, ErrorKind> {
        let Literal { value, unsigned, .. } = Literal::read(text)?;
        let value = value.into();
        Ok(Self::first(value, if unsigned { &[UNSIGNED_LONG] } else { &[LONG] }))
    }

    /// A character constant of one byte, with its quotes; `char` is signed.
    pub(crate) fn character(text: &str) -> Option<Self> {
        let value = character(text)?;
        Some(Self { value: value.into(), kind: INT })
    }

    /// The same number with 64 bits.
    pub(crate) fn widened(self) -> Self {
        Self { kind: Kind { long: true, ..self.kind }, ..self }
    }

    /// The type, under the name of `int` or `long`.
    pub(crate) fn primitive(self) -> Primitive {
        match (self.kind.long, self.kind.unsigned) {
            (false, false) => Primitive::Int,
            (false, true) => Primitive::UnsignedInt,
            (true, false) => Primitive::Long,
            (true, true) => Primitive::UnsignedLong,
        }
    }

    fn cast(self, kind: Kind) -> Self {
        Self { value: wrapped(self.value, kind.bits(), kind.unsigned), kind }
    }

    /// What an operation gives: unsigned numbers wrap around, and for others C has no value then.
    fn result(value: i128, kind: Kind) -> Result<Self, ErrorKind> {
        if kind.unsigned || kind.holds(value) {
            return Ok(Self { value, kind }.cast(kind));
        }
        Err(ErrorKind::NotConstant(if kind.long {
            "the result does not fit in `long`; with a suffix, such as 1UL, it may fit"
        } else {
            "the result does not fit in `int`; with a suffix, such as 1U or 1L, it may fit"
        }))
    }

    /// The value of an enumerator behind one of this value, of the same type.
    pub(crate) fn successor(self) -> Result<Self, ErrorKind> {
        let next = Self { value: self.value + 1, ..self };
        if self.kind.holds(next.value) {
            return Ok(next);
        }
        let problem = "it does not fit in the type of the enumerator before: give it a value";
        Err(ErrorKind::NotConstant(problem))
    }

    /// `condition ? self : other`.
    pub(crate) fn either(self, condition: bool, other: Self) -> Self {
        let kind = self.kind.common(other.kind);
        if condition { self.cast(kind) } else { other.cast(kind) }
    }

    /// What a unary operator gives: `-`, `~` or `!`, and else the number itself.
    pub(crate) fn unary(self, operator: &str) -> Result<Self, ErrorKind> {
        match operator {
            "-" => Self::result(-self.value, self.kind),
            "~" => Self::result(!self.value, self.kind),
            "!" => Ok(Self::truth(self.value == 0)),
            _ => Ok(self),
        }
    }

    /// What a binary operator gives, one of those that [`precedence`] knows.
    pub(crate) fn binary(operator: &str, left: Self, right: Self) -> Result<Self, ErrorKind> {
        match operator {
            "||" => return Ok(Self::truth(left.value != 0 || right.value != 0)),
            "&&" => return Ok(Self::truth(left.value != 0 && right.value != 0)),
            "<<" | ">>" => return left.shifted(operator, right.value),
            _ => {}
        }
        let kind = left.kind.common(right.kind);
        let (left, right) = (left.cast(kind).value, right.cast(kind).value);
        let value = match operator {
            "==" => return Ok(Self::truth(left == right)),
            "!=" => return Ok(Self::truth(left != right)),
            "<" => return Ok(Self::truth(left < right)),
            ">" => return Ok(Self::truth(left > right)),
            "<=" => return Ok(Self::truth(left <= right)),
            ">=" => return Ok(Self::truth(left >= right)),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "+" => left + right,
            "-" => left - right,
            // Only a product of unsigned numbers can exceed 127 bits, and it wraps around anyway.
            "*" => left.wrapping_mul(right),
            _ if right == 0 => return Err(ErrorKind::NotConstant("division by zero")),
            // The remainder is 0, but C has none where it has no quotient.
            "%" => Self::result(left / right, kind).map(|_| left % right)?,
            _ => left / right,
        };
        Self::result(value, kind)
    }

    /// A shift, of the type of what is shifted. What leaves it on the left is lost, as in gcc.
    fn shifted(self, operator: &str, by: i128) -> Result<Self, ErrorKind> {
        let by = u32::try_from(by).ok().filter(|&by| by < self.kind.bits());
        let by = by.ok_or(ErrorKind::NotConstant(if self.kind.long {
            "shifts go from 0 to 63 bits"
        } else {
            "shifts of an `int` go from 0 to 31 bits; one of a `long`, such as 1L, to 63"
        }))?;
        let value = if operator == ">>" { self.value >> by } else { self.value << by };
        Ok(Self { value, kind: self.kind }.cast(self.kind))
    }
}

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

/// A value as an object of an integer type holds it.
pub(crate) fn converted(value: i128, primitive: Primitive) -> i128 {
    if primitive.kind() == PrimitiveKind::Bool {
        return (value != 0).into();
    }
    let bits = u32::try_from(primitive.size() * 8).unwrap_or(64);
    wrapped(value, bits, unsigned(primitive))
}

/// `char` and `wchar_t` are signed; the other wide characters are not.
fn unsigned(primitive: Primitive) -> bool {
    match primitive.kind() {
        PrimitiveKind::Integer { signed } => !signed,
        PrimitiveKind::WideChar => primitive != Primitive::WChar,
        kind => kind == PrimitiveKind::Bool,
    }
}

/// The lowest bits of a value, fewer than 127, as a number.
fn wrapped(value: i128, bits: u32, unsigned: bool) -> i128 {
    let count = 1 << bits;
    let low = value.rem_euclid(count);
    if unsigned || low < count / 2 { low } else { low - count }
}

/// An integer literal.
struct Literal {
    value: u64,
    decimal: bool,
    unsigned: bool,
    long: bool,
}

impl Literal {
    fn read(text: &str) -> Result<Self, ErrorKind> {
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
        let value = u64::from_str_radix(digits, radix).map_err(|_| ErrorKind::ConstantTooLarge)?;
        let (unsigned, long) = (suffix.contains('u'), suffix.contains('l'));
        Ok(Self { value, decimal: radix == 10, unsigned, long })
    }
}

fn character(text: &str) -> Option<i8> {
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
    Some(byte as i8)
}

fn from_digits(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let clean = digits.bytes().all(|digit| char::from(digit).is_digit(radix));
    u8::from_str_radix(digits, radix).ok().filter(|_| clean)
}
