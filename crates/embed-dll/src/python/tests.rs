//! References, in real interpreters.

use crate::python::{Owned, Py};
use crate::thread::attach;
use crate::thread::testing::{Python, on_each, succeeded};

/// A global of `__main__`.
fn global<'a>(py: Py<'a>, name: &std::ffi::CStr) -> Owned<'a> {
    let main = py.import(c"__main__").unwrap_or_else(|_| panic!("no __main__"));
    main.attr(name).unwrap_or_else(|_| panic!("{name:?} is not there"))
}

fn is_true(py: Py<'_>, name: &std::ffi::CStr) -> bool {
    let function = global(py, name);
    let result = function.call(&[]).unwrap_or_else(|_| panic!("{name:?} raised"));
    result.is(*py.bool(true))
}

#[test]
fn the_last_reference_ends_an_object_and_no_other_does() {
    on_each(
        "python::tests::the_last_reference_ends_an_object_and_no_other_does",
        |python: &Python| {
            let attachment = attach(python.runtime).unwrap();
            let py = attachment.py();
            python.run(
                "import sys, weakref\n\
                 class Thing: pass\n\
                 class Stays:\n\
                 \x20   def __del__(self): kept.append(self)\n\
                 kept, watch = [], []\n\
                 def make():\n\
                 \x20   thing = Thing()\n\
                 \x20   watch[:] = [weakref.ref(thing)]\n\
                 \x20   return thing\n\
                 def lives(): return watch[0]() is not None\n\
                 def has_stayed(): return len(kept) == 1 and type(kept[0]) is Stays\n",
            );
            let thing = global(py, c"make").call(&[]).ok().unwrap();
            let second = thing.retain();
            drop(second);
            assert!(is_true(py, c"lives"));
            let second = thing.retain();
            drop(thing);
            assert!(is_true(py, c"lives"));
            drop(second);
            assert!(!is_true(py, c"lives"));
            // Its finaliser makes a reference again.
            drop(global(py, c"Stays").call(&[]).ok().unwrap());
            assert!(is_true(py, c"has_stayed"));
        },
        succeeded,
    );
}

#[test]
fn counts_stay_what_they_were() {
    on_each(
        "python::tests::counts_stay_what_they_were",
        |python: &Python| {
            let attachment = attach(python.runtime).unwrap();
            let py = attachment.py();
            // `gettotalrefcount` is there in builds that count all references.
            python.run(
                "import sys\n\
                 class Thing: pass\n\
                 thing, small, large = Thing(), 7, 10 ** 30\n\
                 total = getattr(sys, 'gettotalrefcount', lambda: 0)\n\
                 def counts():\n\
                 \x20   return [sys.getrefcount(x) for x in (thing, small, large, None, True)]\n\
                 def note():\n\
                 \x20   global before\n\
                 \x20   before = counts() + [total()]\n\
                 def same():\n\
                 \x20   now = counts() + [total()]\n\
                 \x20   good = all(abs(x - y) < 900 for x, y in zip(before, now))\n\
                 \x20   if not good: print(before, now)\n\
                 \x20   return good\n\
                 def plain():\n\
                 \x20   import sysconfig\n\
                 \x20   names = ('Py_REF_DEBUG', 'Py_TRACE_REFS', 'Py_DEBUG', 'Py_GIL_DISABLED')\n\
                 \x20   return not any(sysconfig.get_config_var(name) for name in names)\n",
            );
            // An ordinary build ends the last reference by itself, any other leaves it to CPython.
            assert_eq!(py.abi().header.counts_first(), is_true(py, c"plain"));
            python.run("note()");
            for _ in 0..1_000 {
                for name in [c"thing", c"small", c"large"] {
                    drop(global(py, name).retain());
                }
                drop(py.none());
                drop(py.bool(true));
                // New ones, each with one reference.
                drop(global(py, c"Thing").call(&[]).ok().unwrap());
                drop(py.float(0.5).ok().unwrap());
                drop(py.str("text").ok().unwrap());
            }
            assert!(is_true(py, c"same"));
        },
        succeeded,
    );
}
