//! The DLL of this folder, made with embed-dll.

use std::ffi::{c_char, c_double, c_int, c_void};
use std::ptr::null_mut;

embed_dll::embedding! {
    module: "_globals_cffi",
    api: file "api.h",
    cdef: file "cdef.h",
    init: file "init.py",
}

/// The `#define` of `source.c`.
const GLOBALS_FROM_C: c_int = 1234;

/// The constant of `source.c`.
#[expect(non_upper_case_globals, reason = "the name is that of the C constant")]
const g_constant: c_int = 99;

macro_rules! variables {
    ($($name:ident: $ty:ty = $value:expr;)*) => {$(
        /// A variable of `source.c`.
        #[unsafe(no_mangle)]
        pub static mut $name: $ty = $value;
    )*};
}

variables! {
    g_int: c_int = 42;
    g_text: *const c_char = c"from C".as_ptr();
    g_point: gpt_t = gpt_t { x: 1, y: 2 };
    g_array: [c_int; 4] = [1, 2, 3, 4];
    g_double: c_double = 0.5;
    g_function: Option<unsafe extern "C" fn(c_int, c_int) -> c_int> = None;
    g_anything: *mut c_void = null_mut();
}

/// The function of `source.c` that only Python may call.
extern "C" fn g_helper(x: c_int) -> c_int {
    x + GLOBALS_FROM_C
}
