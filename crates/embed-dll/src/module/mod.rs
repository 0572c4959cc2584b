//! The module that the init code imports, and the life of an embedding DLL.

use std::ffi::{c_char, c_int};

use crate::python::abi::Object;
use crate::spec::Module;

/// What has become of a module in this process.
pub struct State {}

impl State {
    /// Nothing has happened yet.
    pub const fn new() -> State {
        State {}
    }
}

/// What `def_extern()` has attached to a function.
pub struct Attached {}

/// `<module>_start()`.
pub fn start(_module: &'static Module) -> c_int {
    unimplemented!()
}

/// `<module>_enter()`.
pub fn enter(_module: &'static Module) -> c_int {
    unimplemented!()
}

/// `<module>_leave()`.
pub fn leave(_module: &'static Module) -> c_int {
    unimplemented!()
}

/// `<module>_last_error()`.
pub fn last_error(_module: &'static Module) -> *const c_char {
    unimplemented!()
}

/// `PyInit_<module>()`.
pub fn py_init(_module: &'static Module) -> Object {
    unimplemented!()
}
