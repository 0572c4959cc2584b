//! The module that the init code imports, and the life of an embedding DLL.
//!
//! ```text
//! first call, or <module>_start()            import in a running Python
//!   interpreter (crate::start)                 PyInit_<module> (py_init)
//!   one thread at a time (once, join)          module objects (ready)
//!   module objects (ready)                     … first call: as on the left
//!   init code (init)
//! ```
//!
//! What fails is written to standard error (report) and kept for the host (errors).

#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "C calls that belong together, and whose results are taken over at once"
)]

mod attached;
mod def_extern;
mod errors;
mod init;
mod join;
mod lib_function;
mod lib_object;
mod names;
mod once;
mod py_init;
mod ready;
mod report;
mod text;

use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::descriptor::to_descriptor;
use crate::python::abi::Object;
use crate::spec::Module;
use crate::start::Runtime;
use crate::{ffi, thread};

pub use attached::Attached;
pub(crate) use attached::{Hold, with_error_value};
pub(crate) use def_extern::def_extern;
pub(crate) use errors::failed;
pub(crate) use init::FLAGS_STRUCTURE;
pub(crate) use lib_function::function_pointer;
pub(crate) use lib_object::{Addressed, addressed, unknown};
pub(crate) use names::qualified;
pub(crate) use once::NotReady;
pub(crate) use py_init::STRUCTURES;
pub(crate) use ready::Ready;
pub(crate) use report::{Place, Report, returning};

/// What has become of a module in this process.
pub struct State {
    /// Set when the init code has run to its end.
    ready: AtomicPtr<Ready>,
    /// Set when the module objects exist; never changes again.
    prepared: AtomicPtr<Ready>,
    /// Set when the init code is run for the first time.
    begun: AtomicBool,
    once: once::Once,
    errors: errors::Errors,
}

impl State {
    /// Nothing has happened yet.
    pub const fn new() -> State {
        State {
            ready: AtomicPtr::new(ptr::null_mut()),
            prepared: AtomicPtr::new(ptr::null_mut()),
            begun: AtomicBool::new(false),
            once: once::Once::new(),
            errors: errors::Errors::new(),
        }
    }

    /// The module, if its init code has run to its end.
    #[inline]
    pub(crate) fn ready(&self) -> Option<&'static Ready> {
        // SAFETY: null, or published once and never freed.
        unsafe { self.ready.load(Ordering::Acquire).as_ref() }
    }

    /// The module, if its objects exist.
    pub(crate) fn prepared(&self) -> Option<&'static Ready> {
        // SAFETY: null, or published once and never freed.
        unsafe { self.prepared.load(Ordering::Acquire).as_ref() }
    }

    /// Makes `ready` the module's objects; the first stay.
    fn publish(&self, ready: Ready) -> &'static Ready {
        let new = Box::into_raw(Box::new(ready));
        let published = self.prepared.compare_exchange(
            ptr::null_mut(),
            new,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match published {
            // SAFETY: from a box just now, published, never freed.
            Ok(_) => unsafe { &*new },
            Err(first) => {
                // SAFETY: from a box just now, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: published, and never freed.
                unsafe { &*first }
            }
        }
    }
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl Module {
    /// The dotted name.
    pub(crate) fn name(&self) -> &'static str {
        self.spec.name.to_str().unwrap_or("?")
    }

    /// The module for a call from C: starts the interpreter and runs the init code if nobody has,
    /// waits for whoever is doing it. A thread that runs the init code itself gets the module as
    /// far as it is.
    ///
    /// # Errors
    ///
    /// Why the function must not run.
    pub(crate) fn ready(&'static self) -> Result<&'static Ready, NotReady> {
        match self.state.ready() {
            Some(ready) => Ok(ready),
            None => init::once(self, once::Retry::Never),
        }
    }
}

/// Runs the body of an exported function of the module's own: a panic of this crate ends here, and
/// `errno` stays.
fn exported<R>(failed: R, body: impl FnOnce() -> R) -> R {
    // SAFETY: returns the address of a variable of the calling thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or(failed);
    // SAFETY: as above.
    unsafe { *errno = before };
    result
}

/// `<module>_start()`: starts the interpreter and runs the init code, if that has not happened yet.
/// After a failure it tries again, where CPython allows it. 0, or -1 with the reason on standard
/// error and in [`last_error`]; -1 also if the interpreter has been finalised since.
pub fn start(module: &'static Module) -> c_int {
    exported(-1, || {
        let (reason, printed) = match module.state.ready() {
            Some(_) => match thread::open() {
                Ok(()) => return 0,
                Err(refused) => (refused.to_string(), false),
            },
            None => match init::once(module, once::Retry::Allowed) {
                Ok(_) => return 0,
                Err(reason) => {
                    let printed = matches!(reason, NotReady::Failed { printed: true, .. });
                    (reason.to_string(), printed)
                }
            },
        };
        if !printed {
            to_descriptor(&format!("{}_start(): {reason}\n", names::c_name(module.name())));
        }
        errors::failed(module, &reason);
        -1
    })
}

fn runtime(module: &'static Module) -> Result<&'static Runtime, NotReady> {
    module.ready().map(|ready| ready.runtime)
}

/// `<module>_enter()`: the calling thread stays in the interpreter until the matching
/// [`leave`]. 0, or -1 with the reason in [`last_error`].
pub fn enter(module: &'static Module) -> c_int {
    exported(-1, || {
        let entered = match runtime(module) {
            Ok(runtime) => thread::enter(runtime).map_err(|refused| refused.to_string()),
            Err(reason) => Err(reason.to_string()),
        };
        match entered {
            Ok(()) => 0,
            Err(reason) => {
                errors::failed(module, &reason);
                -1
            }
        }
    })
}

/// `<module>_leave()`: undoes one [`enter`] of this thread. 0, or -1 if there is none to undo.
pub fn leave(module: &'static Module) -> c_int {
    exported(-1, || match thread::leave() {
        Ok(()) => 0,
        Err(misuse) => {
            errors::failed(module, &misuse.to_string());
            -1
        }
    })
}

/// `<module>_last_error()`: the last failure of this thread in this module; if it had none, why the
/// module could not start; else null. The text stays until the thread's next failure in any module
/// of this DLL, or until the thread ends; calls that succeed do not change it.
pub fn last_error(module: &'static Module) -> *const c_char {
    exported(ptr::null(), || errors::last(module))
}

/// `PyInit_<last part of the module's name>()`.
pub fn py_init(module: &'static Module) -> Object {
    exported(ptr::null_mut(), || py_init::definition(module))
}

/// What `ffi` and `lib` are made of, for the module objects.
fn types(module: &'static Module) -> Result<ffi::Types, String> {
    ffi::Types::new(&module.spec)
}
