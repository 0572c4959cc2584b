//! The gate in front of the GIL.
//!
//! When several threads take and give back the GIL in turn, most of the time goes into handing it
//! over: each release wakes a thread on another processor, which mostly comes too late. So callers
//! queue here first, and whoever is in keeps coming back without a wake-up for one [`SLICE`].
//!
//! The gate only saves time: the GIL is what excludes threads. So it may be wrong, and is where
//! that makes it cheap: passing it uncontended is one load and one store, with no read-modify-write.
//! Two threads that pass at the same moment meet at the GIL, once. And no wait is unbounded: code
//! under the GIL may be waiting for the very thread that queues here, and a caller may sleep with
//! the GIL released. If the thread inside does not answer within [`ANSWER`], the first in the queue
//! takes its place; if that happens twice in a row, the gate stands open for a while.
//!
//! All clocks are the waiting threads'; the one inside only looks at a word when it leaves.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::{Errno, futex};

/// The gate of this DLL, until it knows that of the process.
static ALONE: Gate = Gate::new();
static OWN: AtomicPtr<Gate> = AtomicPtr::new(ptr::from_ref(&ALONE).cast_mut());

/// The gate to pass.
#[inline]
pub(super) fn own() -> &'static Gate {
    // SAFETY: `ALONE`, or memory that `share` was given for ever.
    unsafe { &*OWN.load(Ordering::Relaxed) }
}

/// What [`Gate`] means in memory that is shared with other versions of this crate.
const PROTOCOL: u64 = 1;

/// Uses one gate with all DLLs of the process: they queue for the same GIL. A thread that is inside
/// the old gate at that moment notices nothing, and is alone in the new one.
pub(super) fn share_in(words: &'static [AtomicU64; 64]) {
    let first = words[0].compare_exchange(0, PROTOCOL, Ordering::AcqRel, Ordering::Acquire);
    if first.is_err_and(|protocol| protocol != PROTOCOL) {
        return;
    }
    // A line of cache for itself, the same one for everybody.
    let gate = ptr::from_ref(&words[1]).addr().next_multiple_of(64) - ptr::from_ref(words).addr();
    // SAFETY: atomics of zeros are a gate; it is aligned, and ends within 56 + 8 + 64 of 512 bytes.
    let gate = unsafe { ptr::from_ref(words).byte_add(gate).cast::<Gate>() };
    OWN.store(gate.cast_mut(), Ordering::Release);
}

/// How long a thread may keep coming back while others queue.
const SLICE: u32 = 500;
/// How often the first in the queue looks whether the gate is free.
const LOOK: u32 = 100;
/// How long the first in the queue waits for an answer without sleeping: several calls, and less
/// than putting a thread to sleep and waking it would take.
const SPIN: u32 = 4;
/// How long it waits for an answer at all.
const ANSWER: u32 = 2_000;
/// How long the gate stands open after a thread has not answered; doubled each time until one does.
const OPEN: u32 = 20_000;
const OPEN_MOST: u32 = 640_000;
/// One thread that does not answer may just not be running. For it the gate is not opened.
const ONCE: u32 = 1;
/// How long any thread waits in the queue, whatever happens.
const QUEUE: u32 = 100_000;

/// In place of the first in the queue: one that has waited there. The thread that has just given the gate
/// away comes back before any sleeper is awake, and must not be first again.
const NEXT: u32 = u32::MAX;

/// What the first in the queue asks of the thread inside.
mod ask {
    pub(super) const NOTHING: u32 = 0;
    /// To wake it when it leaves: it may find the gate free then.
    pub(super) const WAKE: u32 = 1;
    /// To leave the gate to it.
    pub(super) const GRANT: u32 = 2;
}

