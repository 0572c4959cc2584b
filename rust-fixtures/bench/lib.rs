//! The twin of `python-fixtures/bench`, with the function of its `source.c`.

use std::ffi::c_int;

embed_dll::embedding! {
    module: "_bench_cffi",
    api: file "../../python-fixtures/bench/api.h",
    cdef: file "../../python-fixtures/bench/cdef.h",
    init: file "../../python-fixtures/bench/init.py",
}

extern "C" fn back(x: c_int) -> c_int {
    x + 1
}
