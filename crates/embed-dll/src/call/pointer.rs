//! Pointers, to data and to functions.

use std::ffi::c_void;
use std::marker::PhantomData;

use crate::ffi;
use crate::python::{Owned, Result, View};

use super::aggregate::{loaded, stored};
use super::{Call, Parameter, ReturnValue, keep};

/// Any pointer, to data or to a function.
pub struct Pointer<T>(PhantomData<T>);

impl<T: Copy> Parameter for Pointer<T> {
    type C = T;

    #[inline]
    fn to_python<'a>(value: T, index: usize, call: &Call<'a>) -> Result<Owned<'a>> {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        loaded(&value, index, call)
    }
}

impl<T: Copy> ReturnValue for Pointer<T> {
    type C = T;

    #[inline]
    fn from_python(value: View<'_>, call: &Call<'_>) -> Result<T> {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        let pointer = stored(value, call)?;
        if let Some(owner) = ffi::owner_of(value) {
            keep::until_later(call.py(), owner);
        }
        Ok(pointer)
    }
}
