//! Holding the interpreter over a batch of calls.

use std::cell::RefCell;
use std::fmt;

use super::record::{self, Record};
use super::{Attachment, How, Refused, attach, gate};
use crate::descriptor::to_descriptor;
use crate::start::Runtime;

/// A `leave` that does not belong to an `enter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse {
    /// The thread has not entered, or has left as often as it has entered.
    NotEntered,
    /// The `enter` is further out: a call into Python lies between.
    InsideCall,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misuse::NotEntered => {
                "leave without enter: this thread does not hold the interpreter; each leave must \
                 follow an enter of the same thread"
            }
            Misuse::InsideCall => {
                "leave inside a call that Python made, of an enter outside of it; leave after that \
                 call has returned"
            }
        })
    }
}

impl std::error::Error for Misuse {}

/// An outermost `enter`, and those directly inside it.
struct Level {
    attachment: Attachment,
    /// Attachments of the thread, this one included.
    depth: u32,
    /// How often it was entered at this level.
    count: u32,
}

thread_local! {
    /// One level per stretch of host code: a host function that Python calls may enter again.
    static LEVELS: RefCell<Vec<Level>> = const { RefCell::new(Vec::new()) };
}

/// Makes the levels of the calling thread, so that they outlive whatever is made after them.
pub(super) fn prepare() {
    // Refused in a thread that is ending, which has none.
    let _ = LEVELS.try_with(|_| ());
}

/// Attaches the calling thread until [`leave`]. May be nested.
///
/// # Errors
///
/// [`Refused`] as for [`attach`].
pub fn enter(runtime: &'static Runtime) -> Result<(), Refused> {
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    let nested = LEVELS.try_with(|levels| {
        let mut levels = levels.borrow_mut();
        match levels.last_mut() {
            Some(level) if level.depth == own.depth() => {
                level.count += 1;
                true
            }
            _ => false,
        }
    });
    match nested {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        // Nothing would leave for it.
        Err(_) => return Err(Refused::ThreadEnds),
    }
    let mut attachment = attach(runtime)?;
    // Others need not queue behind a whole batch.
    let ungated = match attachment.how {
        How::HomePastGate => Some(How::Home),
        How::RestoredPastGate => Some(How::Restored),
        _ => None,
    };
    if let Some(how) = ungated {
        gate::own().leave(own.id.get());
        attachment.how = how;
    }
    let level = Level { attachment, depth: own.depth(), count: 1 };
    LEVELS.with_borrow_mut(|levels| levels.push(level));
    Ok(())
}

/// Undoes the last [`enter`] of the calling thread.
///
/// # Errors
///
/// [`Misuse`]; nothing is undone then.
pub fn leave() -> Result<(), Misuse> {
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let depth = unsafe { record.as_ref() }.depth();
    let ended = LEVELS
        .try_with(|levels| {
            let mut levels = levels.borrow_mut();
            let level = levels.last_mut().ok_or(Misuse::NotEntered)?;
            if level.depth != depth {
                return Err(Misuse::InsideCall);
            }
            level.count -= 1;
            Ok(if level.count == 0 { levels.pop() } else { None })
        })
        .unwrap_or(Err(Misuse::NotEntered))?;
    drop(ended.map(|level| level.attachment));
    Ok(())
}

/// Whether the calling thread, which is attached, runs host code between `enter` and `leave`, and
/// not Python code inside that.
pub(super) fn is_host_code(record: &Record) -> bool {
    let depth = record.depth();
    LEVELS
        .try_with(|levels| levels.borrow().last().is_some_and(|level| level.depth == depth))
        .unwrap_or(false)
}

/// Gives the interpreter back for a thread that ends without having left.
pub(super) fn thread_ends(record: &Record) {
    if record.depth() == 0 {
        return;
    }
    let levels = LEVELS.try_with(|levels| std::mem::take(&mut *levels.borrow_mut()));
    let Ok(mut levels) = levels else { return };
    // A level further out lies below frames of Python, which end with the thread: exit().
    while let Some(level) = levels.pop_if(|level| level.depth == record.depth()) {
        drop(level.attachment);
        to_descriptor(
            "embed-dll: a thread has ended between enter and leave; it must leave as often as it \
             enters. The interpreter was given back for it.\n",
        );
    }
    if !levels.is_empty() {
        std::mem::forget(levels);
    }
}
