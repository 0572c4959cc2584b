//! A plugin whose functions are written in Python, with two written in Rust beside them.
//!
//! `cargo build -p embed-dll --example plugin` makes `target/debug/examples/libplugin.so`; `host.c` and
//! `host.rs` beside this file call it.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "my_plugin",
    // What the host sees.
    api: file "plugin.h",
    // What only Rust and Python see: one function that Python implements, one that it may call.
    cdef: r#"
        extern "Python" int mycb(int);
        int ten_times(int);
    "#,
    init: file "plugin.py",
}

/// Part of the C API, written in Rust; calls Python. Python starts when `mycb` is reached, not
/// before.
#[unsafe(no_mangle)]
pub extern "C" fn myfunc(a: c_int, b: c_int) -> c_int {
    let product = a.wrapping_mul(b);
    // SAFETY: the function takes any int.
    unsafe { mycb(product) }
}

/// For Python only: `lib.ten_times(x)`.
pub extern "C" fn ten_times(x: c_int) -> c_int {
    x.wrapping_mul(10)
}
