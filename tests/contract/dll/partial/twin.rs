//! The DLL of this folder, made with embed-dll.

use std::ffi::{c_char, c_double, c_int, c_long, c_short};

embed_dll::embedding! {
    module: "_partial_cffi",
    api: file "api.h",
    cdef: file "cdef.h",
    init: file "init.py",
}

/// The type of `source.c`, of which Python knows a part.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct part_t {
    hidden: c_double,
    n: c_int,
    more: [c_char; 20],
}

/// The other.
#[repr(C)]
pub struct tail_s {
    before: c_long,
    kind: c_short,
}
