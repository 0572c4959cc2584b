//! Small pieces of the C library.

use std::ffi::{CStr, CString, c_int};
use std::mem::MaybeUninit;
use std::ptr;

/// `errno` of the calling thread.
pub(crate) fn errno() -> i32 {
    // SAFETY: glibc returns the address of this thread's errno, always valid.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above; no other thread uses this place.
    unsafe { place.read() }
}

/// Sets `errno` of the calling thread.
pub(crate) fn set_errno(value: i32) {
    // SAFETY: glibc returns the address of this thread's errno, always valid.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above; no other thread uses this place.
    unsafe { place.write(value) }
}

/// Text of an error number, as `strerror` has it in the C locale.
pub(crate) fn strerror(number: i32) -> String {
    let mut text = [0; 256];
    // SAFETY: the buffer is as long as said; the result is NUL-terminated even if cut.
    unsafe { libc::strerror_r(number, text.as_mut_ptr(), text.len()) };
    // SAFETY: a buffer of this frame, terminated as said.
    unsafe { text_at(text.as_ptr()) }.unwrap_or_default()
}

/// Takes the calling thread's pending `dlerror`.
pub(crate) fn dlerror() -> Option<String> {
    // SAFETY: no preconditions.
    let text = unsafe { libc::dlerror() };
    // SAFETY: null or a string, which glibc keeps per thread until the next dl call.
    unsafe { text_at(text) }
}

/// Copies a C string; `None` for a null pointer. Bytes that are not UTF-8 become U+FFFD.
///
/// # Safety
///
/// The pointer is null or that of a C string, which nobody changes meanwhile.
pub(crate) unsafe fn text_at(pointer: *const libc::c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    Some(text.to_string_lossy().into_owned())
}

/// A C string from bytes of a plan; the error is for the event.
pub(crate) fn c_string(bytes: &[u8]) -> Result<CString, String> {
    CString::new(bytes).map_err(|_| "a C string cannot hold a NUL".to_owned())
}

/// Asks the kernel to kill this process when the thread that started it ends.
pub(crate) fn die_with_parent() {
    // SAFETY: no preconditions.
    let parent = unsafe { libc::getppid() };
    // SAFETY: sets an attribute of this process and touches no memory. It fails only for an invalid
    // signal number.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: no preconditions.
    if unsafe { libc::getppid() } != parent {
        // The parent ended in between: nothing would ever kill this process.
        //
        // SAFETY: ends the process.
        unsafe { libc::raise(libc::SIGKILL) };
    }
}

/// Writes without ever being killed by SIGPIPE, whose disposition belongs to the DLL and is reported
/// as a fact: it is blocked, and taken away if this write caused it. False if it cannot be written.
pub(crate) fn write_all(descriptor: c_int, mut bytes: &[u8]) -> bool {
    let [mut pipe, mut before, mut pending] = [no_signals(); 3];
    // SAFETY: an initialised set and a valid signal.
    unsafe { libc::sigaddset(&raw mut pipe, libc::SIGPIPE) };
    // SAFETY: the set is writable.
    unsafe { libc::sigpending(&raw mut pending) };
    // SAFETY: the sets are initialised and writable.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut before) };
    let mut error = 0;
    while error == 0 && !bytes.is_empty() {
        // SAFETY: the bytes are valid for the length given; a bad descriptor is an error.
        let written = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            // Only a full pipe and a signal together make a write to a pipe partial.
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(_) if errno() == libc::EINTR => {}
            Err(_) => error = errno(),
        }
    }
    // SAFETY: the set is initialised.
    let was_pending = unsafe { libc::sigismember(&raw const pending, libc::SIGPIPE) } == 1;
    if error == libc::EPIPE && !was_pending {
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the set and the time are initialised; nothing more about the signal is asked for.
        unsafe { libc::sigtimedwait(&raw const pipe, ptr::null_mut(), &raw const at_once) };
    }
    // SAFETY: the mask is the one that was there before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    error == 0
}

fn no_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::zeroed();
    // SAFETY: the set is writable.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: a set is an array of integers, and all of them have been written.
    unsafe { set.assume_init() }
}

/// Undoes what Rust's runtime did to signals before `main`, and what was inherited: ignored and
/// blocked signals (nohup, background jobs of a shell) must not change what a plan reports.
pub(crate) fn restore_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // Fails for SIGKILL, SIGSTOP and the two of libpthread, which nobody can change.
        //
        // SAFETY: the default disposition runs no code. No other thread exists yet.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let all = no_signals();
    // SAFETY: the set is initialised, and the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, ptr::null_mut()) };
    let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: no handler runs on the alternate stack now, and none is left that would.
    unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
}

/// Moves a descriptor out of the way of the DLL: to a number of at least 100, closed by `exec`.
///
/// A standard stream is opened on `/dev/null` instead, lest the next file that the DLL opens become
/// its standard stream. The error is an error number.
pub(crate) fn move_descriptor(from: c_int) -> Result<c_int, c_int> {
    // SAFETY: duplicates a descriptor; an invalid one is an error.
    let moved = unsafe { libc::fcntl(from, libc::F_DUPFD_CLOEXEC, 100) };
    if moved < 0 {
        return Err(errno());
    }
    // SAFETY: the host was given this descriptor to own, and nothing else in this process uses it.
    unsafe { libc::close(from) };
    if from <= libc::STDERR_FILENO {
        let mode = if from == libc::STDIN_FILENO { libc::O_RDONLY } else { libc::O_WRONLY };
        // SAFETY: the path is a C string.
        let null = unsafe { libc::open(c"/dev/null".as_ptr(), mode) };
        if null < 0 {
            return Err(errno());
        }
        if null != from {
            // SAFETY: `null` is open; `from` is free.
            unsafe { libc::dup2(null, from) };
            // SAFETY: opened above, and used by nobody else.
            unsafe { libc::close(null) };
        }
    }
    Ok(moved)
}

/// Process id; differs in a forked child.
pub(crate) fn pid() -> u32 {
    std::process::id()
}

/// `CLOCK_MONOTONIC` in nanoseconds.
pub(crate) fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is writable; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
