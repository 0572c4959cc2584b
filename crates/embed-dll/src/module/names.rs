//! Names that are derived from the module's.

use std::ffi::CString;

use crate::spec::{Function, Module};

/// The start of the exported names: dots become underscores.
pub(super) fn c_name(module: &str) -> String {
    module.replace('.', "_")
}

/// What tracebacks call the init code, as with CFFI.
pub(super) fn init_file(module: &Module) -> String {
    format!("<init code for '{}'>", module.name())
}

/// The name of `lib` in `sys.modules`.
pub(super) fn lib(module: &Module) -> CString {
    CString::new(format!("{}.lib", module.name())).unwrap_or_default()
}

/// A function in messages: `my_plugin.add1`.
pub(crate) fn qualified(function: &Function) -> String {
    format!("{}.{}", function.module.name(), function.name)
}
