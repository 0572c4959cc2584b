//! Ends: of threads, of the interpreter, of the process.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::on_each_python;
use crate::start::Runtime;
use crate::thread::testing::{Python, Ran, on_each, succeeded};
use crate::thread::{Misuse, Refused, attach, detached, enter, leave, record};

/// What a thread that is made without Rust's help gets.
static SHARED: AtomicPtr<Runtime> = AtomicPtr::new(ptr::null_mut());
static LATE_CALLS: AtomicU32 = AtomicU32::new(0);

fn shared() -> &'static Runtime {
    // SAFETY: stored by the test, lives for ever.
    unsafe { &*SHARED.load(Ordering::Acquire) }
}

fn share(runtime: &'static Runtime) {
    SHARED.store(ptr::from_ref(runtime).cast_mut(), Ordering::Release);
}

/// Resident memory in kB.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How many thread states the main interpreter has.
fn states(python: &Python) -> usize {
    let attachment = attach(python.runtime).unwrap();
    // SAFETY: the prototypes of the C functions.
    let (head, next) = unsafe {
        (
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void) -> *mut c_void>(
                python.symbol(c"PyInterpreterState_ThreadHead"),
            ),
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void) -> *mut c_void>(
                python.symbol(c"PyThreadState_Next"),
            ),
        )
    };
    let main = attachment.py().main_interpreter();
    // SAFETY: attached; no other thread makes or deletes a state now.
    let mut state = unsafe { head(main.cast()) };
    let mut count = 0;
    while !state.is_null() {
        count += 1;
        // SAFETY: as above.
        state = unsafe { next(state) };
    }
    count
}

/// Attaches and runs a Python function, for which the state gets all that it needs.
fn call_python(runtime: &'static Runtime) {
    let attachment = attach(runtime).unwrap();
    let main = attachment.py().import(c"__main__");
    assert!(main.and_then(|main| main.attr(c"work")?.call(&[]).map(drop)).is_ok());
}

/// What `lib.f()` does when the C function waits until told otherwise.
fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        thread::sleep(Duration::from_millis(1));
    }
}

