//! Which interpreter a thread is attached to.

use std::ptr;

use super::abi::PyInterpreterState;
use super::object::Py;

impl Py<'_> {
    /// The interpreter that the thread is attached to; only to be compared.
    pub fn interpreter(self) -> *mut PyInterpreterState {
        let abi = self.abi();
        // SAFETY: attached, as the token says.
        let interpreter = unsafe { abi.PyInterpreterState_Get() };
        // SAFETY: as above: the name that 3.8 has for it.
        let interpreter = interpreter.or_else(|| unsafe { abi._PyInterpreterState_Get() });
        interpreter.unwrap_or(ptr::null_mut())
    }

    /// The main interpreter; only to be compared.
    pub fn main_interpreter(self) -> *mut PyInterpreterState {
        // SAFETY: attached, as the token says.
        let main = unsafe { self.abi().PyInterpreterState_Main() };
        main.unwrap_or_else(|| self.interpreter())
    }

    /// Whether the thread is attached to the main interpreter, and not to a sub-interpreter.
    pub fn is_in_main_interpreter(self) -> bool {
        self.interpreter() == self.main_interpreter()
    }
}
