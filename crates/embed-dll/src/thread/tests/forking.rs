//! fork().

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::on_each_python;
use crate::start::Runtime;
use crate::thread::{Refused, attach, detached};

/// What a good child ends with.
const GOOD: i32 = 42;

/// Runs `in_child` in a child of fork, whose exit code is what it returns.
fn fork(in_child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: that the child may go on with Python and Rust is what is tested; it ends with _exit.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // A child that hangs ends with SIGALRM.
        // SAFETY: takes a number.
        unsafe { libc::alarm(20) };
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(in_child)).unwrap_or(99);
        // SAFETY: ends the process.
        unsafe { libc::_exit(code) };
    }
    wait(child)
}

fn wait(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: a child of ours; the status is written.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(libc::WIFEXITED(status), "the child ended with signal {}", libc::WTERMSIG(status));
    libc::WEXITSTATUS(status)
}

/// Uses Python in the calling thread and in a new one.
fn usable(runtime: &'static Runtime) -> i32 {
    let compute = move || {
        let attachment = match attach(runtime) {
            Ok(attachment) => attachment,
            Err(refused) => return Some(50 + refused as i32),
        };
        let py = attachment.py();
        let sum = py.import(c"threading").and_then(|threading| {
            threading.attr(c"active_count")?.call(&[])?;
            py.import(c"json")?.attr(c"loads")?.call(&[*py.str("[42]")?])
        });
        let text = sum.and_then(|sum| sum.to_text()).ok()?;
        (text == "[42]").then_some(GOOD)
    };
    let here = compute().unwrap_or(1);
    let there = thread::spawn(compute).join().unwrap().unwrap_or(2);
    if here == GOOD { there } else { here }
}

/// While it lives, another thread is in Python and runs `code`.
struct Busy {
    thread: Option<thread::JoinHandle<()>>,
}

static STOP: AtomicBool = AtomicBool::new(false);

impl Busy {
    fn with(runtime: &'static Runtime, code: &'static str) -> Busy {
        static IN: AtomicBool = AtomicBool::new(false);
        STOP.store(false, Ordering::Release);
        let thread = thread::spawn(move || {
            while !STOP.load(Ordering::Acquire) {
                let attachment = attach(runtime).unwrap();
                IN.store(true, Ordering::Release);
                let py = attachment.py();
                let exec = py.import(c"builtins").and_then(|builtins| builtins.attr(c"exec"));
                let (code, names) = (py.str(code), py.dict());
                assert!(exec.and_then(|exec| exec.call(&[*code?, *names?]).map(drop)).is_ok());
            }
        });
        while !IN.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        Busy { thread: Some(thread) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        STOP.store(true, Ordering::Release);
        self.thread.take().unwrap().join().unwrap();
    }
}

on_each_python! {
    fn a_child_can_use_an_idle_interpreter(python) {
        let runtime = python.runtime;
        for _ in 0..3 {
            assert_eq!(fork(|| usable(runtime)), GOOD);
            drop(attach(runtime).unwrap());
        }
        // From a thread that has no state, one that has one, and in a child of a child.
        thread::spawn(move || {
            assert_eq!(fork(|| usable(runtime)), GOOD);
            drop(attach(runtime).unwrap());
            assert_eq!(fork(|| fork(|| usable(runtime))), GOOD);
        }).join().unwrap();
    }

    fn a_fork_runs_what_python_code_has_registered_for_it(python) {
        let runtime = python.runtime;
        {
            let _attachment = attach(runtime).unwrap();
            python.run("import os; ran = []
os.register_at_fork(before=lambda: ran.append('before'),
    after_in_parent=lambda: ran.append('parent'), after_in_child=lambda: ran.append('child'))");
        }
        let code = fork(|| {
            let _attachment = attach(runtime).unwrap();
            python.run("assert ran == ['before', 'child'], ran");
            GOOD
        });
        assert_eq!(code, GOOD);
        let _attachment = attach(runtime).unwrap();
        python.run("assert ran == ['before', 'parent'], ran");
    }

    fn a_child_can_use_an_interpreter_that_was_running(python) {
        let runtime = python.runtime;
        let code = [
            "for i in range(300000): pass",
            // Shorter than the 5 ms after which CPython asks for the GIL.
            "for i in range(10000): pass",
            "pass",
            "import time; time.sleep(0.02)",
            "import threading; t = threading.Thread(target=sum, args=(range(10000),)); t.start(); t.join()",
        ];
        for code in code {
            let _busy = Busy::with(runtime, code);
            for _ in 0..10 {
                assert_eq!(fork(|| usable(runtime)), GOOD, "{code}");
            }
        }
    }

    fn a_fork_that_cannot_have_the_gil_is_told_so(python) {
        let runtime = python.runtime;
        static HELD: AtomicBool = AtomicBool::new(false);
        static FREE: AtomicBool = AtomicBool::new(false);
        let holder = thread::spawn(move || {
            let _attachment = attach(runtime).unwrap();
            HELD.store(true, Ordering::Release);
            while !FREE.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(1));
            }
        });
        while !HELD.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        let begin = Instant::now();
        let code = fork(|| match attach(runtime) {
            Err(Refused::ForkedWhileBusy) => {
                // It stays so, here and in its children.
                let nested = fork(|| i32::from(attach(runtime).is_ok()));
                if nested == 0 { GOOD } else { 3 }
            }
            Err(_) => 1,
            Ok(_) => 2,
        });
        assert_eq!(code, GOOD);
        assert!(begin.elapsed() < Duration::from_secs(5));
        FREE.store(true, Ordering::Release);
        holder.join().unwrap();
        assert_eq!(fork(|| usable(runtime)), GOOD);
    }

