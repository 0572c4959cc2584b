//! Asking for the GIL with a time limit.
//!
//! CPython has no call for that: who asks for the GIL waits until he gets it. So another thread
//! asks, and is left behind if it takes too long.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

use super::{closing, gate, state};
use crate::python::abi::Abi;

/// Runs `body` attached, in another thread, and waits for it for `limit`. Says whether it has ended
/// by then. The calling thread must not hold the GIL.
pub(super) fn attached_elsewhere(
    abi: &'static Abi,
    limit: Duration,
    body: impl FnOnce(&'static Abi) + Send + 'static,
) -> bool {
    let (sender, receiver) = channel();
    let asking = move || {
        if closing::enter_late().is_err() {
            return;
        }
        // A thread that makes one short call after the other gives up the GIL so often that CPython
        // never asks it to, and has it back before another one is awake. It does wait at the gate.
        // SAFETY: takes nothing and cannot fail.
        let id = unsafe { libc::gettid() }.unsigned_abs();
        let gated = !abi.free_threaded && gate::own().enter(id);
        // SAFETY: the interpreter exists, because this thread was counted and admitted; it is new,
        // and has no state.
        let state = unsafe { state::make(abi) };
        body(abi);
        // SAFETY: attached with the state that was made above.
        unsafe { state::delete(abi, state) };
        if gated {
            gate::own().leave(id);
        }
        closing::leave_late();
        // Nobody listens any more if it took too long.
        let _ = sender.send(());
    };
    let Ok(_) = Builder::new().name("embed-dll probe".into()).spawn(asking) else {
        return false;
    };
    match receiver.recv_timeout(limit) {
        Ok(()) => true,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
    }
}
