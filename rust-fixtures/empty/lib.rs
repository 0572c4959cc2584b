//! The twin of `python-fixtures/empty`, with the function of its `source.c`.

use std::io::{self, Write};

embed_dll::embedding! {
    module: "_empty_cffi",
    api: file "../../python-fixtures/empty/api.h",
    init: file "../../python-fixtures/empty/init.py",
}

/// Starts Python.
#[unsafe(no_mangle)]
pub extern "C" fn initialize_my_empty_cffi() {
    if _empty_cffi_start() != 0 {
        // Who cannot be told is told by the abort.
        let _ = writeln!(io::stdout(), "oops, _empty_cffi_start() returned non-0");
        std::process::abort();
    }
}
