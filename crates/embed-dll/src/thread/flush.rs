//! Writing out what `print` has buffered when the process ends.
//!
//! Nobody finalises an embedded Python, so without this the last lines of a program are lost
//! whenever its output is a file or a pipe.

use std::sync::Once;
use std::time::Duration;

use super::{Errno, closing, probe, runtime};
use crate::find::dl;
use crate::python::{Abi, Py};

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
    ONCE.call_once(|| {
        // SAFETY: the function stays mapped: an embedding DLL is never unmapped after its start.
        unsafe { libc::atexit(flush) };
    });
}

extern "C" fn flush() {
    let Some(runtime) = runtime().filter(|_| closing::is_open()) else { return };
    let _errno = Errno::save();
    let abi = runtime.abi;
    // SAFETY: may be called by any thread at any time.
    let state = unsafe { abi.PyGILState_GetThisThreadState() };
    if super::is_attached(abi, state) {
        // exit() was called by a C function that Python called with the GIL held.
        flush_attached(abi);
    } else if is_in_base_namespace() {
        // If another thread keeps the GIL, the lines are lost, but the process ends.
        probe::attached_elsewhere(abi, LIMIT, flush_attached);
    }
}

/// Whether threads can be started. glibc gives a new thread the stack of one that has ended, and
/// frees what that left; where dlmopen has made a second libc, that may be memory of the first, and
/// the process crashes (seen with 2.36). There the lines are lost.
fn is_in_base_namespace() -> bool {
    let Some((object, _)) = dl::own_object() else { return true };
    if object.is_executable() {
        return true;
    }
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
    dl::Handle::open(&object.name, flags).is_ok_and(|handle| handle.is_in_base_namespace())
}

fn flush_attached(abi: &'static Abi) {
    // SAFETY: attached, as whoever calls this is.
    unsafe { Py::assume(abi) }.flush_streams();
}
