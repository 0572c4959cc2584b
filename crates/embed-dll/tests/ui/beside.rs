//! Items beside the macro that are missing or do not fit.

use std::ffi::{c_int, c_long};

embed_dll::embedding! {
    module: "my_plugin",
    api: r#"
        typedef struct { int x, y; } point_t;
        extern int absent;
        extern int other_type;
    "#,
    cdef: r#"
        int other_result(int);
        typedef struct { int n; ...; } part_t;
    "#,
    rust: [point_t],
}

#[unsafe(no_mangle)]
pub static mut other_type: c_long = 0;

extern "C" fn other_result(x: c_int) -> c_long {
    c_long::from(x)
}

#[repr(C)]
struct part_t {
    before: c_long,
    n: c_long,
}

#[repr(C)]
struct point_t {
    y: c_int,
    x: c_int,
}

fn main() {}