/// Words only, so that several DLLs can share one. Threads are named by their kernel ids; times are
/// microseconds of the monotonic clock, cut to 32 bits.
#[repr(C)]
pub(super) struct Gate {
    /// Who is inside, or 0.
    holder: AtomicU32,
    /// What the first in the queue asks. Only the first sets it; it sleeps on it.
    asked: AtomicU32,
    /// The first in the queue, [`NEXT`], or 0. The others sleep on it.
    first: AtomicU32,
    /// How many sleep on `first`.
    behind: AtomicU32,
    /// When the gate last changed hands.
    changed: AtomicU32,
    /// Since when it stands open, and for how long; 0: it does not.
    opened: AtomicU32,
    open_for: AtomicU32,
    /// For how long it was opened the last time; [`ONCE`] for the first thread that did not answer,
    /// 0 after one that did.
    last_open: AtomicU32,
}

impl Gate {
    pub(super) const fn new() -> Gate {
        Gate {
            holder: AtomicU32::new(0),
            asked: AtomicU32::new(ask::NOTHING),
            first: AtomicU32::new(0),
            behind: AtomicU32::new(0),
            changed: AtomicU32::new(0),
            opened: AtomicU32::new(0),
            open_for: AtomicU32::new(0),
            last_open: AtomicU32::new(0),
        }
    }

    /// Passes the gate, after a bounded wait. Says whether the thread `id` holds it because of this
    /// call, so that [`Gate::leave`] is due.
    #[inline]
    pub(super) fn enter(&self, id: u32) -> bool {
        if self.holder.load(Ordering::Relaxed) == 0 {
            self.holder.store(id, Ordering::Relaxed);
            return true;
        }
        self.contended(id)
    }

    /// Leaves the gate, if it is still this thread's. Says whether it was.
    #[inline]
    pub(super) fn leave(&self, id: u32) -> bool {
        if self.holder.load(Ordering::Relaxed) != id {
            return false;
        }
        self.holder.store(0, Ordering::Release);
        // A request that comes between the two lines is seen the next time, or the one who asks
        // sees that the gate is free: it looks again before it sleeps.
        if self.asked.load(Ordering::Relaxed) != ask::NOTHING {
            self.answer();
        }
        true
    }

    /// In the child of a fork: nobody queues, and what the only thread holds it need not hold.
    pub(super) fn reset(&self) {
        for word in [&self.holder, &self.asked, &self.first, &self.behind, &self.open_for] {
            word.store(0, Ordering::Relaxed);
        }
    }

    #[cold]
    fn answer(&self) {
        let _errno = Errno::save();
        if self.asked.swap(ask::NOTHING, Ordering::AcqRel) == ask::GRANT {
            let first = self.first.load(Ordering::Relaxed);
            // If it fails, a newcomer was faster, and will be asked itself.
            let _ = self.take(first);
        }
        futex::wake(&self.asked, 1);
    }

    #[cold]
    fn contended(&self, id: u32) -> bool {
        let _errno = Errno::save();
        // The thread is inside already, through another DLL or below code that gave up the GIL
        // without telling. Then the inner call leaves for the outer one, which is early but harmless.
        if self.holder.load(Ordering::Relaxed) == id {
            return true;
        }
        let begin = now();
        let mut slept = false;
        while !self.is_open(now()) {
            let first = self.first.load(Ordering::Relaxed);
            if first == 0 || first == NEXT && slept {
                if self.exchange(&self.first, first, id) {
                    let held = self.wait_first(id);
                    self.leave_queue();
                    return held;
                }
            } else if since(begin) > QUEUE {
                return false;
            } else {
                self.behind.fetch_add(1, Ordering::SeqCst);
                futex::wait(&self.first, first, Some(micros(QUEUE / 4)));
                self.behind.fetch_sub(1, Ordering::SeqCst);
                // Also if it did not sleep because the first had changed: that one may have left
                // with a call for the next, seen this thread among those behind, and found nobody
                // asleep to wake. Nobody would come again for one that then slept on `NEXT`.
                slept = true;
            }
        }
        false
    }

