//! Pointers, to data and to functions.

use std::ffi::c_void;
use std::marker::PhantomData;

use crate::ffi;
use crate::python::{Owned, Result, View};

use super::{Call, Parameter, ReturnValue, keep};

/// Any pointer, to data or to a function.
pub struct Pointer<T>(PhantomData<T>);

impl<T: Copy> Parameter for Pointer<T> {
    type C = T;

    #[inline]
    fn to_python<'a>(value: T, index: usize, call: Call<'a>) -> Result<Owned<'a>> {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        // SAFETY: `T` is as large as a pointer, and the macro uses it for pointers only.
        let address = unsafe { std::mem::transmute_copy::<T, *const c_void>(&value) };
        ffi::new_pointer(call.py(), call.parameter(index), address)
    }
}

impl<T: Copy> ReturnValue for Pointer<T> {
    type C = T;

    #[inline]
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<T> {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        let address = ffi::pointer_from(call.result(), value)?;
        if let Some(owner) = ffi::owner_of(value) {
            keep::until_later(call.py(), owner);
        }
        // SAFETY: `T` is a pointer, or an optional function pointer, of the type that the ctype
        // says; null is a value of both.
        Ok(unsafe { std::mem::transmute_copy::<*mut c_void, T>(&address) })
    }
}
