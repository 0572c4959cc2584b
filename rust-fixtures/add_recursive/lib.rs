//! The twin of `python-fixtures/add_recursive`, with the variable of its `source.c`.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "_add_recursive_cffi",
    api: file "../../python-fixtures/add_recursive/api.h",
    init: file "../../python-fixtures/add_recursive/init.py",
}

/// The host's function, which the init code calls.
#[unsafe(no_mangle)]
pub static mut my_callback: Option<unsafe extern "C" fn(c_int) -> c_int> = None;
