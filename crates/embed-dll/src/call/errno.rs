//! `errno` of the calling thread.

/// Its value.
#[inline]
pub(super) fn get() -> i32 {
    // SAFETY: the function returns the address of a variable of the calling thread.
    unsafe { *libc::__errno_location() }
}

/// Sets it.
#[inline]
pub(super) fn set(value: i32) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = value };
}
