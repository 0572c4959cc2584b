//! The DLL of this folder, made with embed-dll.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "_imp_cffi",
    api: file "api.h",
    init: file "init.py",
}

/// The variable of `source.c`.
#[unsafe(no_mangle)]
pub static mut imp_global: c_int = 42;
