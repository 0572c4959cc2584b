//! One thread runs the init code; the others wait until it is finished, but never for ever.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::find::environment;
use crate::start::guarded::{Guarded, LeftBehind};
use crate::start::process::{self, ThreadId};
use crate::thread::futex;

use super::join;

/// How long a thread waits for another one's init code before its call fails, unless
/// `EMBED_DLL_INIT_TIMEOUT` gives a number of seconds. It is the last resort against a circle that
/// cannot be seen, such as init code that waits for a queue which the waiting thread would fill.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a waiting thread looks whether its wait can still end.
const LOOK: Duration = Duration::from_millis(20);

/// Why a call must not run.
#[derive(Debug, Clone)]
pub(crate) enum NotReady {
    /// The interpreter could not be started or the init code failed.
    Failed {
        /// What happened.
        text: Arc<str>,
        /// Whether it happened in this very attempt, so that the text was printed just now.
        printed: bool,
    },
    /// Somebody is starting the interpreter: this very thread, or one that does not come to an end.
    Busy(Arc<str>),
    /// The thread that runs the init code waits, perhaps by way of others, for this one to finish
    /// another module's.
    Circle,
    /// The thread that runs the init code is in `Thread.join()` for this one.
    Joined,
    /// The thread that runs the init code has not come to an end.
    Timeout(Duration),
    /// The process was forked while another thread ran the init code.
    Forked,
    /// The thread is in a sub-interpreter, and nobody has called from the main one yet.
    Foreign,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotReady::Failed { text, .. } | NotReady::Busy(text) => f.write_str(text),
            NotReady::Circle => f.write_str(
                "another thread runs the initialization code, which calls a DLL whose \
                 initialization code this thread runs: each would wait for the other; start one \
                 module before the other with <module>_start()",
            ),
            NotReady::Joined => f.write_str(
                "the initialization code waits in Thread.join() for this very thread, which would \
                 have to wait for the initialization code",
            ),
            NotReady::Timeout(patience) => write!(
                f,
                "another thread has been running the initialization code for more than {} seconds \
                 (EMBED_DLL_INIT_TIMEOUT changes that limit)",
                patience.as_secs()
            ),
            NotReady::Forked => f.write_str(
                "the process was forked while another thread ran the initialization code, which \
                 nobody can finish in the child; call <module>_start() before forking",
            ),
            NotReady::Foreign => f.write_str(
                "this is a sub-interpreter, and the initialization code runs in the main \
                 interpreter; call from there first",
            ),
        }
    }
}

/// Whether a failed attempt may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// By a call of a function: never.
    Never,
    /// By `<module>_start()`.
    Allowed,
}

/// How far a module is.
#[derive(Debug, Clone)]
enum Phase {
    Untried,
    Running,
    Done,
    Failed(Failure),
}

/// How an attempt failed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// For the host.
    pub(super) text: Arc<str>,
    /// Whether another attempt can succeed in this process.
    pub(super) retry: bool,
}

/// The lock around the init code of one module.
pub(super) struct Once {
    /// Written by whoever finds it untried or failed, and while the code runs by that thread alone.
    phase: Guarded<Phase>,
    /// Whether it is [`Phase::Done`], for good.
    done: AtomicBool,
    /// Counts the changes of the phase; threads sleep on it.
    changes: AtomicU32,
    /// Who runs the init code: [`ThreadId`], or 0.
    owner: AtomicU64,
    /// Its pthread id, which stays the same in a forked child.
    owner_pthread: AtomicUsize,
}

/// What the calling thread is to do.
pub(super) enum Turn {
    /// Run the init code, and say how it ended.
    Run(Running),
    /// Nothing: it has been run.
    Done,
    /// Go on with what there is: this thread is running the init code.
    Inside,
}

/// This thread runs the init code.
pub(super) struct Running {
    once: &'static Once,
    /// What was before: untried, or a failed attempt that this one repeats. `None` once it ended.
    before: Option<Phase>,
}

impl Once {
    pub(super) const fn new() -> Once {
        Once {
            phase: Guarded::new(Phase::Untried),
            done: AtomicBool::new(false),
            changes: AtomicU32::new(0),
            owner: AtomicU64::new(0),
            owner_pthread: AtomicUsize::new(0),
        }
    }

    /// The failure that is final for a caller who may not retry, without waiting for anything.
    pub(super) fn failure(&self, retry: Retry) -> Option<NotReady> {
        match &*self.phase.lock().ok()? {
            Phase::Failed(failure) if retry == Retry::Never || !failure.retry => {
                Some(NotReady::Failed { text: failure.text.clone(), printed: false })
            }
            _ => None,
        }
    }

