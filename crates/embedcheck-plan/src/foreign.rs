//! C types and values as the step `ffi` writes them: any signature, where `call` has six letters.
//!
//! A type says how a value lies in memory and how it is passed, nothing more: names of fields, `const` and
//! typedefs are the concern of whoever writes the plan.

mod read;
mod show;

use crate::Text;
use crate::step::same_double;

/// Most structures, arrays and pointers around a number.
pub(crate) const MAX_DEPTH: u32 = 16;
/// Most numbers, pointers and strings in all types of a signature together.
pub(crate) const MAX_LEAVES: u64 = 4_096;

/// A C type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CType {
    /// `void`: no result.
    Void,
    /// `bool`: `_Bool`.
    Bool,
    /// `i8` to `i64`, `u8` to `u64`.
    Integer(CInteger),
    /// `f32`: `float`.
    Float,
    /// `f64`: `double`.
    Double,
    /// `f80`: `long double` of x86-64, whose value a plan knows as a `double`.
    LongDouble,
    /// `ptr`: an address whose memory the plan knows nothing of.
    Pointer,
    /// `str`: `char *` to a string.
    String,
    /// `*T`: pointer to one T that the host makes; never in a result.
    To(Box<CType>),
    /// `{T,T}`: structure, laid out as C does without pragmas. It has a field.
    Struct(Vec<CType>),
    /// `[N]T`: array in a structure or behind a pointer. It has an item.
    Array(u32, Box<CType>),
}

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CInteger {
    /// Size in bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// Whether it has negative values.
    pub signed: bool,
}

impl CInteger {
    /// Every integer type with its name.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self { size: 1, signed: true }, "i8"),
        (Self { size: 2, signed: true }, "i16"),
        (Self { size: 4, signed: true }, "i32"),
        (Self { size: 8, signed: true }, "i64"),
        (Self { size: 1, signed: false }, "u8"),
        (Self { size: 2, signed: false }, "u16"),
        (Self { size: 4, signed: false }, "u32"),
        (Self { size: 8, signed: false }, "u64"),
    ];

    /// Smallest and largest value.
    pub fn range(self) -> (i128, i128) {
        let bits = u32::from(self.size) * 8;
        if self.signed {
            (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
        } else {
            (0, (1_i128 << bits) - 1)
        }
    }

    /// Whether it can hold the value.
    pub fn holds(self, value: i128) -> bool {
        let (least, most) = self.range();
        (least..=most).contains(&value)
    }
}

impl CType {
    /// Size in bytes, in C's natural layout; of a `long double` that of x86-64.
    pub fn size(&self) -> usize {
        self.shape().0
    }

    /// Where each field of a structure begins, in bytes.
    pub fn offsets(fields: &[Self]) -> impl Iterator<Item = usize> {
        let mut end = 0_usize;
        fields.iter().map(move |field| {
            let (size, align) = field.shape();
            let at = end.next_multiple_of(align);
            end = at + size;
            at
        })
    }

    /// Size and alignment. Both are small: a signature has a limited number of numbers.
    fn shape(&self) -> (usize, usize) {
        match self {
            Self::Void => (0, 1),
            Self::Bool => (1, 1),
            Self::Integer(kind) => (kind.size.into(), kind.size.into()),
            Self::Float => (4, 4),
            Self::LongDouble => (16, 16),
            Self::Double | Self::Pointer | Self::String | Self::To(_) => (8, 8),
            Self::Struct(fields) => {
                let align = fields.iter().map(|field| field.shape().1).max().unwrap_or(1);
                let ends = Self::offsets(fields).zip(fields).map(|(at, field)| at + field.size());
                (ends.last().unwrap_or(0).next_multiple_of(align), align)
            }
            Self::Array(count, item) => {
                let (size, align) = item.shape();
                (size.saturating_mul(*count as usize), align)
            }
        }
    }

    /// Numbers, pointers and strings in it, with what the host makes behind pointers.
    pub(crate) fn leaves(&self) -> u64 {
        match self {
            Self::To(inner) => inner.leaves().saturating_add(1),
            Self::Struct(fields) => {
                fields.iter().fold(0, |sum: u64, field| sum.saturating_add(field.leaves()))
            }
            Self::Array(count, item) => item.leaves().saturating_mul(u64::from(*count)),
            _ => 1,
        }
    }

    /// Whether a host makes memory for it.
    pub(crate) fn has_memory(&self) -> bool {
        match self {
            Self::To(_) => true,
            Self::Struct(fields) => fields.iter().any(Self::has_memory),
            Self::Array(_, item) => item.has_memory(),
            _ => false,
        }
    }
}

/// Type of a C function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSignature {
    /// Of the result; no array, and without [`CType::To`].
    pub result: CType,
    /// Of the arguments; neither arrays nor [`CType::Void`].
    pub arguments: Vec<CType>,
}

/// A value of a [`CType`]. Floating-point numbers are equal if a plan writes them alike.
#[derive(Clone, Debug)]
pub enum CValue {
    /// Of an integer type or of `bool` (0 or 1), within its range.
    Integer(i128),
    /// Of a floating-point type.
    Float(f64),
    /// Of `str`.
    Text(Text),
    /// The null pointer, of `ptr`, `str` and `*T`.
    Null,
    /// Of `ptr` and `*T`.
    Address(u64),
    /// Of `*T`: the address of a T with this value.
    Made(Box<CValue>),
    /// Of a structure or array: as many as it has fields or items.
    List(Vec<CValue>),
}

impl PartialEq for CValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_double(*a, *b),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Null, Self::Null) => true,
            (Self::Address(a), Self::Address(b)) => a == b,
            (Self::Made(a), Self::Made(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CSignature;

    #[test]
    fn sizes_are_those_of_c() {
        for (text, expected) in [
            ("{i8,i32}", 8),
            ("{i8,i16,i8,i64,f32,f64}", 32),
            ("{f80,i8}", 32),
            ("{[3]i8,i16}", 6),
            ("{i8,{i8,f64},[2]{i16,i8}}", 32),
            ("{bool,ptr,str,u8}", 32),
        ] {
            let signature = CSignature::parse(&format!("{text}()"));
            assert_eq!(signature.map(|signature| signature.result.size()), Ok(expected), "{text}");
        }
    }
}
