//! `threads`: real threads behind one barrier.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Condvar, Mutex, PoisonError};

use embedcheck_plan::{Line, Step, ThreadGroup};
use serde_json::json;

use crate::events::Outcome;
use crate::execute::Worker;
use crate::state::Host;
use crate::{events, sys};

/// What the threads of one block share.
struct Crew {
    gate: Mutex<Gate>,
    decided: Condvar,
    /// Initialised before any thread that waits on it exists.
    barrier: UnsafeCell<MaybeUninit<libc::pthread_barrier_t>>,
}

/// Nobody acts before it is known that all threads exist: the barrier would wait for ever.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Closed,
    Open,
    Cancelled,
}

/// One thread, owned by the thread that started it.
struct Member {
    worker: Worker,
    /// In bytes; the system's default if absent or 0.
    stack: Option<usize>,
    steps: &'static [Step],
    crew: *const Crew,
}

/// `threads … end`.
pub(crate) fn run(host: &'static Host, line: Line, groups: &'static [ThreadGroup]) -> Outcome {
    let crew = Crew {
        gate: Mutex::new(Gate::Closed),
        decided: Condvar::new(),
        barrier: UnsafeCell::new(MaybeUninit::zeroed()),
    };
    // Not moved any more once the first thread is started: `start_all` borrows it.
    let mut members = Vec::new();
    for (section, group) in groups.iter().enumerate() {
        let first = host.first_number(line, section);
        members.extend((0..group.count).map(|index| {
            let worker = Worker::new(host, first + index);
            Member { worker, stack: group.stack, steps: &group.steps, crew: &raw const crew }
        }));
    }
    let count = members.len();
    match start_all(&crew, &members) {
        Ok(()) => Outcome::done(json!({ "threads": count })),
        Err((index, errno)) => Outcome::failed(
            errno,
            format!("cannot start thread {} of {count}: {}", index + 1, sys::strerror(errno)),
        ),
    }
}

/// Starts and joins them; the error is the index of the thread that could not be started, and an error
/// number.
fn start_all(crew: &Crew, members: &[Member]) -> Result<(), (usize, c_int)> {
    let count = u32::try_from(members.len()).unwrap_or_default();
    // SAFETY: the memory is writable and not shared yet. No threads at all are an error.
    let status =
        unsafe { libc::pthread_barrier_init(crew.barrier.get().cast(), ptr::null(), count) };
    if status != 0 {
        return Err((0, status));
    }
    let mut started = Vec::with_capacity(members.len());
    let mut result = Ok(());
    for (index, member) in members.iter().enumerate() {
        match start(member) {
            Ok(thread) => started.push(thread),
            Err(number) => {
                result = Err((index, number));
                break;
            }
        }
    }
    crew.decide(if result.is_ok() { Gate::Open } else { Gate::Cancelled });
    for thread in started {
        // SAFETY: made above, joinable, joined once.
        unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    }
    // SAFETY: every thread that could wait on it has ended.
    unsafe { libc::pthread_barrier_destroy(crew.barrier.get().cast()) };
    result
}

impl Crew {
    fn decide(&self, gate: Gate) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
        self.decided.notify_all();
    }

    fn wait_for_decision(&self) -> Gate {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let decided = self.decided.wait_while(gate, |gate| *gate == Gate::Closed);
        *decided.unwrap_or_else(PoisonError::into_inner)
    }

    /// All leave at the same moment. Of the C library, not of `std`, whose threads would leave one
    /// by one, each taking a lock.
    fn cross_barrier(&self) {
        // SAFETY: initialised before the thread was started, destroyed after it is joined.
        unsafe { libc::pthread_barrier_wait(self.barrier.get().cast()) };
    }
}

/// Starts a thread; the error is an error number.
fn start(member: &Member) -> Result<libc::pthread_t, c_int> {
    let checked = |status| if status == 0 { Ok(()) } else { Err(status) };
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::zeroed();
    // SAFETY: the structure is writable.
    checked(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
    let mut made = Ok(());
    if let Some(stack) = member.stack.filter(|stack| *stack > 0) {
        // SAFETY: initialised above.
        made = checked(unsafe { libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack) });
    }
    let mut thread = MaybeUninit::<libc::pthread_t>::zeroed();
    if made.is_ok() {
        let argument = ptr::from_ref(member).cast_mut().cast();
        // SAFETY: the attributes are initialised; the member outlives the thread, which
        // `start_all` joins.
        made = checked(unsafe {
            libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), body, argument)
        });
    }
    // SAFETY: initialised above and not used after this.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    made?;
    // SAFETY: `pthread_create` succeeded and has written it.
    Ok(unsafe { thread.assume_init() })
}

/// Body of a thread. A panic aborts here; `pthread_exit` of a DLL passes through, since no frame
/// owns anything.
extern "C" fn body(argument: *mut c_void) -> *mut c_void {
    // SAFETY: a member that `run` keeps until this thread is joined. Until then only this thread uses it.
    let member = unsafe { &*argument.cast::<Member>().cast_const() };
    // SAFETY: lives in `run` until this thread is joined.
    let crew = unsafe { &*member.crew };
    events::set_thread(member.worker.number());
    if crew.wait_for_decision() == Gate::Open {
        match member.steps.split_first() {
            None => crew.cross_barrier(),
            Some((first, rest)) => {
                member.worker.announce(first);
                crew.cross_barrier();
                member.worker.act_and_report(first);
                member.worker.run(rest);
            }
        }
    }
    ptr::null_mut()
}
