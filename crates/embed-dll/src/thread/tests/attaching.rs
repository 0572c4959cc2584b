//! Attaching and detaching.

use std::thread;

use super::on_each_python;
use crate::thread::{attach, detached, record};

fn kept() -> usize {
    // SAFETY: the record of the calling thread.
    unsafe { record::this().as_ref() }.kept.get().addr()
}

fn depth() -> u32 {
    // SAFETY: the record of the calling thread.
    unsafe { record::this().as_ref() }.depth()
}

fn set_errno(value: i32) {
    // SAFETY: the address of the calling thread's errno.
    unsafe { *libc::__errno_location() = value };
}

fn errno() -> i32 {
    // SAFETY: the address of the calling thread's errno.
    unsafe { *libc::__errno_location() }
}

on_each_python! {
    fn a_host_thread_keeps_its_state(python) {
        let runtime = python.runtime;
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 0..3 {
                threads.push(scope.spawn(move || {
                    let mut seen = Vec::new();
                    for number in 0..200 {
                        set_errno(number);
                        let attachment = attach(runtime).unwrap();
                        seen.push(attachment.py().abi().current_state().addr());
                        drop(attachment);
                        assert_eq!(errno(), number);
                        assert_eq!(depth(), 0);
                    }
                    assert_ne!(kept(), 0);
                    assert!(seen.iter().all(|state| *state == kept()));
                    kept()
                }));
            }
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }

    fn values_of_a_thread_live_from_call_to_call(python) {
        {
            let _attachment = attach(python.runtime).unwrap();
            python.run("import threading; local = threading.local(); died = []
class Value:
    def __init__(self): self.thread = threading.get_ident()
    def __del__(self): died.append(threading.get_ident() == self.thread)");
        }
        // The interpreter is used by one thread at a time here.
        struct Shared<'a>(&'a crate::thread::testing::Python);
        // SAFETY: as above; the addresses do not change.
        unsafe impl Sync for Shared<'_> {}
        let shared = &Shared(python);
        thread::scope(|scope| {
            let thread = scope.spawn(move || {
                let python = { shared }.0;
                let attachment = attach(python.runtime).unwrap();
                python.run("local.value = Value()");
                drop(attachment);
                let _attachment = attach(python.runtime).unwrap();
                python.run("assert local.value.thread == threading.get_ident()");
            });
            // Unlike the end of the scope, this waits for the thread's destructors.
            thread.join().unwrap();
        });
        let _attachment = attach(python.runtime).unwrap();
        python.run("assert died == [True], died");
    }

    fn calls_may_be_nested(python) {
        let runtime = python.runtime;
        for in_other_thread in [false, true] {
            let nest = move || {
                let outer = attach(runtime).unwrap();
                let state = runtime.abi.current_state();
                let inner = attach(runtime).unwrap();
                assert_eq!(runtime.abi.current_state(), state);
                detached(inner.py(), || {
                    if runtime.abi.version >= (3, 12) {
                        assert!(runtime.abi.current_state().is_null());
                    }
                    let again = attach(runtime).unwrap();
                    assert_eq!(runtime.abi.current_state(), state);
                    detached(again.py(), || drop(attach(runtime).unwrap()));
                    assert_eq!(runtime.abi.current_state(), state);
                });
                assert_eq!(runtime.abi.current_state(), state);
                drop(inner);
                assert_eq!(runtime.abi.current_state(), state);
                drop(outer);
                assert_ne!(runtime.abi.current_state(), state);
                assert_eq!(depth(), 0);
            };
            if in_other_thread { thread::spawn(nest).join().unwrap() } else { nest() }
        }
    }

    fn a_thread_that_others_attached_is_left_to_them(python) {
        let runtime = python.runtime;
        thread::spawn(move || {
            let abi = runtime.abi;
            for _ in 0..100 {
                // SAFETY: paired below.
                let before = unsafe { abi.PyGILState_Ensure() };
                let state = abi.current_state();
                drop(attach(runtime).unwrap());
                assert_eq!(abi.current_state(), state);
                // SAFETY: attached.
                let saved = unsafe { abi.PyEval_SaveThread() };
                let attachment = attach(runtime).unwrap();
                assert_eq!(abi.current_state(), state);
                drop(attachment);
                // SAFETY: just saved.
                unsafe { abi.PyEval_RestoreThread(saved) };
                assert_eq!(kept(), 0);
                // SAFETY: paired above; deletes the state.
                unsafe { abi.PyGILState_Release(before) };
            }
            // From here on the thread has a state of ours, which others may use.
            drop(attach(runtime).unwrap());
            assert_ne!(kept(), 0);
            // SAFETY: paired below.
            let before = unsafe { abi.PyGILState_Ensure() };
            assert_eq!(abi.current_state().addr(), kept());
            drop(attach(runtime).unwrap());
            // SAFETY: paired above.
            unsafe { abi.PyGILState_Release(before) };
            drop(attach(runtime).unwrap());
        }).join().unwrap();
    }

    fn a_thread_of_python_may_call_out_and_back_in(python) {
        let runtime = python.runtime;
        thread::spawn(move || {
            let abi = runtime.abi;
            for _ in 0..10 {
                // SAFETY: paired below.
                let before = unsafe { abi.PyGILState_Ensure() };
                let state = abi.current_state();
                // SAFETY: attached.
                let py = unsafe { crate::python::Py::assume(abi) };
                detached(py, || {
                    drop(attach(runtime).unwrap());
                    let attachment = attach(runtime).unwrap();
                    assert_eq!(abi.current_state(), state);
                    detached(attachment.py(), || drop(attach(runtime).unwrap()));
                    assert_eq!(depth(), 1);
                });
                assert_eq!((depth(), kept()), (0, 0));
                // SAFETY: paired above; deletes the state.
                unsafe { abi.PyGILState_Release(before) };
            }
        }).join().unwrap();
    }
}