extern "C" fn call_late(_value: *mut c_void) {
    let attachment = attach(shared()).unwrap();
    drop(attach(shared()).unwrap());
    detached(attachment.py(), || drop(attach(shared()).unwrap()));
    drop(attachment);
    LATE_CALLS.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn call_then_end(key: *mut c_void) -> *mut c_void {
    drop(attach(shared()).unwrap());
    // SAFETY: a key that exists.
    unsafe { libc::pthread_setspecific(key.addr() as libc::pthread_key_t, key.cast_const()) };
    ptr::null_mut()
}

extern "C" fn only_end(key: *mut c_void) -> *mut c_void {
    // SAFETY: a key that exists.
    unsafe { libc::pthread_setspecific(key.addr() as libc::pthread_key_t, key.cast_const()) };
    ptr::null_mut()
}

on_each_python! {
    fn states_of_ended_threads_are_freed(python) {
        let runtime = python.runtime;
        {
            let _attachment = attach(runtime).unwrap();
            python.run("def work(): return [i for i in range(3)]");
        }
        let round = |count: usize| {
            for _ in 0..count / 4 {
                let four = [(); 4].map(|()| thread::spawn(move || {
                    call_python(runtime);
                    call_python(runtime);
                }));
                for thread in four {
                    thread.join().unwrap();
                }
            }
        };
        round(1_000);
        let (before, states_before) = (resident(), states(python));
        round(6_000);
        assert_eq!(states(python), states_before);
        let grown = resident().saturating_sub(before);
        // A state left behind takes about 4.6 kB: 27 MB.
        assert!(grown < 3_000, "{grown} kB more after 6000 threads");
    }

    #[ignore = "makes 100,000 threads on each interpreter"]
    fn states_of_very_many_threads_are_freed(python) {
        let runtime = python.runtime;
        {
            let _attachment = attach(runtime).unwrap();
            python.run("def work(): return [i for i in range(3)]");
        }
        let round = |count: usize| {
            for _ in 0..count {
                thread::spawn(move || call_python(runtime)).join().unwrap();
            }
        };
        round(2_000);
        let (before, states_before) = (resident(), states(python));
        round(100_000);
        assert_eq!(states(python), states_before);
        let grown = resident().saturating_sub(before);
        assert!(grown < 4_000, "{grown} kB more after 100,000 threads");
    }

    fn a_destructor_of_the_host_may_call_after_ours(python) {
        share(python.runtime);
        let mut key = 0;
        // SAFETY: a new key.
        assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(call_late)) }, 0);
        for _ in 0..50 {
            let mut thread = 0;
            let argument = ptr::without_provenance_mut(key as usize);
            // SAFETY: the function takes the key as its argument; the thread is joined.
            unsafe {
                assert_eq!(
                    libc::pthread_create(&raw mut thread, ptr::null(), call_then_end, argument),
                    0
                );
                assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
            }
        }
        assert_eq!(LATE_CALLS.load(Ordering::SeqCst), if key == 0 { 0 } else { 50 });
        assert!(!record::others_inside());
    }

    fn a_thread_may_call_for_the_first_time_in_a_destructor_of_the_host(python) {
        share(python.runtime);
        drop(attach(python.runtime).unwrap());
        let states_before = states(python);
        let mut key = 0;
        // SAFETY: a new key.
        assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(call_late)) }, 0);
        for _ in 0..50 {
            let mut thread = 0;
            let argument = ptr::without_provenance_mut(key as usize);
            // SAFETY: the function takes the key as its argument; the thread is joined.
            unsafe {
                assert_eq!(libc::pthread_create(&raw mut thread, ptr::null(), only_end, argument), 0);
                assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
            }
        }
        assert_eq!(LATE_CALLS.load(Ordering::SeqCst), if key == 0 { 0 } else { 50 });
        assert_eq!(states(python), states_before);
        // Reads the records of all known threads, in memory that is gone if one that has ended is
        // among them.
        assert!(!record::others_inside());
    }

    fn a_thread_may_end_while_another_waits_for_it_with_the_gil(python) {
        let runtime = python.runtime;
        let attachment = attach(runtime).unwrap();
        let thread = thread::spawn(move || drop(attach(runtime).unwrap()));
        detached(attachment.py(), || thread.join().unwrap());
    }

    fn the_interpreter_can_be_held(python) {
        let runtime = python.runtime;
        let abi = runtime.abi;
        assert_eq!(leave(), Err(Misuse::NotEntered));
        enter(runtime).unwrap();
        enter(runtime).unwrap();
        // SAFETY: may be asked at any time.
        let is_attached = || unsafe { abi.PyGILState_Check() } != 0;
        assert!(is_attached());
        let attachment = attach(runtime).unwrap();
        assert_eq!(leave(), Err(Misuse::InsideCall));
        detached(attachment.py(), || {
            assert_eq!(leave(), Err(Misuse::InsideCall));
            enter(runtime).unwrap();
            assert!(is_attached());
            leave().unwrap();
            assert!(!is_attached());
        });
        drop(attachment);
        leave().unwrap();
        assert!(is_attached());
        leave().unwrap();
        assert!(!is_attached());
        assert_eq!(leave(), Err(Misuse::NotEntered));
        // Another thread's enter is not this one's.
        thread::spawn(move || {
            enter(runtime).unwrap();
            leave().unwrap();
            assert_eq!(leave(), Err(Misuse::NotEntered));
        }).join().unwrap();
    }

    fn a_thread_that_ends_without_leaving_gives_the_interpreter_back(python) {
        let runtime = python.runtime;
        for _ in 0..20 {
            thread::spawn(move || {
                enter(runtime).unwrap();
                enter(runtime).unwrap();
            }).join().unwrap();
            drop(attach(runtime).unwrap());
        }
    }

    fn calls_after_finalisation_are_refused(python) {
        let runtime = python.runtime;
        let stop = &AtomicBool::new(false);
        let ready = &Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..2 {
                // Loops through the end of the interpreter.
                scope.spawn(move || {
                    drop(attach(runtime).unwrap());
                    ready.wait();
                    let mut refused = 0;
                    while !stop.load(Ordering::Acquire) {
                        match attach(runtime) {
                            Ok(attachment) => drop(attachment),
                            Err(Refused::Finalising | Refused::Finalised) => refused += 1,
                            Err(other) => panic!("{other}"),
                        }
                    }
                    assert!(refused > 0);
                });
            }
            ready.wait();
            // Of the thread that initialised, as CPython wants it.
            // SAFETY: may be called by any thread.
            let state = unsafe { runtime.abi.PyGILState_GetThisThreadState() };
            // SAFETY: the state is this thread's.
            unsafe { runtime.abi.PyEval_RestoreThread(state) };
            python.run("import atexit
def late(): print('atexit ran')
atexit.register(late)");
            python.finalise();
            assert_eq!(attach(runtime).err(), Some(Refused::Finalised));
            thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Release);
        });
        assert_eq!(enter(runtime).err(), Some(Refused::Finalised));
        // Another interpreter in its place is none of ours, whoever is attached to it.
        python.initialise();
        assert_eq!(attach(runtime).err(), Some(Refused::Finalised));
        // SAFETY: attached by the initialisation.
        unsafe { runtime.abi.PyEval_SaveThread() };
        assert_eq!(attach(runtime).err(), Some(Refused::Finalised));
        assert_eq!(
            thread::spawn(move || attach(runtime).err()).join().unwrap(),
            Some(Refused::Finalised)
        );
    }

    fn calls_in_flight_finish_before_finalisation(python) {
        let runtime = python.runtime;
        let inside = &AtomicBool::new(false);
        let finished = &AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(move || {
                let attachment = attach(runtime).unwrap();
                detached(attachment.py(), || {
                    inside.store(true, Ordering::Release);
                    thread::sleep(Duration::from_millis(200));
                    // Inside is inside: this belongs to the call in flight.
                    drop(attach(runtime).unwrap());
                });
                // SAFETY: attached.
                let none = attachment.py().none();
                assert!(none.is_none());
                finished.store(true, Ordering::Release);
            });
            wait_for(inside);
            // One that comes while it waits is refused at once.
            scope.spawn(move || {
                while attach(runtime).is_ok() {
                    thread::sleep(Duration::from_millis(1));
                }
                assert!(!finished.load(Ordering::Acquire));
            });
            // SAFETY: may be called by any thread.
            let state = unsafe { runtime.abi.PyGILState_GetThisThreadState() };
            // SAFETY: the state is this thread's.
            unsafe { runtime.abi.PyEval_RestoreThread(state) };
            python.finalise();
            assert!(finished.load(Ordering::Acquire));
        });
    }

    fn a_call_that_does_not_finish_does_not_keep_finalisation(python) {
        let runtime = python.runtime;
        static INSIDE: AtomicBool = AtomicBool::new(false);
        static DONE: AtomicBool = AtomicBool::new(false);
        static RETURNED: AtomicBool = AtomicBool::new(false);
        thread::spawn(move || {
            let attachment = attach(runtime).unwrap();
            detached(attachment.py(), || {
                INSIDE.store(true, Ordering::Release);
                wait_for(&DONE);
            });
            RETURNED.store(true, Ordering::Release);
        });
        wait_for(&INSIDE);
        // SAFETY: may be called by any thread.
        let state = unsafe { runtime.abi.PyGILState_GetThisThreadState() };
        // SAFETY: the state is this thread's.
        unsafe { runtime.abi.PyEval_RestoreThread(state) };
        let begin = Instant::now();
        python.finalise();
        assert!(begin.elapsed() < Duration::from_secs(20));
        // It hangs now, rather than to return to an interpreter that is gone.
        DONE.store(true, Ordering::Release);
        thread::sleep(Duration::from_millis(100));
        assert!(!RETURNED.load(Ordering::Acquire));
    }
}

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
}

