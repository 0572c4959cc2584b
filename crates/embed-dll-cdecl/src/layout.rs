//! Sizes, alignments and the places of fields: the x86-64 System V ABI (LP64), as gcc lays it out.
//!
//! Everything that depends on a data model stands in this file, so that another one (ILP32, LLP64)
//! is another version of it.

use crate::primitive::Primitive;

/// Size and alignment, in bytes.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Layout {
    /// Size in bytes, a multiple of the alignment.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u64,
}

/// Pointers to data and to functions.
pub(crate) const POINTER: Layout = same(8);

const fn same(size: u64) -> Layout {
    Layout { size, align: size }
}

/// Size and alignment of a primitive: System V ABI for AMD64, figure 3.1; for the `int_fast` and
/// `int_least` types glibc's `stdint.h`.
pub(crate) const fn primitive(primitive: Primitive) -> Layout {
    use Primitive as P;
    match primitive {
        P::Bool | P::Char | P::SignedChar | P::UnsignedChar => same(1),
        P::Int8 | P::UInt8 | P::IntLeast8 | P::UIntLeast8 | P::IntFast8 | P::UIntFast8 => same(1),
        P::Short | P::UnsignedShort | P::Int16 | P::UInt16 => same(2),
        P::IntLeast16 | P::UIntLeast16 | P::Char16 => same(2),
        P::Int | P::UnsignedInt | P::Int32 | P::UInt32 => same(4),
        P::IntLeast32 | P::UIntLeast32 | P::WChar | P::Char32 | P::Float => same(4),
        P::Long | P::UnsignedLong | P::LongLong | P::UnsignedLongLong => same(8),
        P::Int64 | P::UInt64 | P::IntLeast64 | P::UIntLeast64 => same(8),
        P::IntFast16 | P::UIntFast16 | P::IntFast32 | P::UIntFast32 => same(8),
        P::IntFast64 | P::UIntFast64 | P::IntMax | P::UIntMax => same(8),
        P::IntPtr | P::UIntPtr | P::PtrDiff | P::Size | P::SSize | P::Double => same(8),
        P::LongDouble => same(16),
        P::FloatComplex => Layout { size: 8, align: 4 },
        P::DoubleComplex => Layout { size: 16, align: 8 },
    }
}

/// The type that gcc gives an enumeration: `unsigned int`, `int` when a value is negative, the
/// types of 64 bits when a value needs them. `None` when no type holds all values.
pub(crate) fn enum_base(values: impl Iterator<Item = i128>) -> Option<Primitive> {
    let (mut low, mut high) = (0, 0);
    for value in values {
        low = value.min(low);
        high = value.max(high);
    }
    let fits = |min: i128, max: i128| low >= min && high <= max;
    if low >= 0 && fits(0, u32::MAX.into()) {
        Some(Primitive::UnsignedInt)
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        Some(Primitive::Int)
    } else if low >= 0 && fits(0, u64::MAX.into()) {
        Some(Primitive::UnsignedLong)
    } else if fits(i64::MIN.into(), i64::MAX.into()) {
        Some(Primitive::Long)
    } else {
        None
    }
}

/// What the layout of one member depends on.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Shape {
    /// Size and alignment of its type; size 0 for a flexible array.
    pub(crate) layout: Layout,
    /// Width in bits, when it is a bit field.
    pub(crate) width: Option<u8>,
    /// Whether it has a name: an unnamed bit field does not align the record.
    pub(crate) named: bool,
}

/// Where a member lies.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// Bytes from the start of the record; of a bit field, of its storage unit.
    pub(crate) offset: u64,
    /// Lowest bit in the storage unit, and width, of a bit field.
    pub(crate) bits: Option<(u8, u8)>,
}

/// Lays out a structure or union. `None` when it is larger than half of the address space.
pub(crate) fn record(union: bool, members: &[Shape]) -> Option<(Layout, Vec<Place>)> {
    let mut align = 1;
    // Positions are in bits, and the limit keeps all sums far from an overflow.
    let (mut position, mut end) = (0_u64, 0_u64);
    let mut places = Vec::with_capacity(members.len());
    for member in members {
        if union {
            position = 0;
        }
        let unit = member.layout.size.checked_mul(8).filter(|&bits| bits < LIMIT)?;
        let align_bits = member.layout.align * 8;
        if member.named || member.width.is_none() {
            align = member.layout.align.max(align);
        }
        let place = match member.width {
            None => {
                position = position.next_multiple_of(align_bits);
                let place = Place { offset: position / 8, bits: None };
                position += unit;
                place
            }
            Some(width) => {
                let bits = u64::from(width);
                // A bit field does not cross a boundary of its own type, and one of width 0 ends
                // the unit.
                if bits == 0 || position / unit != (position + bits - 1) / unit {
                    position = position.next_multiple_of(unit);
                }
                let start = position / unit * unit;
                let shift = u8::try_from(position - start).unwrap_or(0);
                position += bits;
                Place { offset: start / 8, bits: Some((shift, width)) }
            }
        };
        places.push(place);
        if position >= LIMIT {
            return None;
        }
        end = end.max(position);
    }
    let size = end.div_ceil(8).next_multiple_of(align);
    Some((Layout { size, align }, places))
}

/// One bit more than the largest record has, which is C's `PTRDIFF_MAX` bytes rounded down.
const LIMIT: u64 = 1 << 62;
