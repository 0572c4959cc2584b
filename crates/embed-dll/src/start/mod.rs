//! Starting the interpreter.

use std::path::PathBuf;

use crate::python::Abi;
use crate::spec::Spec;

/// The interpreter of this process, as this DLL sees it.
pub struct Runtime {
    /// Its C functions.
    pub abi: &'static Abi,
    /// The file that they are in; `None` if it is the executable.
    pub library: Option<PathBuf>,
    /// Whether this DLL initialised it.
    pub ours: bool,
}

/// Why there is no interpreter.
#[derive(Debug, Clone)]
pub struct StartError {
    /// What happened, what was tried and what to do.
    pub text: String,
    /// Whether another attempt can succeed in this process.
    pub retry: bool,
}

/// Finds, opens and initialises an interpreter, once.
pub fn interpreter(_spec: &Spec) -> Result<&'static Runtime, StartError> {
    unimplemented!()
}

/// The interpreter, if there is one.
pub fn runtime() -> Option<&'static Runtime> {
    None
}
