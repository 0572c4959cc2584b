//! A call from C into Python: the hot path.
//!
//! `embedding!` writes one exported function per declaration, of exactly the declared signature,
//! whose body is one call of [`call`]. Converters are chosen by type, at compile time.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use crate::python::abi::Object;
use crate::python::{Owned, Py, Result, View};
use crate::spec::Function;

/// What converters may ask while a call is prepared or its result converted.
pub struct Call<'a> {
    py: Py<'a>,
    function: &'static Function,
}

/// How a parameter of a C type becomes a Python object.
pub trait Parameter {
    /// The type in the signature.
    type C: Copy;

    /// A new object for parameter number `index`.
    ///
    /// # Errors
    ///
    /// What the conversion raises.
    fn to_python<'a>(value: Self::C, index: usize, call: &Call<'a>) -> Result<Owned<'a>>;
}

/// How a Python object becomes a result of a C type.
pub trait ReturnValue {
    /// The type in the signature.
    type C;

    /// The value.
    ///
    /// # Errors
    ///
    /// `TypeError`, `OverflowError` or what the object's methods raise.
    fn from_python(value: View<'_>, call: &Call<'_>) -> Result<Self::C>;
}

/// The arguments of one call, laid out for `PyObject_Vectorcall`.
#[repr(C)]
pub struct Stack<const N: usize> {
    /// `PY_VECTORCALL_ARGUMENTS_OFFSET`: the callee may overwrite the place before the arguments.
    before: MaybeUninit<Object>,
    values: [MaybeUninit<Object>; N],
    filled: usize,
}

/// Any integer type and any enum: `T` is the Rust integer of the same size and sign.
pub struct Integer<T>(PhantomData<T>);
/// `float` and `double`.
pub struct Floating<T>(PhantomData<T>);
/// `_Bool`; in the signature an `u8`, because a host may pass what is no `bool`.
pub struct Bool;
/// `char`.
pub struct Char;
/// `wchar_t`.
pub struct WideChar;
/// `char16_t`.
pub struct Char16;
/// `char32_t`.
pub struct Char32;
/// Any pointer, to data or to a function.
pub struct Pointer<T>(PhantomData<T>);
/// A struct or union by value.
pub struct Record<T>(PhantomData<T>);
/// `void`, as a result.
pub struct Void;

/// Calls `function`; `fill` converts the arguments.
pub fn call<R: ReturnValue, const N: usize>(
    _function: &'static Function,
    _fill: impl FnOnce(&Call<'_>, &mut Stack<N>) -> Result<()>,
) -> R::C {
    unimplemented!()
}