    /// Waits as the first in the queue.
    fn wait_first(&self, id: u32) -> bool {
        let changed = self.changed.load(Ordering::Relaxed);
        if since(changed) < SLICE && self.wait_slice(id, changed) {
            return true;
        }
        self.asked.store(ask::GRANT, Ordering::SeqCst);
        let begin = now();
        loop {
            if self.holder.load(Ordering::Acquire) == id || self.take(id) {
                self.answered();
                return true;
            }
            let waited = since(begin);
            if waited > ANSWER {
                break;
            }
            if waited > SPIN {
                // Also looks now and then: whoever took the gate meanwhile may have gone without
                // seeing the request.
                self.asked.store(ask::GRANT, Ordering::SeqCst);
                if self.holder.load(Ordering::SeqCst) != 0 {
                    futex::wait(&self.asked, ask::GRANT, Some(micros(SLICE)));
                }
            } else {
                std::hint::spin_loop();
            }
        }
        self.take_over(id);
        true
    }

    /// Waits while the thread inside has its slice; it may go earlier.
    fn wait_slice(&self, id: u32, changed: u32) -> bool {
        self.asked.store(ask::WAKE, Ordering::SeqCst);
        loop {
            if self.take(id) {
                self.answered();
                return true;
            }
            let left = SLICE.saturating_sub(since(changed));
            if left == 0 {
                return false;
            }
            // After the first wake-up this is plain sleep: a thread that comes back at once is not
            // to be asked for one at each call.
            let asked = self.asked.load(Ordering::Relaxed);
            futex::wait(&self.asked, asked, Some(micros(left.min(LOOK))));
        }
    }

    fn leave_queue(&self) {
        self.asked.store(ask::NOTHING, Ordering::Relaxed);
        let open = self.open_for.load(Ordering::Relaxed) != 0;
        let others = self.behind.load(Ordering::SeqCst) != 0;
        self.first.store(if others && !open { NEXT } else { 0 }, Ordering::SeqCst);
        // Somebody may have come between; whoever sleeps on another value than this does not sleep.
        if others {
            futex::wake(&self.first, if open { i32::MAX } else { 1 });
        }
    }

    /// The gate has changed hands as it should.
    fn answered(&self) {
        self.changed.store(now(), Ordering::Relaxed);
        self.last_open.store(0, Ordering::Relaxed);
    }

    /// The thread inside does not answer: it runs a long call, sleeps, or waits for one of us.
    fn take_over(&self, id: u32) {
        let time = match self.last_open.load(Ordering::Relaxed) {
            0 => ONCE,
            ONCE => OPEN,
            last => (last * 2).min(OPEN_MOST),
        };
        self.last_open.store(time, Ordering::Relaxed);
        if time != ONCE {
            self.opened.store(now(), Ordering::Relaxed);
            self.open_for.store(time, Ordering::Relaxed);
        }
        // Taken over, so that a thread that ended inside does not keep it for ever.
        self.holder.store(id, Ordering::Relaxed);
    }

    fn is_open(&self, now: u32) -> bool {
        let time = self.open_for.load(Ordering::Relaxed);
        if time == 0 {
            return false;
        }
        if now.wrapping_sub(self.opened.load(Ordering::Relaxed)) < time {
            return true;
        }
        self.open_for.store(0, Ordering::Relaxed);
        false
    }

    fn take(&self, id: u32) -> bool {
        self.exchange(&self.holder, 0, id)
    }

    fn exchange(&self, word: &AtomicU32, from: u32, to: u32) -> bool {
        word.load(Ordering::Relaxed) == from
            && word.compare_exchange(from, to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }
}

/// The monotonic clock in microseconds.
fn now() -> u32 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time; the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    // The low 32 bits are what is wanted.
    (time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1_000) as u32
}

fn since(time: u32) -> u32 {
    now().wrapping_sub(time)
}

fn micros(time: u32) -> Duration {
    Duration::from_micros(time.into())
}