/// Registered before there is an interpreter, so that it runs after what the DLL registers.
#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn() = register;

extern "C" fn register() {
    // SAFETY: the function is there for ever.
    unsafe { atexit(print_late) };
}

extern "C" fn print_late() {
    if SHARED.load(Ordering::Acquire).is_null() {
        return;
    }
    let attachment = attach(shared()).unwrap();
    let py = attachment.py();
    let stdout = py.import(c"sys").and_then(|sys| sys.attr(c"stdout"));
    let write = stdout.and_then(|stdout| stdout.attr(c"write"));
    let text = py.str("late line\n");
    assert!(text.and_then(|text| write?.call(&[*text]).map(drop)).is_ok());
}

fn print_and_exit(python: &Python) {
    share(python.runtime);
    let runtime = python.runtime;
    let attachment = attach(runtime).unwrap();
    python.run("print('early line')");
    drop(attachment);
    // Another thread is in Python meanwhile, and stays there.
    static BUSY: AtomicBool = AtomicBool::new(false);
    thread::spawn(move || {
        let attachment = attach(runtime).unwrap();
        let py = attachment.py();
        BUSY.store(true, Ordering::Release);
        let exec = py.import(c"builtins").and_then(|builtins| builtins.attr(c"exec"));
        let (code, names) = (py.str("while True: pass"), py.dict());
        let _ = exec.and_then(|exec| exec.call(&[*code?, *names?]).map(drop));
    });
    wait_for(&BUSY);
    std::process::exit(17);
}

