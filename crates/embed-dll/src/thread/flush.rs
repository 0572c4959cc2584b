//! Writing out what `print` has buffered when the process ends.
//!
//! Nobody finalises an embedded Python, so without this the last lines of a program are lost
//! whenever its output is a file or a pipe.

use std::ffi::CStr;
use std::sync::Once;
use std::time::Duration;

use super::{Errno, closing, probe, record, runtime};
use crate::python::abi::Abi;

/// How long the end of the process waits for the GIL and for the writing.
const LIMIT: Duration = Duration::from_millis(500);

/// Destructors of a file run after all handlers of `atexit`, in which a host may still call.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = flush;

/// Registers for the end of the process. Where the linker keeps [`AT_END`], this is the first of
/// two times.
pub(super) fn at_exit() {
    static ONCE: Once = Once::new();
    // SAFETY: the function stays mapped: an embedding DLL is never unmapped after its start.
    ONCE.call_once(|| drop(unsafe { libc::atexit(flush) }));
}

extern "C" fn flush() {
    let Some(runtime) = runtime().filter(|_| closing::is_open()) else { return };
    let _errno = Errno::save();
    let abi = runtime.abi;
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    // SAFETY: may be called by any thread at any time.
    let state = unsafe { (abi.PyGILState_GetThisThreadState)() };
    if super::is_attached(abi, own, state) {
        // exit() was called by a C function that Python called with the GIL held.
        flush_attached(abi);
    } else {
        // If another thread keeps the GIL, the lines are lost, but the process ends.
        probe::attached_elsewhere(abi, LIMIT, flush_attached);
    }
}

fn flush_attached(abi: &'static Abi) {
    for name in [c"stdout", c"stderr"] {
        // SAFETY: attached.
        unsafe { flush_stream(abi, name) };
    }
}

/// # Safety
///
/// The calling thread must be attached.
unsafe fn flush_stream(abi: &Abi, name: &CStr) {
    // SAFETY: attached, says the caller; the stream is borrowed and made ours; whatever the host's
    // code left as current exception is kept.
    unsafe {
        let mut raised = [std::ptr::null_mut(); 3];
        let [class, value, traceback] = &mut raised;
        (abi.PyErr_Fetch)(class, value, traceback);
        let stream = (abi.PySys_GetObject)(name.as_ptr());
        if !stream.is_null() && stream != abi._Py_NoneStruct {
            (abi.Py_IncRef)(stream);
            let method = (abi.PyObject_GetAttrString)(stream, c"flush".as_ptr());
            if !method.is_null() {
                let result = (abi.PyObject_CallObject)(method, std::ptr::null_mut());
                if !result.is_null() {
                    (abi.Py_DecRef)(result);
                }
                (abi.Py_DecRef)(method);
            }
            (abi.Py_DecRef)(stream);
        }
        (abi.PyErr_Clear)();
        (abi.PyErr_Restore)(raised[0], raised[1], raised[2]);
    }
}
