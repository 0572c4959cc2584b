//! What the tests of this crate reach inside with; they run each case in a process of its own.

use std::ffi::{CStr, CString};
use std::path::PathBuf;

use crate::python::{Owned, Py, Result as PyResult};
use crate::spec::{Locate, Options, Spec};
use crate::start;
pub use crate::start::{Runtime, StartError};

/// Starts as a DLL with these choices would.
///
/// # Errors
///
/// As the DLL would report them.
pub fn start(locate: Locate, options: Options) -> Result<&'static Runtime, StartError> {
    let spec = Spec {
        name: c"test",
        texts: &[],
        init: c"",
        functions: &[],
        symbols: &[],
        invokers: &[],
        layouts: &[],
        constants: &[],
        numbers: &[],
        lengths: &[],
        locate,
        options,
    };
    start::interpreter(&spec)
}

/// The file that the libpython is in; `None` if it is the executable.
pub fn library() -> Option<PathBuf> {
    start::runtime()?.library.clone()
}

/// Whether this DLL has initialised the interpreter.
pub fn is_ours() -> bool {
    start::runtime().is_some_and(|runtime| runtime.ours)
}

/// The address of what all embed-dll DLLs of the process share.
pub fn registry() -> usize {
    std::ptr::from_ref(start::process::registry()) as usize
}

/// Runs Python code in `__main__`, attached with the plain C API, and gives `str(result)`.
///
/// # Errors
///
/// The exception, or that nothing has been started.
pub fn run(code: &str) -> Result<String, String> {
    let runtime = start::runtime().ok_or("nothing has been started")?;
    let abi = runtime.abi;
    let code = CString::new(code).map_err(|error| error.to_string())?;
    // SAFETY: the interpreter runs; paired below.
    let state = unsafe { abi.PyGILState_Ensure() };
    // SAFETY: attached since a moment.
    let py = unsafe { Py::assume(abi) };
    let result = evaluate(py, &code).map_err(|raised| {
        let exception = raised.take(py);
        let text = exception.value.to_text().unwrap_or_else(|raised| {
            raised.forget(py);
            String::new()
        });
        format!("{}: {text}", exception.value.class_name())
    });
    // SAFETY: as above.
    unsafe { abi.PyGILState_Release(state) };
    result
}

fn evaluate(py: Py<'_>, code: &CStr) -> PyResult<String> {
    let builtins = py.import(c"builtins")?;
    let globals = py.dict()?;
    globals.dict_set(c"__builtins__", *builtins)?;
    let code = py.str(&code.to_string_lossy())?;
    let _: Owned<'_> = builtins.attr(c"exec")?.call(&[*code, *globals])?;
    match globals.dict_get(*py.str("result")?)? {
        Some(result) => result.to_text(),
        None => Ok(String::new()),
    }
}

/// The numbers that are compared with CPython's headers.
pub mod tables {
    pub use crate::start::tables::{
        CONFIG_BYTES, PRECONFIG_BYTES, TP_AS_BUFFER, TP_VERSION_TAG, fields, is_text,
    };

    pub use crate::python::Structure;

    /// Structures that are the same in all versions.
    pub fn structures() -> Vec<Structure> {
        let mut structures = crate::python::class::STRUCTURES.to_vec();
        structures.extend(crate::module::STRUCTURES);
        structures.extend([crate::ffi::BUFFER_STRUCTURE, crate::module::FLAGS_STRUCTURE]);
        structures
    }

    /// Fields of `PyTypeObject` in 3.8, counted from the end of an object's header.
    pub fn type_object_38() -> [(&'static str, usize); 2] {
        crate::python::class::TYPE_38
    }
}
