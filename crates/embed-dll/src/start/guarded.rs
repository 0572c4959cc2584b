//! Data under a lock that a fork can leave behind.
//!
//! In the child of a fork the thread that held a lock may not exist. A lock of the standard library would be waited for
//! for ever; this one says so. What it guards may then be half changed, so there is no way to it.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use super::process::{Pause, ThreadId};

/// The lock, and what it guards. For short sections in slow paths.
pub(crate) struct Guarded<T> {
    /// [`ThreadId`] or 0.
    holder: AtomicU64,
    data: UnsafeCell<T>,
}

// SAFETY: `data` is used under the lock only, by one thread at a time.
unsafe impl<T: Send> Sync for Guarded<T> {}

/// The lock was held by another thread when this process was forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftBehind;

/// The lock is held; until this is dropped.
pub(crate) struct Guard<'a, T>(&'a Guarded<T>);

impl<T> Guarded<T> {
    pub(crate) const fn new(data: T) -> Self {
        Self { holder: AtomicU64::new(0), data: UnsafeCell::new(data) }
    }

    /// Takes the lock. A thread that holds it must not ask again.
    ///
    /// # Errors
    ///
    /// [`LeftBehind`], from then on at each call in this process.
    pub(crate) fn lock(&self) -> Result<Guard<'_, T>, LeftBehind> {
        let me = ThreadId::current().word();
        let mut pause = Pause::new();
        loop {
            match self.holder.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Guard(self)),
                Err(holder) if ThreadId::from_word(holder).is_some_and(ThreadId::is_of_parent) => {
                    return Err(LeftBehind);
                }
                Err(_) => pause.wait(),
            }
        }
    }

    /// Takes the lock, also from a thread that this process was forked without.
    ///
    /// # Safety
    ///
    /// Such a thread can only have been reading.
    pub(crate) unsafe fn lock_or_inherit(&self) -> Guard<'_, T> {
        loop {
            if let Ok(guard) = self.lock() {
                return guard;
            }
            // Left behind: nobody else gives it back. Of several threads here, `lock` lets one in.
            let holder = self.holder.load(Ordering::Relaxed);
            if ThreadId::from_word(holder).is_some_and(ThreadId::is_of_parent) {
                let _ =
                    self.holder.compare_exchange(holder, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and this guard is borrowed for as long.
        unsafe { &mut *self.0.data.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.0.holder.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::{Guarded, LeftBehind};

    #[test]
    fn a_child_of_fork_is_told_that_the_holder_is_gone() {
        static GUARDED: Guarded<u32> = Guarded::new(1);
        let guard = GUARDED.lock().unwrap();
        let told = std::thread::spawn(|| {
            // SAFETY: the child computes, and ends with _exit.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: takes a number; a child that hangs ends with SIGALRM.
                unsafe { libc::alarm(10) };
                let told = GUARDED.lock().is_err_and(|error| error == LeftBehind)
                    // SAFETY: the holder of this test does not write.
                    && *unsafe { GUARDED.lock_or_inherit() } == 1
                    && GUARDED.lock().is_ok();
                // SAFETY: ends the process.
                unsafe { libc::_exit(if told { 42 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: a child of ours; the status is written.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 42
        });
        assert!(told.join().unwrap());
        drop(guard);
        *GUARDED.lock().unwrap() += 1;
        assert_eq!(*GUARDED.lock().unwrap(), 2);
    }
}
