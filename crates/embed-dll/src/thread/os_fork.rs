//! `os.fork()`, which is left to Python but for one lock.
//!
//! Since 3.12 each thread that `threading` did not start, such as every thread of a host, leaves an
//! object behind whose destructor takes the lock around the list of threads. Python's child runs
//! those destructors before it makes that lock anew, so it hangs if another thread had it: one that
//! was just starting a thread, say. What Python calls before a fork has the lock taken here, in the
//! thread that goes on in the child.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{detached, listing};
use crate::python::abi::{self, Abi, Object};
use crate::python::class::{MethodDef, NOARGS};
use crate::python::{Py, Result as PyResult};

/// How long a fork waits for the lock, which nobody keeps for long. After that the child has to hope.
const LIMIT: Duration = Duration::from_secs(1);

thread_local! {
    /// The lock, from before a fork to after it. Without a destructor: no thread ends in between.
    static HELD: Cell<ManuallyDrop<Option<listing::Held>>> =
        const { Cell::new(ManuallyDrop::new(None)) };
}

static BEFORE: MethodDef = MethodDef {
    name: c"embed_dll_before_fork".as_ptr(),
    function: before as *const c_void,
    flags: NOARGS,
    doc: ptr::null(),
};

static AFTER: MethodDef = MethodDef {
    name: c"embed_dll_after_fork".as_ptr(),
    function: after as *const c_void,
    flags: NOARGS,
    doc: ptr::null(),
};

/// Registers with `os.register_at_fork`, for the interpreter of the calling thread.
///
/// # Errors
///
/// What that raises.
pub(super) fn watch(py: Py<'_>) -> PyResult<()> {
    if !listing::matters(py) {
        return Ok(());
    }
    let names = py.dict()?;
    names.dict_set(c"before", *py.function(&BEFORE)?)?;
    let after = py.function(&AFTER)?;
    names.dict_set(c"after_in_parent", *after)?;
    names.dict_set(c"after_in_child", *after)?;
    // Where `os` has it from, which need not be imported.
    py.import(c"posix")?.attr(c"register_at_fork")?.call_tuple(*py.tuple(&[])?, Some(*names))?;
    Ok(())
}

/// Called by Python, attached, before it forks, and by a fork of the host that has the lock already.
unsafe extern "C" fn before(_own: Object, _arguments: Object) -> Object {
    in_python(|py| {
        let begin = Instant::now();
        let held = loop {
            match listing::take(py) {
                None if begin.elapsed() < LIMIT => {
                    detached(py, || sleep(Duration::from_millis(1)));
                }
                held => break held,
            }
        };
        HELD.set(ManuallyDrop::new(held));
    })
}

/// Called by Python, attached, after the fork: in the parent, or in the child.
unsafe extern "C" fn after(_own: Object, _arguments: Object) -> Object {
    in_python(|py| {
        let held = HELD.replace(ManuallyDrop::new(None));
        if let Some(held) = ManuallyDrop::into_inner(held) {
            held.release(py);
        }
    })
}

/// Runs `body` in a function that Python calls, and gives it `None`.
fn in_python(body: impl FnOnce(Py<'_>)) -> Object {
    let Some(abi): Option<&'static Abi> = abi::get() else { return ptr::null_mut() };
    // SAFETY: attached, because Python calls.
    let py = unsafe { Py::assume(abi) };
    body(py);
    py.none().into_pointer()
}