#[test]
fn nothing_printed_is_lost_at_exit() {
    on_each(
        "thread::tests::ending::nothing_printed_is_lost_at_exit",
        print_and_exit,
        |ran: &Ran| {
            let text = String::from_utf8_lossy(&ran.output.stdout);
            assert_eq!(ran.output.status.code(), Some(17), "{:?}", ran.output);
            for line in ["early line\n", "late line\n"] {
                assert!(text.contains(line), "{line} of {}: {text}", ran.library.display());
            }
        },
    );
}

#[test]
fn an_exit_does_not_wait_for_who_keeps_the_gil() {
    fn body(python: &Python) {
        let runtime = python.runtime;
        static BUSY: AtomicBool = AtomicBool::new(false);
        thread::spawn(move || {
            let _attachment = attach(runtime).unwrap();
            BUSY.store(true, Ordering::Release);
            thread::sleep(Duration::from_secs(60));
        });
        wait_for(&BUSY);
        std::process::exit(17);
    }
    on_each("thread::tests::ending::an_exit_does_not_wait_for_who_keeps_the_gil", body, |ran| {
        if ran.output.status.code() != Some(17) {
            succeeded(ran);
        }
    });
}

#[test]
fn a_missed_leave_is_told() {
    fn body(python: &Python) {
        let runtime = python.runtime;
        thread::spawn(move || {
            // Before it enters: what notices the end of the thread is older then.
            drop(attach(runtime).unwrap());
            enter(runtime).unwrap();
            enter(runtime).unwrap();
        })
        .join()
        .unwrap();
        drop(attach(runtime).unwrap());
    }
    on_each("thread::tests::ending::a_missed_leave_is_told", body, |ran| {
        succeeded(ran);
        let text = String::from_utf8_lossy(&ran.output.stderr);
        let told = text.matches("a thread has ended between enter and leave").count();
        assert_eq!(told, 1, "{}: {text}", ran.library.display());
    });
}
