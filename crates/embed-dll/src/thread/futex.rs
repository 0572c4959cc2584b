//! Sleeping on a word of memory, and a lock made of it that survives fork.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Sleeps while `word` holds `value`, at most for `timeout`. May return early for no reason.
pub(crate) fn wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the word and the time live through the call.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            value,
            timeout,
        )
    };
}

/// Wakes up to `count` threads that sleep on `word`.
pub(crate) fn wake(word: &AtomicU32, count: i32) {
    // SAFETY: only the address of the word is used.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            count,
        )
    };
}

/// A lock for short sections in slow paths. Unlike `std::sync::Mutex` it can be freed in the child of
/// a fork, where the thread that holds it does not exist.
pub(super) struct Lock(AtomicU32);

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const AWAITED: u32 = 2;

impl Lock {
    pub(super) const fn new() -> Lock {
        Lock(AtomicU32::new(FREE))
    }

    /// Runs `body` with the lock held. `body` must not panic.
    pub(super) fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        self.lock();
        let result = body();
        self.unlock();
        result
    }

    /// In the child of a fork: nobody holds it.
    pub(super) fn reset(&self) {
        self.0.store(FREE, Ordering::Relaxed);
    }

    fn lock(&self) {
        if self.0.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            return;
        }
        while self.0.swap(AWAITED, Ordering::Acquire) != FREE {
            wait(&self.0, AWAITED, None);
        }
    }

    fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == AWAITED {
            wake(&self.0, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::UnsafeCell;
    use std::thread;

    use super::Lock;

    struct Counter(Lock, UnsafeCell<u32>);

    // SAFETY: the number is used under the lock only.
    unsafe impl Sync for Counter {}

    impl Counter {
        fn add(&self) {
            // SAFETY: under the lock.
            self.0.with(|| unsafe { *self.1.get() += 1 });
        }
    }

    #[test]
    fn one_thread_at_a_time_is_in_the_lock() {
        let rounds = if cfg!(miri) { 50 } else { 20_000 };
        let counter = Counter(Lock::new(), UnsafeCell::new(0));
        let shared = &counter;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(move || {
                    for _ in 0..rounds {
                        shared.add();
                    }
                });
            }
        });
        assert_eq!(counter.1.into_inner(), 4 * rounds);
    }
}
