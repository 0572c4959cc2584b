//! Proofs, made by the compiler of the author's crate, that items written in Rust fit what C
//! declares.

use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
};

use embed_dll_cdecl::Primitive;

/// Room for a `long double`, which Rust has no type for.
#[repr(C, align(16))]
#[derive(Debug, Clone, Copy)]
pub struct LongDouble(pub [u8; 16]);

/// Types that can stand for `C` in memory: of the same size and alignment, and valid for whatever
/// Python stores there. `Name` says, in messages, of what.
#[diagnostic::on_unimplemented(
    message = "`{Name}` is `{Self}` in Rust, but by its declaration in C it is `{C}`",
    label = "declared here as `{C}`",
    note = "a variable that is `NoItem` is missing: write it beside the macro, as `static mut` (or \
            `static`, if it is `const` in C) with this name and type; one of `api` needs \
            `#[unsafe(no_mangle)] pub` before it"
)]
pub trait Fits<C, Name> {}

impl<C, Name> Fits<C, Name> for C {}
// Python code stores 0 and 1 only.
impl<Name> Fits<u8, Name> for bool {}
impl<T, Name> Fits<*mut T, Name> for *const T {}
impl<T, Name> Fits<*mut T, Name> for AtomicPtr<T> {}
impl<Name> Fits<u8, Name> for AtomicBool {}

macro_rules! atomic {
    ($($atomic:ty: $plain:ty,)*) => {$(impl<Name> Fits<$plain, Name> for $atomic {})*};
}

atomic! {
    AtomicI8: i8, AtomicI16: i16, AtomicI32: i32, AtomicI64: i64, AtomicIsize: isize,
    AtomicU8: u8, AtomicU16: u16, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize,
}

/// In the place of a variable that the author has not written. It fits nothing.
#[derive(Debug)]
pub struct NoItem;

/// The address of a variable whose type fits.
pub const fn variable<C, T: Fits<C, Name>, Name>(address: *mut T) -> *mut T {
    address
}

/// The size of a field whose type fits, in bytes.
pub const fn field<C, T: Fits<C, Name>, Name>(address: *const T) -> u64 {
    size(address)
}

/// The size of what is there, in bytes.
pub const fn size<T>(_: *const T) -> u64 {
    size_of::<T>() as u64
}

/// The number of items of an array.
pub const fn length<C, const N: usize>(_: *const [C; N]) -> u64 {
    N as u64
}

/// Says that a number is a floating-point type, for [`Number`].
pub const FLOAT: bool = true;
/// Says that a number is an integer, for [`Number`].
pub const INTEGER: bool = false;

/// What `typedef int... name;` and `typedef float... name;` can stand for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number of the kind that the C declaration says"
)]
pub trait Number<const IS_FLOAT: bool> {
    /// A C type of the same size and sign.
    const PRIMITIVE: Primitive;
}

macro_rules! numbers {
    ($($kind:ident $ty:ty => $primitive:ident,)*) => {$(
        impl Number<$kind> for $ty {
            const PRIMITIVE: Primitive = Primitive::$primitive;
        }
    )*};
}

numbers! {
    INTEGER i8 => SignedChar, INTEGER u8 => UnsignedChar, INTEGER i16 => Short,
    INTEGER u16 => UnsignedShort, INTEGER i32 => Int, INTEGER u32 => UnsignedInt,
    INTEGER i64 => Long, INTEGER u64 => UnsignedLong, INTEGER isize => Long,
    INTEGER usize => UnsignedLong, FLOAT f32 => Float, FLOAT f64 => Double,
}

/// Types of constants declared with `...`.
#[diagnostic::on_unimplemented(message = "a C constant is an integer, and `{Self}` is none")]
pub trait Constant {}

macro_rules! constants {
    ($($ty:ty)*) => {$(impl Constant for $ty {})*};
}

constants! { bool char i8 u8 i16 u16 i32 u32 i64 u64 isize usize }

/// Accepts integers only.
pub fn integer<T: Constant>(_: T) {}
