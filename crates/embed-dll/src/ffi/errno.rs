//! `ffi.errno`: what C code left in `errno`, kept apart from what CPython does to it meanwhile.

use crate::thread::errno_place;

/// The saved value of the calling thread.
pub(crate) fn errno() -> i32 {
    // SAFETY: a variable of the calling thread.
    unsafe { *errno_place() }
}

/// Sets the saved value of the calling thread.
pub(crate) fn set_errno(value: i32) {
    // SAFETY: a variable of the calling thread.
    unsafe { *errno_place() = value };
}

/// Runs C code with the saved value in `errno`, and saves what it leaves there.
pub(super) fn swapped<R>(body: impl FnOnce() -> R) -> R {
    // SAFETY: the calling thread's own variable.
    let place = || unsafe { &mut *libc::__errno_location() };
    *place() = errno();
    let result = body();
    set_errno(*place());
    result
}
