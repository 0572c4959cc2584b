//! The objects of a module: itself, `ffi`, `lib`. Made once, never replaced.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::{Vectorcall, vectorcall};
use crate::ffi;
use crate::python::abi::{Abi, PyInterpreterState};
use crate::python::{ExceptionKind, Key, Owned, Py, Result, View};
use crate::spec::Module;
use crate::start::{self, Runtime};
use crate::thread;

use super::{lib_object, names};

/// A module whose objects exist, and what calls need of the interpreter.
pub(crate) struct Ready {
    /// The interpreter.
    pub(crate) runtime: &'static Runtime,
    /// Its functions, which calls need at once.
    pub(crate) abi: &'static Abi,
    /// How to call Python functions.
    pub(crate) vectorcall: Vectorcall,
    interpreter: *mut PyInterpreterState,
    module: Key,
    lib: Key,
}

// SAFETY: the pointer is only compared.
unsafe impl Send for Ready {}
// SAFETY: as above.
unsafe impl Sync for Ready {}

impl Ready {
    /// The module's objects, which are made by the first call.
    ///
    /// # Errors
    ///
    /// `ImportError` in a sub-interpreter; `ffi.error` if the declarations do not fit the DLL;
    /// `MemoryError`.
    pub(super) fn prepare(
        py: Py<'_>,
        module: &'static Module,
        runtime: &'static Runtime,
    ) -> Result<&'static Ready> {
        if let Some(ready) = module.state.prepared() {
            return Ok(ready);
        }
        // Before anything is made: it would belong to the sub-interpreter, and end with it.
        if !py.is_in_main_interpreter() {
            return Err(py.raise(ExceptionKind::Import, subinterpreter(module)));
        }
        // From here on Python refers to functions of the DLL.
        start::pin();
        threads_started(py, runtime)?;
        let abi = py.abi();
        ffi::prepare(py)?;
        let types = super::types(module).map_err(|text| py.raise(ExceptionKind::Import, text))?;
        let ffi = ffi::new_ffi(py, types, module)?;
        let lib = lib_object::new(py, types, module)?;
        let name = py.str(module.name())?;
        // SAFETY: attached; returns a new reference or null.
        let object = unsafe { py.own(abi.PyModule_NewObject(name.as_pointer()))? };
        object.set_attr(c"ffi", *ffi)?;
        object.set_attr(c"lib", *lib)?;
        let ready = Ready {
            runtime,
            abi: runtime.abi,
            vectorcall: vectorcall(abi),
            interpreter: py.main_interpreter(),
            module: object.keep(),
            lib: lib.keep(),
        };
        Ok(module.state.publish(ready))
    }

    /// Whether the thread is attached to another interpreter than the one that the module lives in.
    #[inline]
    pub(crate) fn is_foreign(&self, py: Py<'_>) -> bool {
        py.interpreter() != self.interpreter
    }

    /// The module object.
    pub(super) fn module<'a>(&'a self, py: Py<'a>) -> View<'a> {
        self.module.view(py)
    }

    /// Puts the module and `lib` into `sys.modules`, unless they are there.
    ///
    /// Another embedding DLL may have used the name: each keeps the functions that it has attached,
    /// and the init code of each must find its own module, as with CFFI.
    ///
    /// # Errors
    ///
    /// `ImportError` if a module that is none of an embedding DLL has the name.
    pub(super) fn register(&self, py: Py<'_>, module: &'static Module) -> Result<()> {
        // SAFETY: attached; borrowed, and alive as long as the interpreter.
        let modules = unsafe { py.view(py.abi().PyImport_GetModuleDict()) };
        let Some(modules) = modules else { return Ok(()) };
        let own = self.module(py);
        match modules.dict_get(*py.str(module.name())?)? {
            Some(there) if there.is(own) => {}
            Some(there) if !is_embedding(*there) => return Err(taken(py, module, *there)),
            Some(_) | None => modules.dict_set(module.spec.name, own)?,
        }
        self.register_lib(modules, &names::lib(module))
    }

    /// Only `lib`: an import puts the module itself there.
    pub(super) fn register_lib(&self, modules: View<'_>, name: &CStr) -> Result<()> {
        modules.dict_set(name, self.lib.view(modules.py()))
    }
}

/// Tells the thread code, once in this DLL, that there is an interpreter.
fn threads_started(py: Py<'_>, runtime: &'static Runtime) -> Result<()> {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if TOLD.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    thread::started(runtime, py).inspect_err(|_| TOLD.store(false, Ordering::Release))
}

/// Why there is nothing for a sub-interpreter.
pub(super) fn subinterpreter(module: &Module) -> String {
    format!(
        "module {} does not support loading in subinterpreters: its C functions always run in the \
         main interpreter",
        module.name()
    )
}

/// Whether it is the module of an embedding DLL, of this kind or of CFFI's.
fn is_embedding(there: View<'_>) -> bool {
    [c"ffi", c"lib"].into_iter().all(|name| match there.attr(name) {
        Ok(_) => true,
        Err(raised) => {
            raised.forget(there.py());
            false
        }
    })
}

fn taken(py: Py<'_>, module: &'static Module, there: View<'_>) -> crate::python::Raised {
    let name = module.name();
    let other = describe(there).unwrap_or_else(|raised| {
        raised.forget(py);
        String::from("another module")
    });
    py.raise(
        ExceptionKind::Import,
        format_args!(
            "there is already a module '{name}' in sys.modules: {other}; give the DLL another name"
        ),
    )
}

fn describe(there: View<'_>) -> Result<String> {
    let repr: Owned<'_> = there.py().str(&there.to_repr()?)?;
    repr.to_text()
}
