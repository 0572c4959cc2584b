//! SIGHUP, SIGINT and SIGTERM: stop what runs, clean up, end with 128 + the number.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;

use embedcheck::run::Stop;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/// Signals that came, and the request to stop that they turn into.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: Stop,
    received: Arc<AtomicI32>,
}

impl Signals {
    /// Starts to watch. A second signal changes nothing: cleaning up is a matter of milliseconds, and
    /// must not be cut short.
    pub(crate) fn watch() -> io::Result<Self> {
        let stop = Stop::new()?;
        let received = Arc::new(AtomicI32::new(0));
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        if !is_ignored(SIGHUP) {
            signals.add_signal(SIGHUP)?;
        }
        // With a handler, whichever, a write beyond `ulimit -f` fails with EFBIG, like any other write
        // that cannot be done. Unlike an ignored signal, it is the default again in every child.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        let (request, first) = (stop.clone(), Arc::clone(&received));
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for number in signals.forever() {
                // The first one decides the exit code.
                let _ = first.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
                request.request();
            }
        })?;
        Ok(Self { stop, received })
    }

    /// To be handed to whatever takes time.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// The first signal that came.
    pub(crate) fn received(&self) -> Option<i32> {
        Some(self.received.load(Ordering::SeqCst)).filter(|number| *number != 0)
    }
}

/// Whether this process was started with a signal ignored, as `nohup` does with SIGHUP: then it is
/// to go on. Without `/proc` nothing is taken for ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
