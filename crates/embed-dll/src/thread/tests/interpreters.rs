//! Sub-interpreters.

use super::on_each_python;
use crate::python::abi::PyThreadState;
use crate::thread::{attach, detached};

on_each_python! {
    fn a_call_back_out_of_a_sub_interpreter_uses_its_state(python) {
        let runtime = python.runtime;
        let abi = runtime.abi;
        // SAFETY: the prototypes of the C functions.
        let (begin, end, swap) = unsafe {
            (
                std::mem::transmute::<*mut _, unsafe extern "C" fn() -> *mut PyThreadState>(
                    python.symbol(c"Py_NewInterpreter"),
                ),
                std::mem::transmute::<*mut _, unsafe extern "C" fn(*mut PyThreadState)>(
                    python.symbol(c"Py_EndInterpreter"),
                ),
                std::mem::transmute::<
                    *mut _,
                    unsafe extern "C" fn(*mut PyThreadState) -> *mut PyThreadState,
                >(python.symbol(c"PyThreadState_Swap")),
            )
        };
        let work = move || {
            let attachment = attach(runtime).unwrap();
            let main = abi.current_state();
            assert!(!attachment.may_be_foreign());
            assert!(!attach(runtime).unwrap().may_be_foreign(), "attached already");
            // SAFETY: attached.
            let sub = unsafe { begin() };
            assert!(!sub.is_null());
            // A call that keeps the GIL, as ctypes.PyDLL makes it: nothing told us of the state.
            let held = attach(runtime).unwrap();
            assert_eq!(abi.current_state(), sub);
            assert!(held.may_be_foreign());
            drop(held);
            for _ in 0..3 {
                detached(attachment.py(), || {
                    // Python in the sub-interpreter has called a C function, which calls back.
                    let inner = attach(runtime).unwrap();
                    assert_eq!(abi.current_state(), sub);
                    assert!(inner.may_be_foreign());
                    // Attached already, in a sub-interpreter.
                    let again = attach(runtime).unwrap();
                    assert_eq!(abi.current_state(), sub);
                    assert!(again.may_be_foreign());
                    detached(again.py(), || {
                        let innermost = attach(runtime).unwrap();
                        assert_eq!(abi.current_state(), sub);
                        drop(innermost);
                        if abi.version < (3, 12) {
                            // Another library that knows of the main interpreter only.
                            // SAFETY: paired below.
                            let before = unsafe { abi.PyGILState_Ensure() };
                            assert_eq!(abi.current_state(), main);
                            drop(attach(runtime).unwrap());
                            assert_eq!(abi.current_state(), main);
                            // SAFETY: paired above.
                            unsafe { abi.PyGILState_Release(before) };
                        }
                    });
                });
                assert_eq!(abi.current_state(), sub);
            }
            // SAFETY: the current state is the sub-interpreter's only one.
            unsafe { end(sub) };
            // SAFETY: nothing is current now; the state is this thread's.
            unsafe { swap(main) };
            drop(attachment);
            drop(attach(runtime).unwrap());
        };
        work();
        std::thread::spawn(work).join().unwrap();
    }
}