    /// Notes a failure that came before anybody could run the init code. Whether it is the first
    /// to be noted, and so to be printed.
    pub(super) fn fail(&self, failure: Failure) -> bool {
        let Ok(mut phase) = self.phase.lock() else { return false };
        match &*phase {
            Phase::Untried => {
                *phase = Phase::Failed(failure);
                true
            }
            Phase::Failed(before) => {
                let new = before.text != failure.text;
                *phase = Phase::Failed(failure);
                new
            }
            Phase::Running | Phase::Done => false,
        }
    }

    /// Waits until it is clear what the calling thread is to do. The caller may hold the GIL:
    /// `released` runs a wait without it.
    ///
    /// # Errors
    ///
    /// Why the module cannot be used by this caller.
    pub(super) fn turn(
        &'static self,
        retry: Retry,
        released: impl Fn(&mut dyn FnMut()),
    ) -> Result<Turn, NotReady> {
        let me = join::this_thread();
        let patience = patience();
        let begin = Instant::now();
        let mut looks = 0_u32;
        loop {
            if self.done.load(Ordering::Acquire) {
                return Ok(Turn::Done);
            }
            let mut phase = match self.phase.lock() {
                Ok(phase) => phase,
                Err(LeftBehind) if self.owner_pthread.load(Ordering::Relaxed) == me => {
                    return Ok(Turn::Inside);
                }
                Err(LeftBehind) => return Err(NotReady::Forked),
            };
            match &*phase {
                Phase::Done => return Ok(Turn::Done),
                Phase::Failed(failure) if retry == Retry::Never || !failure.retry => {
                    return Err(NotReady::Failed { text: failure.text.clone(), printed: false });
                }
                Phase::Untried | Phase::Failed(_) => {
                    let before = Some(std::mem::replace(&mut *phase, Phase::Running));
                    self.owner.store(ThreadId::current().word(), Ordering::Relaxed);
                    self.owner_pthread.store(me, Ordering::Relaxed);
                    return Ok(Turn::Run(Running { once: self, before }));
                }
                Phase::Running => {}
            }
            let owner_pthread = self.owner_pthread.load(Ordering::Relaxed);
            let owner = ThreadId::from_word(self.owner.load(Ordering::Relaxed));
            drop(phase);
            let Some(owner) = owner else { continue };
            if owner_pthread == me {
                return Ok(Turn::Inside);
            }
            if owner.is_of_parent() {
                return Err(NotReady::Forked);
            }
            if begin.elapsed() > patience {
                return Err(NotReady::Timeout(patience));
            }
            // Not at the first look: the usual wait ends soon.
            looks += 1;
            if looks.is_multiple_of(5) && join::joins(owner_pthread, me) {
                return Err(NotReady::Joined);
            }
            let waiting = process::registry().wait_for(owner).map_err(|_| NotReady::Circle)?;
            released(&mut || self.pause());
            drop(waiting);
        }
    }

    /// Waits until the phase has perhaps changed.
    fn pause(&self) {
        let changes = self.changes.load(Ordering::Acquire);
        let is_running = self.phase.lock().is_ok_and(|phase| matches!(*phase, Phase::Running));
        if is_running {
            futex::wait(&self.changes, changes, Some(LOOK));
        }
    }
}

impl Running {
    /// The init code has run to its end.
    pub(super) fn done(mut self) {
        self.end(Phase::Done);
    }

    /// It was not begun: everything is as before. A failure stays one, so that calls do not repeat
    /// by themselves what only `<module>_start()` may.
    pub(super) fn put_back(mut self) {
        let before = self.before.take().unwrap_or(Phase::Untried);
        self.end(before);
    }

    /// It has not.
    pub(super) fn failed(mut self, failure: Failure) {
        self.end(Phase::Failed(failure));
    }

    fn end(&mut self, phase: Phase) {
        self.before = None;
        let is_done = matches!(phase, Phase::Done);
        // SAFETY: this thread runs the init code, so that others only read the phase.
        let mut now = unsafe { self.once.phase.lock_or_inherit() };
        self.once.owner.store(0, Ordering::Relaxed);
        self.once.owner_pthread.store(0, Ordering::Relaxed);
        *now = phase;
        self.once.done.store(is_done, Ordering::Release);
        drop(now);
        self.once.changes.fetch_add(1, Ordering::Release);
        futex::wake(&self.once.changes, i32::MAX);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.before.is_some() {
            let text = Arc::from("a bug in embed-dll: its code panicked while it initialised");
            self.end(Phase::Failed(Failure { text, retry: false }));
        }
    }
}

fn patience() -> Duration {
    let given = environment::variable(c"EMBED_DLL_INIT_TIMEOUT");
    let seconds = given.and_then(|text| text.to_str()?.trim().parse().ok());
    seconds.map_or(PATIENCE, Duration::from_secs)
}
