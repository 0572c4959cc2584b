//! `ffi.errno`: what C code left in `errno`, kept apart from what CPython does to it meanwhile.

use std::cell::Cell;

thread_local! {
    static SAVED: Cell<i32> = const { Cell::new(0) };
}

/// The saved value of the calling thread.
pub fn errno() -> i32 {
    SAVED.get()
}

/// Sets the saved value of the calling thread.
pub fn set_errno(value: i32) {
    SAVED.set(value);
}

/// Where the saved value of the calling thread is, for whoever needs it more than once.
#[inline]
pub fn place() -> *mut i32 {
    SAVED.with(Cell::as_ptr)
}

/// Runs C code with the saved value in `errno`, and saves what it leaves there.
pub(super) fn swapped<R>(body: impl FnOnce() -> R) -> R {
    // SAFETY: the calling thread's own variable.
    let place = || unsafe { &mut *libc::__errno_location() };
    *place() = SAVED.get();
    let result = body();
    SAVED.set(*place());
    result
}
