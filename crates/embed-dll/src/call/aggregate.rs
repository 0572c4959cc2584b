//! Structs and unions by value, `void`, and the conversions that every type can use.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use crate::ffi::{self, Place};
use crate::python::{ExceptionKind, Owned, Result, View};

use super::{Call, Parameter, ReturnValue};

/// A struct or union by value.
pub struct Record<T>(PhantomData<T>);
/// `void`, as a result.
pub struct Void;

/// A Python object for parameter number `index` through its ctype. Records are copied.
pub(super) fn loaded<'a, T>(value: &T, index: usize, call: Call<'a>) -> Result<Owned<'a>> {
    let at = (&raw const *value).cast();
    // SAFETY: `T` is the C type of the parameter, whose ctype this is.
    unsafe { ffi::load(call.py(), call.parameter(index), at, Place::Copy) }
}

/// A result through its ctype, by the rules and with the messages of CFFI.
pub(super) fn stored<T>(value: View<'_>, call: Call<'_>) -> Result<T> {
    let mut result = MaybeUninit::<T>::zeroed();
    // SAFETY: `T` is the C type of the result, whose ctype this is.
    unsafe { ffi::store(call.py(), call.result(), result.as_mut_ptr().cast(), value)? };
    // SAFETY: it was zeros, which are a value of every C type, and then perhaps overwritten.
    Ok(unsafe { result.assume_init() })
}

impl<T: Copy> Parameter for Record<T> {
    type C = T;

    fn to_python<'a>(value: T, index: usize, call: Call<'a>) -> Result<Owned<'a>> {
        loaded(&value, index, call)
    }
}

impl<T: Copy> ReturnValue for Record<T> {
    type C = T;

    fn from_python(value: View<'_>, call: Call<'_>) -> Result<T> {
        stored(value, call)
    }
}

impl ReturnValue for Void {
    type C = ();

    #[inline]
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<()> {
        if value.is_none() {
            return Ok(());
        }
        let words = "callback with the return type 'void' must return None";
        Err(call.py().raise(ExceptionKind::Type, words))
    }
}
