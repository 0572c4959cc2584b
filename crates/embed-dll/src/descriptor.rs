//! Where texts go that nobody can be given.

use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, OwnedFd};

/// Writes to file descriptor 2 at once, whatever Python's `sys.stderr` is. Each text is one write if
/// the system takes it whole, so that lines of several threads do not mix.
pub(crate) fn to_descriptor(text: &str) {
    // SAFETY: the descriptor is not closed by this: the file is never dropped. If it is closed in
    // this process, the write fails, and nothing can be said to anybody.
    let mut stderr = ManuallyDrop::new(File::from(unsafe { OwnedFd::from_raw_fd(2) }));
    // Goes on after a signal and after a part.
    let _ = stderr.write_all(text.as_bytes());
}
