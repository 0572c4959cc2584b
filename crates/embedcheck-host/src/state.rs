//! What the names of a plan stand for while it runs.
//!
//! A thread sees its own meaning of a name first, then the latest that any thread gave it: the
//! threads of one section can each open, fork or fill a buffer without disturbing the others, and
//! what they opened can be used after them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_void};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use embedcheck_plan::{Handle, Line, Name, Op, Plan, Step};

use crate::buffers::Buffer;
use crate::{events, sys};

/// A handle of `dlopen`, or `RTLD_DEFAULT`. Never closed except by `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw(pub(crate) *mut c_void);

// SAFETY: a handle is a token for dl functions, which glibc lets any thread call with it.
unsafe impl Send for Raw {}

impl Raw {
    /// `RTLD_DEFAULT`.
    pub(crate) const DEFAULT: Self = Self(libc::RTLD_DEFAULT);
}

/// What a name stands for. Nothing is ever released: a DLL may keep a pointer to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meaning {
    Handle(Raw),
    Buffer(Buffer),
    Child(libc::pid_t),
}

impl Meaning {
    fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[derive(Debug)]
struct Binding {
    name: Name,
    /// Number of the thread that made it.
    thread: u32,
    meaning: Meaning,
    /// Closed, or waited for. Hides what the name stood for before.
    gone: bool,
}

/// The state of a running plan.
pub(crate) struct Host {
    /// Process that runs the plan; forked children differ.
    pid: u32,
    /// Number of the first thread of each section: line of the `threads` step, index of the section.
    numbers: BTreeMap<(Line, usize), u32>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// Oldest first.
    bindings: Vec<Binding>,
    /// Strings that were arguments: the DLL may keep pointers to them.
    strings: Vec<CString>,
}

static HOST: OnceLock<Host> = OnceLock::new();

impl Host {
    /// Makes the state for a plan; a process runs one. `None` if the C library refuses to look after
    /// its locks in a `fork`.
    pub(crate) fn start(plan: &Plan) -> Option<&'static Self> {
        let host = HOST.get_or_init(|| {
            let mut numbers = BTreeMap::new();
            number_threads(&plan.steps, &mut 1, &mut numbers);
            Self { pid: sys::pid(), numbers, tables: Mutex::default() }
        });
        // Also runs for forks that the DLL makes, such as `os.fork()` in its Python code.
        //
        // SAFETY: the handlers have the type that is asked for and exist as long as the process.
        let status =
            unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(after_fork)) };
        (status == 0).then_some(host)
    }

    /// Whether this is the process that was started with the plan, not one that was forked from it.
    pub(crate) fn is_first_process(&self) -> bool {
        sys::pid() == self.pid
    }

    /// Number of the first thread of a section.
    pub(crate) fn first_number(&self, threads: Line, section: usize) -> u32 {
        self.numbers.get(&(threads, section)).copied().unwrap_or_default()
    }

    /// Gives a name a new meaning, for the calling thread first of all.
    pub(crate) fn bind(&self, name: &Name, meaning: Meaning) {
        let binding =
            Binding { name: name.clone(), thread: events::thread(), meaning, gone: false };
        self.tables().bindings.push(binding);
    }

    /// Takes the meaning away that the calling thread sees.
    pub(crate) fn unbind(&self, name: &Name, meaning: Meaning) {
        let mut tables = self.tables();
        let index = tables.position(name, &meaning);
        if let Some(binding) = index.and_then(|index| tables.bindings.get_mut(index)) {
            binding.gone = true;
        }
    }

    /// The handle for `dlsym`; the error is for the event.
    pub(crate) fn handle(&self, handle: &Handle) -> Result<Raw, String> {
        match handle {
            Handle::Default => Ok(Raw::DEFAULT),
            Handle::Named(name) => self.named(name),
        }
    }

    /// The handle that `open` gave this name.
    pub(crate) fn named(&self, name: &Name) -> Result<Raw, String> {
        match self.meaning(name, &Meaning::Handle(Raw::DEFAULT)) {
            Some(Meaning::Handle(raw)) => Ok(raw),
            _ => Err(format!("no handle \"{name}\"")),
        }
    }

    /// The buffer of this name.
    pub(crate) fn buffer(&self, name: &Name) -> Result<Buffer, String> {
        match self.meaning(name, &Meaning::Buffer(Buffer::NONE)) {
            Some(Meaning::Buffer(buffer)) => Ok(buffer),
            _ => Err(format!("no buffer \"{name}\"")),
        }
    }

    /// The child of this name.
    pub(crate) fn child(&self, name: &Name) -> Result<libc::pid_t, String> {
        match self.meaning(name, &Meaning::Child(0)) {
            Some(Meaning::Child(pid)) => Ok(pid),
            _ => Err(format!("no child \"{name}\"")),
        }
    }

    /// Every open handle that the calling thread sees, in the order of opening.
    pub(crate) fn handles(&self) -> Vec<(Name, Raw)> {
        let tables = self.tables();
        let seen = tables.bindings.iter().enumerate().filter_map(|(index, binding)| {
            let Meaning::Handle(raw) = binding.meaning else { return None };
            let visible =
                !binding.gone && tables.position(&binding.name, &binding.meaning) == Some(index);
            visible.then(|| (binding.name.clone(), raw))
        });
        seen.collect()
    }

    /// A C string that lives as long as the process.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<*const c_char, String> {
        let string = sys::c_string(bytes)?;
        // Moving the string into the list does not move its bytes.
        let pointer = string.as_ptr();
        self.tables().strings.push(string);
        Ok(pointer)
    }

    fn meaning(&self, name: &Name, kind: &Meaning) -> Option<Meaning> {
        let tables = self.tables();
        let binding = tables.bindings.get(tables.position(name, kind)?)?;
        (!binding.gone).then_some(binding.meaning)
    }

    /// Locks the tables. Nothing foreign may be called before they are released.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Index of what a name means to the calling thread, be it gone or not.
    fn position(&self, name: &Name, kind: &Meaning) -> Option<usize> {
        let all = || {
            let newest_first = self.bindings.iter().enumerate().rev();
            newest_first
                .filter(|(_, known)| known.name == *name && known.meaning.is_same_kind(kind))
        };
        let own = all().find(|(_, known)| known.thread == events::thread());
        own.or_else(|| all().next()).map(|(index, _)| index)
    }
}

/// Numbers the threads in the order of the text. A block that several threads run has the same
/// numbers in each of them.
fn number_threads(steps: &[Step], next: &mut u32, numbers: &mut BTreeMap<(Line, usize), u32>) {
    for step in steps {
        match &step.op {
            Op::Threads(groups) => {
                for (section, group) in groups.iter().enumerate() {
                    numbers.insert((step.line, section), *next);
                    *next += group.count;
                    number_threads(&group.steps, next, numbers);
                }
            }
            Op::Fork { steps, .. } => number_threads(steps, next, numbers),
            _ => {}
        }
    }
}

/// The locks of the host, held by a thread that forks.
type Held = (MutexGuard<'static, Tables>, MutexGuard<'static, ()>);

thread_local! {
    static HELD: Cell<Option<Held>> = const { Cell::new(None) };
}

/// Takes the host's locks, so that the child inherits none from a thread that it does not have.
extern "C" fn before_fork() {
    if let Some(host) = HOST.get() {
        let held = (host.tables(), events::pause());
        // Fails only while the thread is being taken down, and then drops the locks.
        let _ = HELD.try_with(|place| place.set(Some(held)));
    }
}

/// Runs in the parent and in the child, on the thread that took the locks.
extern "C" fn after_fork() {
    let _ = HELD.try_with(|place| place.take());
}
