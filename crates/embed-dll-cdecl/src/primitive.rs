//! The types that C and its standard headers name, and that are numbers.

use crate::layout;

/// What sort of value a [`Primitive`] holds, and so how it is converted to and from Python.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum PrimitiveKind {
    /// An integer, as a Python `int`.
    Integer {
        /// Whether it has negative values.
        signed: bool,
    },
    /// `_Bool`.
    Bool,
    /// `char`, a `bytes` of length 1.
    Char,
    /// `wchar_t`, `char16_t`, `char32_t`: a `str` of length 1.
    WideChar,
    /// `float` and `double`.
    Float,
    /// `long double`, which Python's `float` cannot hold.
    LongDouble,
    /// The complex types.
    Complex,
}

use PrimitiveKind::{Bool, Char, Complex, Float, Integer, LongDouble, WideChar};

const SIGNED: PrimitiveKind = Integer { signed: true };
const UNSIGNED: PrimitiveKind = Integer { signed: false };

/// One row per type: the variant, the name that CFFI prints, the kind.
macro_rules! primitives {
    ($($variant:ident $name:literal $kind:expr;)*) => {
        /// A numeric type, under the name by which it was declared.
        ///
        /// As in CFFI, `int` and `int32_t` are different types, though they have the same size and
        /// sign: each name of the C standard is a type of its own. Only spellings are unified
        /// (`unsigned` is `unsigned int`, `bool` is `_Bool`).
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each variant is the C type that `name` gives")]
        pub enum Primitive {
            $($variant,)*
        }

        impl Primitive {
            /// Every primitive, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that CFFI prints: `unsigned int`, `int8_t`, `_Bool`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What sort of value it holds.
            #[must_use]
            pub const fn kind(self) -> PrimitiveKind {
                match self {
                    $(Self::$variant => $kind,)*
                }
            }
        }
    };
}

primitives! {
    Bool "_Bool" Bool;
    Char "char" Char;
    SignedChar "signed char" SIGNED;
    UnsignedChar "unsigned char" UNSIGNED;
    Short "short" SIGNED;
    UnsignedShort "unsigned short" UNSIGNED;
    Int "int" SIGNED;
    UnsignedInt "unsigned int" UNSIGNED;
    Long "long" SIGNED;
    UnsignedLong "unsigned long" UNSIGNED;
    LongLong "long long" SIGNED;
    UnsignedLongLong "unsigned long long" UNSIGNED;
    Int8 "int8_t" SIGNED;
    UInt8 "uint8_t" UNSIGNED;
    Int16 "int16_t" SIGNED;
    UInt16 "uint16_t" UNSIGNED;
    Int32 "int32_t" SIGNED;
    UInt32 "uint32_t" UNSIGNED;
    Int64 "int64_t" SIGNED;
    UInt64 "uint64_t" UNSIGNED;
    IntLeast8 "int_least8_t" SIGNED;
    UIntLeast8 "uint_least8_t" UNSIGNED;
    IntLeast16 "int_least16_t" SIGNED;
    UIntLeast16 "uint_least16_t" UNSIGNED;
    IntLeast32 "int_least32_t" SIGNED;
    UIntLeast32 "uint_least32_t" UNSIGNED;
    IntLeast64 "int_least64_t" SIGNED;
    UIntLeast64 "uint_least64_t" UNSIGNED;
    IntFast8 "int_fast8_t" SIGNED;
    UIntFast8 "uint_fast8_t" UNSIGNED;
    IntFast16 "int_fast16_t" SIGNED;
    UIntFast16 "uint_fast16_t" UNSIGNED;
    IntFast32 "int_fast32_t" SIGNED;
    UIntFast32 "uint_fast32_t" UNSIGNED;
    IntFast64 "int_fast64_t" SIGNED;
    UIntFast64 "uint_fast64_t" UNSIGNED;
    IntMax "intmax_t" SIGNED;
    UIntMax "uintmax_t" UNSIGNED;
    IntPtr "intptr_t" SIGNED;
    UIntPtr "uintptr_t" UNSIGNED;
    PtrDiff "ptrdiff_t" SIGNED;
    Size "size_t" UNSIGNED;
    SSize "ssize_t" SIGNED;
    WChar "wchar_t" WideChar;
    Char16 "char16_t" WideChar;
    Char32 "char32_t" WideChar;
    Float "float" Float;
    Double "double" Float;
    LongDouble "long double" LongDouble;
    FloatComplex "float _Complex" Complex;
    DoubleComplex "double _Complex" Complex;
}

impl Primitive {
    /// Size in bytes.
    #[must_use]
    pub const fn size(self) -> u64 {
        layout::primitive(self).size
    }

    /// Alignment in bytes.
    #[must_use]
    pub const fn align(self) -> u64 {
        layout::primitive(self).align
    }

    /// Whether it is an integer in C's sense: an array length or a constant may have this type.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Integer { .. } | Bool | Char | WideChar)
    }

    /// The type that a standard header gives to `name`, if any (`size_t`, `bool`). Not the keywords.
    #[must_use]
    pub fn from_standard_name(name: &str) -> Option<Self> {
        if name == "bool" {
            return Some(Self::Bool);
        }
        if !name.ends_with("_t") {
            return None;
        }
        Self::ALL.iter().copied().find(|primitive| primitive.name() == name)
    }
}