    fn a_fork_by_python_is_left_to_python(python) {
        let runtime = python.runtime;
        let in_function = move || {
            let attachment = attach(runtime).unwrap();
            let py = attachment.py();
            let pid = py.import(c"os").and_then(|os| os.attr(c"fork")?.call(&[])?.to_text());
            let child: libc::pid_t = pid.unwrap_or_default().parse().unwrap();
            if child == 0 {
                drop(attachment);
                let code = usable(runtime);
                // SAFETY: ends the process.
                unsafe { libc::_exit(code) };
            }
            let code = detached(py, || wait(child));
            assert_eq!(code, GOOD);
        };
        in_function();
        thread::spawn(in_function).join().unwrap();
        let _busy = Busy::with(runtime, "for i in range(300000): pass");
        in_function();
    }

    fn a_fork_by_python_does_not_hang_at_the_list_of_threads(python) {
        let runtime = python.runtime;
        let attachment = attach(runtime).unwrap();
        // A thread that `threading` did not start is in its list, and another one has the lock.
        python.run("import os, threading, time, _thread
known, taken = [], []
def foreign():
    known.append(threading.current_thread()); time.sleep(60)
def holder():
    with threading._active_limbo_lock:
        taken.append(1); time.sleep(0.3)
_thread.start_new_thread(foreign, ())
while not known: time.sleep(0.001)
_thread.start_new_thread(holder, ())
while not taken: time.sleep(0.001)
child = os.fork()
if child == 0: os._exit(42 if threading.active_count() == 1 else 1)
end = time.monotonic() + 20
ended = 0
while not ended and time.monotonic() < end:
    ended, status = os.waitpid(child, os.WNOHANG)
    time.sleep(0.001)
if not ended: os.kill(child, 9)
assert ended, 'the child hangs'
assert status >> 8 == 42, status
with threading._active_limbo_lock: pass");
        drop(attachment);
        assert_eq!(fork(|| usable(runtime)), GOOD);
    }

    fn multiprocessing_works(python) {
        let _attachment = attach(python.runtime).unwrap();
        python.run("import multiprocessing, math
with multiprocessing.get_context('fork').Pool(2) as pool:
    assert pool.map(math.sqrt, [1, 4, 9]) == [1, 2, 3]
import subprocess
assert subprocess.run(['/bin/echo', 'x'], stdout=-1).stdout == b'x\\n'");
    }

    fn a_fork_waits_for_an_import_or_is_told_that_it_did_not_end(python) {
        let runtime = python.runtime;
        {
            let _attachment = attach(runtime).unwrap();
            python.run("import sys, types, importlib.abc, importlib.machinery, time
begun = []
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.startswith('slow_'): return importlib.machinery.ModuleSpec(name, self)
    def create_module(self, spec): return None
    def exec_module(self, module): begun.append(module); time.sleep(float(module.__name__[5:].replace('_', '.')))
sys.meta_path.insert(0, Finder())");
        }
        let import = |name: &'static std::ffi::CStr| move || {
            let attachment = attach(runtime).unwrap();
            i32::from(attachment.py().import(name).is_err())
        };
        let cases = [(c"slow_0_05", GOOD), (c"slow_3_5", 50 + Refused::ForkedWhileBusy as i32)];
        for (name, expected) in cases {
            let importer = thread::spawn(import(name));
            {
                let _attachment = attach(runtime).unwrap();
                python.run("while not begun: time.sleep(0.001)\nbegun.clear()");
            }
            let code = fork(|| match attach(runtime) {
                Ok(attachment) => {
                    drop(attachment);
                    if import(name)() == 0 { usable(runtime) } else { 3 }
                }
                Err(refused) => 50 + refused as i32,
            });
            assert_eq!(code, expected, "{name:?}");
            assert_eq!(importer.join().unwrap(), 0);
        }
    }

    fn a_fork_leaves_errno_and_the_gate_alone(python) {
        let runtime = python.runtime;
        // SAFETY: the address of the calling thread's errno.
        unsafe { *libc::__errno_location() = 5 };
        let code = fork(|| {
            // SAFETY: as above.
            if unsafe { *libc::__errno_location() } != 5 {
                return 1;
            }
            let begin = Instant::now();
            for _ in 0..100 {
                drop(attach(runtime).unwrap());
            }
            if begin.elapsed() < Duration::from_secs(1) { GOOD } else { 2 }
        });
        assert_eq!(code, GOOD);
    }
}
