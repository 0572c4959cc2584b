//! Functions of CPython that exist to start it, and how they tell failure.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::find::loaded::Image;

/// `PyStatus`, returned by value; the same from 3.8 to 3.15.
#[repr(C)]
pub(super) struct Status {
    /// 0: ok, 1: error, 2: exit.
    kind: c_int,
    func: *const c_char,
    message: *const c_char,
    code: c_int,
}

impl Status {
    /// Whether it is no failure.
    ///
    /// # Errors
    ///
    /// `func: message`, as CPython would have printed before it ended the process.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.kind {
            0 => Ok(()),
            1 => {
                // SAFETY: null or a constant string of libpython.
                let func = unsafe { text(self.func) };
                // SAFETY: null or a constant string of libpython.
                let message = unsafe { text(self.message) };
                let message = message.unwrap_or_else(|| String::from("no message"));
                Err(func.map_or_else(|| message.clone(), |func| format!("{func}: {message}")))
            }
            _ => Err(format!("CPython wants the process to exit with code {}", self.code)),
        }
    }
}

/// A C string, if there is one.
///
/// # Safety
///
/// `text` must be null or a C string.
pub(super) unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// The address of a function that a version must have.
pub(super) fn address(image: &Image, name: &'static CStr) -> Result<*mut c_void, String> {
    let address = image.symbol(name);
    if address.is_null() {
        let (major, minor) = image.version;
        return Err(format!(
            "Python {major}.{minor} in {} has no function {}, so this DLL cannot start it",
            image.shown(),
            name.to_string_lossy()
        ));
    }
    Ok(address)
}

/// Declares a table of functions that are found by name.
macro_rules! functions {
    ($(#[$doc:meta])* $table:ident { $($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)* }) => {
        $(#[$doc])*
        #[expect(non_snake_case, reason = "the fields are named as the functions of the C API")]
        struct $table {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl $table {
            fn find(image: &Image) -> Result<$table, String> {
                Ok($table {
                    $($name: {
                        const NAME: &::std::ffi::CStr =
                            match ::std::ffi::CStr::from_bytes_with_nul(
                                concat!(stringify!($name), "\0").as_bytes(),
                            ) {
                                Ok(name) => name,
                                Err(_) => c"?",
                            };
                        let address = $crate::start::status::address(image, NAME)?;
                        // SAFETY: the symbol is the function of this name, whose prototype in
                        // CPython's headers is the one that is written here.
                        unsafe {
                            ::std::mem::transmute::<
                                *mut ::std::ffi::c_void,
                                unsafe extern "C" fn($($argument),*) $(-> $result)?,
                            >(address)
                        }
                    },)*
                })
            }
        }
    };
}
pub(super) use functions;
