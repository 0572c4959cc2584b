//! A DLL with a copy of the run time of its own, for tests of several in one process.

use embed_dll::__private::{Locate, Options};
use embed_dll::__testing as embed;

/// 1: this copy has initialised the interpreter; 0: it has attached to one; -1: failed.
#[unsafe(no_mangle)]
pub extern "C" fn test_start() -> i64 {
    match embed::start(Locate::new(), Options::new()) {
        Ok(runtime) => runtime.ours.into(),
        Err(_) => -1,
    }
}

/// 1 if this copy has initialised the interpreter.
#[unsafe(no_mangle)]
pub extern "C" fn test_is_ours() -> i64 {
    embed::is_ours().into()
}

/// Runs Python: 42.
#[unsafe(no_mangle)]
pub extern "C" fn test_run() -> i64 {
    embed::run("import json; result = 42").ok().and_then(|text| text.parse().ok()).unwrap_or(-1)
}

/// Starts, and is called with the GIL held: from `ctypes.PyDLL`.
#[unsafe(no_mangle)]
pub extern "C" fn test_both() -> i64 {
    test_start() * 1000 + test_run()
}

/// The address of what all DLLs share.
#[unsafe(no_mangle)]
pub extern "C" fn test_registry() -> i64 {
    embed::registry() as i64
}
