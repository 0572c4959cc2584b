//! SIGPIPE in the host's threads.

use std::mem::MaybeUninit;
use std::ptr;

use super::Errno;

/// SIGPIPE is blocked in the calling thread until this is dropped, so that a write to a closed
/// socket or pipe is a `BrokenPipeError` in Python and not the end of the host. A SIGPIPE that came
/// meanwhile is dropped, unless one was pending before.
pub struct SigPipeBlocked {
    before: libc::sigset_t,
    /// Whether this is what blocks it, so that the rest is to be done at the end.
    blocked_here: bool,
    pending_before: bool,
}

impl SigPipeBlocked {
    /// Blocks.
    pub fn new() -> SigPipeBlocked {
        let _errno = Errno::save();
        let pipe = only(libc::SIGPIPE);
        let mut before = empty();
        // SAFETY: both sets are valid; SIG_BLOCK cannot fail.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut before) };
        let blocked_here = !has(&before, libc::SIGPIPE);
        SigPipeBlocked { before, blocked_here, pending_before: blocked_here && is_pending() }
    }
}

impl Default for SigPipeBlocked {
    fn default() -> SigPipeBlocked {
        SigPipeBlocked::new()
    }
}

impl Drop for SigPipeBlocked {
    fn drop(&mut self) {
        if !self.blocked_here {
            return;
        }
        let _errno = Errno::save();
        if !self.pending_before && is_pending() {
            let pipe = only(libc::SIGPIPE);
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: the set and the time are valid; no information about the signal is wanted.
            unsafe { libc::sigtimedwait(&raw const pipe, ptr::null_mut(), &raw const at_once) };
        }
        // SAFETY: the set is the one that was in force before.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

fn empty() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: writes the set, cannot fail.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: written.
    unsafe { set.assume_init() }
}

fn only(signal: i32) -> libc::sigset_t {
    let mut set = empty();
    // SAFETY: a valid set and signal.
    unsafe { libc::sigaddset(&raw mut set, signal) };
    set
}

fn has(set: &libc::sigset_t, signal: i32) -> bool {
    // SAFETY: a valid set and signal.
    unsafe { libc::sigismember(ptr::from_ref(set), signal) == 1 }
}

/// Whether a SIGPIPE waits for this thread or the process.
fn is_pending() -> bool {
    let mut set = empty();
    // SAFETY: writes the set.
    unsafe { libc::sigpending(&raw mut set) };
    has(&set, libc::SIGPIPE)
}

#[cfg(test)]
mod tests {
    use super::SigPipeBlocked;

    #[test]
    fn a_broken_pipe_in_between_is_forgotten() {
        // SAFETY: a pair of descriptors of our own, closed again.
        unsafe {
            let mut pipe = [0; 2];
            assert_eq!(libc::pipe(pipe.as_mut_ptr()), 0);
            libc::close(pipe[0]);
            // The Rust test harness ignores SIGPIPE; a host does not.
            let before = libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            let guard = SigPipeBlocked::new();
            let nested = SigPipeBlocked::new();
            assert_eq!(libc::write(pipe[1], c"x".as_ptr().cast(), 1), -1);
            drop(nested);
            *libc::__errno_location() = 77;
            drop(guard);
            assert_eq!(*libc::__errno_location(), 77);
            libc::signal(libc::SIGPIPE, before);
            libc::close(pipe[1]);
        }
    }
}
