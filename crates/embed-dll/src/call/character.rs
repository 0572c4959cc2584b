//! `char` and the wide characters.

use crate::python::{Owned, Result, View};

use super::aggregate::{loaded, stored};
use super::{Call, Parameter, ReturnValue};

macro_rules! characters {
    ($($(#[$doc:meta])* $name:ident $type:ty;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Parameter for $name {
            type C = $type;

            fn to_python<'a>(value: $type, index: usize, call: Call<'a>) -> Result<Owned<'a>> {
                loaded(&value, index, call)
            }
        }

        impl ReturnValue for $name {
            type C = $type;

            fn from_python(value: View<'_>, call: Call<'_>) -> Result<$type> {
                stored(value, call)
            }
        }
    )*};
}

characters! {
    /// `char`.
    Char std::ffi::c_char;
    /// `wchar_t`.
    WideChar libc::wchar_t;
    /// `char16_t`.
    Char16 u16;
    /// `char32_t`.
    Char32 u32;
}
