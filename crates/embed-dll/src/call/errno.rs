//! `errno` of the calling thread, and the value that `ffi.errno` shows, over a call.

use std::ffi::c_int;

use crate::thread;

/// Both places: they stay the same while the thread lives, and looking for them costs more than
/// using them.
#[derive(Clone, Copy)]
pub(super) struct Errno {
    errno: *mut c_int,
    saved: *mut c_int,
    before: c_int,
}

impl Errno {
    /// Lets `ffi.errno` show the host's value.
    #[inline]
    pub(super) fn enter() -> Errno {
        // SAFETY: returns the address of a variable of the calling thread.
        let errno = unsafe { libc::__errno_location() };
        let saved = thread::errno_place();
        // SAFETY: variables of the calling thread.
        let before = unsafe {
            let before = *errno;
            *saved = before;
            before
        };
        Errno { errno, saved, before }
    }

    /// The same again, after other Python code has run.
    pub(super) fn again(&self) {
        // SAFETY: a variable of the calling thread, which `self` cannot leave.
        unsafe { *self.saved = self.before };
    }

    /// Gives the host what `ffi.errno` is now.
    #[inline]
    pub(super) fn leave(self) {
        // SAFETY: variables of the calling thread.
        unsafe { *self.errno = *self.saved };
    }
}
