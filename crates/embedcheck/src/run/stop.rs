//! The request to stop everything, as Ctrl-C makes it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::sys;

/// Stops every run that it was given to.
///
/// A run that is stopped kills what it started, waits for it, and returns
/// [`RunError::Interrupted`]; its caller then drops the [`Scratch`] folder on the way out. Clones
/// share the request, and a request cannot be taken back.
///
/// [`RunError::Interrupted`]: super::RunError::Interrupted
/// [`Scratch`]: super::Scratch
#[derive(Debug, Clone)]
pub struct Stop {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    requested: AtomicBool,
    call: OwnedFd,
}

impl Stop {
    /// A stop that nobody has requested yet.
    ///
    /// # Errors
    ///
    /// When the process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let call = sys::wake_up_call()?;
        Ok(Self { shared: Arc::new(Shared { requested: AtomicBool::new(false), call }) })
    }

    /// Asks every run to stop, those that wait included.
    ///
    /// It takes no lock and does not allocate, but a signal handler should leave it to a thread all
    /// the same.
    pub fn request(&self) {
        self.shared.requested.store(true, Ordering::SeqCst);
        sys::wake(&self.shared.call);
    }

    /// Whether a stop was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.shared.requested.load(Ordering::SeqCst)
    }

    /// Readable as soon as a stop was requested, and for ever after.
    pub(super) fn call(&self) -> BorrowedFd<'_> {
        self.shared.call.as_fd()
    }
}
