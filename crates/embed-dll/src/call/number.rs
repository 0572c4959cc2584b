//! Floating point and `_Bool`.

use std::marker::PhantomData;

use crate::python::{Owned, Result, View};

use super::aggregate::{loaded, stored};
use super::{Call, Parameter, ReturnValue};

/// `float` and `double`.
pub struct Floating<T>(PhantomData<T>);
/// `_Bool`; in the signature an `u8`, because a host may pass what is no `bool`.
pub struct Bool;

/// A Rust floating-point type that is also one of C.
pub trait Real: Copy {
    /// As a `double`.
    fn widen(self) -> f64;

    /// From a `double`; what is too large becomes infinite, as in C.
    fn narrow(value: f64) -> Self;
}

impl Real for f64 {
    #[inline]
    fn widen(self) -> f64 {
        self
    }

    #[inline]
    fn narrow(value: f64) -> f64 {
        value
    }
}

impl Real for f32 {
    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline]
    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

impl<T: Real> Parameter for Floating<T> {
    type C = T;

    #[inline]
    fn to_python<'a>(value: T, _index: usize, call: Call<'a>) -> Result<Owned<'a>> {
        call.py().float(value.widen())
    }
}

impl<T: Real> ReturnValue for Floating<T> {
    type C = T;

    #[inline]
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<T> {
        let abi = value.py().abi();
        if value.is_exactly(abi.PyFloat_Type) {
            // SAFETY: attached; for an exact `float` this cannot fail.
            return Ok(T::narrow(unsafe { abi.PyFloat_AsDouble(value.as_pointer()) }));
        }
        stored(value, call)
    }
}

impl Parameter for Bool {
    type C = u8;

    #[inline]
    fn to_python<'a>(value: u8, index: usize, call: Call<'a>) -> Result<Owned<'a>> {
        match value {
            0 | 1 => Ok(call.py().bool(value == 1)),
            _ => loaded(&value, index, call),
        }
    }
}

impl ReturnValue for Bool {
    type C = u8;

    #[inline]
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<u8> {
        let abi = value.py().abi();
        match value.as_pointer() {
            pointer if pointer == abi._Py_TrueStruct => Ok(1),
            pointer if pointer == abi._Py_FalseStruct => Ok(0),
            _ => stored(value, call),
        }
    }
}
