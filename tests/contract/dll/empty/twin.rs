//! The DLL of this folder, made with embed-dll.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "_empty_cffi",
}

/// `cffi_start_python()` has another name here.
#[unsafe(no_mangle)]
pub extern "C" fn start_empty() -> c_int {
    _empty_cffi_start()
}
