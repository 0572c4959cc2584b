//! The DLL of this folder, made with embed-dll.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "_seed_cffi",
    api: file "api.h",
    cdef: file "cdef.h",
    init: file "init.py",
}

/// The function of `source.c`: reaches Python only for some arguments.
#[unsafe(no_mangle)]
pub extern "C" fn myfunc(mut a: c_int, b: c_int) -> c_int {
    let mut product = 1;
    if b < a {
        // SAFETY: a text that ends, and stays.
        unsafe { note(c"b is less than a".as_ptr()) };
    }
    while a < b {
        // SAFETY: may be called with any number, from any thread.
        product *= unsafe { mycb(a) };
        a += 1;
    }
    product
}

/// The function of `source.c` that never reaches Python.
#[unsafe(no_mangle)]
pub extern "C" fn pure(a: c_int) -> c_int {
    a * a
}

/// `cffi_start_python()` has another name here.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> c_int {
    _seed_cffi_start()
}
