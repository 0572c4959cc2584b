//! Failures, for the host: their text by thread, and an end at the first one.

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::descriptor::to_descriptor;
use crate::find::environment;
use crate::spec::Module;

/// What all threads see of the failures of one module.
pub(super) struct Errors {
    /// Why the module could not start: a C string that is never freed, or null.
    start: AtomicPtr<c_char>,
}

/// The last failure of a thread in one module, which is known by its address.
struct Last {
    module: usize,
    text: CString,
}

thread_local! {
    static LAST: RefCell<Vec<Last>> = const { RefCell::new(Vec::new()) };
}

impl Errors {
    pub(super) const fn new() -> Errors {
        Errors { start: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Why the module could not start, for all threads; `None` when it did start after all. The old
    /// text is kept: a host may still hold the pointer.
    pub(super) fn set_start(&self, text: Option<&str>) {
        let text = text.map_or(ptr::null_mut(), |text| c_string(text).into_raw());
        self.start.store(text, Ordering::Release);
    }

    /// Why the module could not start.
    pub(super) fn start(&self) -> *const c_char {
        self.start.load(Ordering::Acquire)
    }
}

/// A text that ends at its first NUL, without line ends behind it.
fn c_string(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default().trim_end_matches('\n');
    CString::new(text).unwrap_or_default()
}

/// Notes that a call in this thread failed. If `EMBED_DLL_ABORT_ON_ERROR` is `1`, the process ends
/// here, with SIGABRT: for tests.
pub(crate) fn failed(module: &'static Module, text: &str) {
    let key = ptr::from_ref(module) as usize;
    let text = c_string(text);
    // While the thread ends there is no place left to note it.
    let _ = LAST.try_with(|last| {
        let Ok(mut last) = last.try_borrow_mut() else { return };
        match last.iter_mut().find(|last| last.module == key) {
            Some(last) => last.text = text,
            None => last.push(Last { module: key, text }),
        }
    });
    if abort_on_error() {
        to_descriptor("EMBED_DLL_ABORT_ON_ERROR=1: the process ends at this failure\n");
        std::process::abort();
    }
}

fn abort_on_error() -> bool {
    static ABORT: OnceLock<bool> = OnceLock::new();
    *ABORT.get_or_init(|| {
        environment::variable(c"EMBED_DLL_ABORT_ON_ERROR").is_some_and(|value| value == "1")
    })
}

/// The last failure of this thread in `module`, else why the module could not start, else null.
pub(super) fn last(module: &'static Module) -> *const c_char {
    let key = ptr::from_ref(module) as usize;
    let own = LAST.try_with(|last| {
        let last = last.try_borrow().ok()?;
        last.iter().find(|last| last.module == key).map(|last| last.text.as_ptr())
    });
    own.ok().flatten().unwrap_or_else(|| module.state.errors.start())
}
