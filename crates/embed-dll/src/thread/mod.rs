//! Threads of the host in the interpreter.

use crate::python::{Py, Result as PyResult};
use crate::start::Runtime;

/// The thread is attached until this is dropped.
pub struct Attachment {
    runtime: &'static Runtime,
}

/// Why a thread may not attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The interpreter is being finalised.
    Finalising,
    /// It has been finalised.
    Finalised,
    /// The process was forked while another thread was in the interpreter.
    ForkedWhileBusy,
}

impl Attachment {
    /// The token.
    pub fn py(&self) -> Py<'_> {
        // SAFETY: attached as long as `self` lives.
        unsafe { Py::assume(self.runtime.abi) }
    }
}

/// Attaches the calling thread.
pub fn attach(_runtime: &'static Runtime) -> Result<Attachment, Refused> {
    unimplemented!()
}

/// Runs `body` detached.
pub fn detached<R>(_py: Py<'_>, _body: impl FnOnce() -> R) -> R {
    unimplemented!()
}

/// Once, after start.
pub fn started(_runtime: &'static Runtime, _py: Py<'_>) -> PyResult<()> {
    unimplemented!()
}
