//! What belongs to the host and is left as it was: errno, signals, locale, working directory.

use std::ffi::{CStr, CString, c_int};
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::ptr;

use crate::find::environment;

/// Signals that `faulthandler` takes when the user asks for it.
const FAULTS: [c_int; 5] = [libc::SIGSEGV, libc::SIGFPE, libc::SIGABRT, libc::SIGBUS, libc::SIGILL];

/// The state of the host before the interpreter starts, put back by [`HostState::restore`].
pub(super) struct HostState {
    dispositions: Vec<(c_int, libc::sigaction)>,
    mask: libc::sigset_t,
    ctype: Option<CString>,
    folder: Option<File>,
}

impl HostState {
    /// Looks at everything.
    pub(super) fn save() -> HostState {
        let dispositions = (1..=libc::SIGRTMAX())
            .filter_map(|signal| Some((signal, disposition(signal)?)))
            .collect();
        let folder = File::options()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
            .open(".")
            .ok()
            .and_then(above_standard);
        HostState { dispositions, mask: mask(), ctype: ctype(), folder }
    }

    /// Puts everything back that has changed.
    pub(super) fn restore(self) {
        self.restore_signals();
        // SAFETY: a set that the system has filled.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut()) };
        if let Some(ctype_before) = &self.ctype
            && ctype().as_ref() != Some(ctype_before)
        {
            // SAFETY: a C string that `setlocale` itself has given.
            unsafe { libc::setlocale(libc::LC_CTYPE, ctype_before.as_ptr()) };
        }
        if let Some(folder) = &self.folder
            && !is_current(folder)
        {
            // SAFETY: an open folder.
            unsafe { libc::fchdir(folder.as_raw_fd()) };
        }
    }

    /// Puts the dispositions back that have changed.
    fn restore_signals(&self) {
        let faults_are_wanted = environment::variable(c"PYTHONFAULTHANDLER").is_some()
            || environment::variable(c"PYTHONDEVMODE").is_some();
        for (signal, before) in &self.dispositions {
            if faults_are_wanted && FAULTS.contains(signal) {
                continue;
            }
            let changed = disposition(*signal).is_some_and(|now| {
                now.sa_sigaction != before.sa_sigaction || now.sa_flags != before.sa_flags
            });
            if changed {
                // SAFETY: what the system has said before.
                unsafe { libc::sigaction(*signal, before, ptr::null_mut()) };
            }
        }
    }
}

/// The calling thread's errno, put back when dropped.
pub(super) struct Errno(c_int);

impl Errno {
    pub(super) fn save() -> Errno {
        Errno(errno())
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: asks only.
        let location = unsafe { libc::__errno_location() };
        // SAFETY: valid in the calling thread.
        unsafe { *location = self.0 };
    }
}

fn errno() -> c_int {
    // SAFETY: asks only.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: valid in the calling thread.
    unsafe { *location }
}

fn disposition(signal: c_int) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: room for the answer; signals that the C library keeps for itself are refused.
    let result = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed, which is valid, and filled if the call succeeded.
    (result == 0).then(|| unsafe { action.assume_init() })
}

fn mask() -> libc::sigset_t {
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: room for the answer.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), mask.as_mut_ptr()) };
    // SAFETY: zeroed, which is an empty set, and filled.
    unsafe { mask.assume_init() }
}

/// The name of the locale that the host has set for characters.
pub(super) fn ctype() -> Option<CString> {
    // SAFETY: null only asks.
    let name = unsafe { libc::setlocale(libc::LC_CTYPE, ptr::null()) };
    if name.is_null() {
        return None;
    }
    // SAFETY: a C string that lives until the next call of `setlocale`.
    Some(unsafe { CStr::from_ptr(name) }.to_owned())
}

/// The same file under a number above those of the standard files. Where the host has closed these,
/// CPython would take the folder for its stdin, and not start.
fn above_standard(file: File) -> Option<File> {
    if file.as_raw_fd() > libc::STDERR_FILENO {
        return Some(file);
    }
    let above = libc::STDERR_FILENO + 1;
    // SAFETY: an open descriptor.
    let fd = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above) };
    // SAFETY: new, and nobody else's.
    (fd >= above).then(|| unsafe { File::from_raw_fd(fd) })
}

fn is_current(folder: &File) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (folder.metadata(), std::fs::metadata(".")) {
        (Ok(before), Ok(now)) => identity(before) == identity(now),
        _ => false,
    }
}
