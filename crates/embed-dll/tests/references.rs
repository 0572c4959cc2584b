//! A call gives up what it made and what it was attached to, however it ends.
#![expect(
    clippy::disallowed_methods,
    clippy::multiple_unsafe_ops_per_block,
    clippy::print_stderr,
    reason = "a test has no other caller whose environment it could be given, skips loudly, and is \
              about calls"
)]

use std::ffi::c_int;

embed_dll::embedding! {
    module: "references_test",
    api: "
        typedef struct { int x, y; } point_t;
        int take(point_t *point, int how);
        int handled(point_t *point, int how);
        int replaced(point_t *point);
        int twice(point_t *first, _Bool second);
        int alive(void);
        int old_functions(void);
    ",
    init: r#"
import gc
import sys
import weakref
from references_test import ffi

# Nobody reads thousands of tracebacks, and the last one would keep its frames.
sys.unraisablehook = lambda arguments: None
watched = []
functions = []


class Result:
    pass


def watch(thing):
    watched.append(weakref.ref(thing))
    return thing


def end(point, how):
    watch(point)
    if how == 0:
        return point.x + point.y
    if how == 1:
        raise ValueError(how)
    if how == 2:
        return watch(Result())
    if how == 3:
        raise KeyboardInterrupt
    return 1 << 40


@ffi.def_extern(error=-7)
def take(point, how):
    return end(point, how)


@ffi.def_extern(onerror=lambda kind, value, traceback: 70 if kind is ValueError else watch(Result()))
def handled(point, how):
    return end(point, how)


def attach():
    @ffi.def_extern(name="replaced")
    def function(point):
        watch(point)
        attach()
        return 5

    functions.append(weakref.ref(function))


attach()


@ffi.def_extern()
def twice(first, second):
    watch(first)
    return 1


@ffi.def_extern()
def alive():
    gc.collect()
    return sum(reference() is not None for reference in watched)


@ffi.def_extern()
def old_functions():
    # Without a GIL nobody knows when the last call has ended: they stay.
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return 1
    gc.collect()
    return sum(reference() is not None for reference in functions)
"#,
}

#[test]
fn whatever_happens_nothing_stays() {
    use __embed_dll_references_test as module;
    if references_test_start() != 0 {
        let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but no Python starts");
        eprintln!("SKIPPED: no Python starts; EMBED_DLL_LIBPYTHON names one");
        return;
    }
    let mut point = module::point_t { x: 40, y: 2 };
    // SAFETY: the pointers are to a point that lives; the functions are the module's own.
    unsafe {
        for _ in 0..50 {
            let results: Vec<c_int> = (0..5).map(|how| module::take(&raw mut point, how)).collect();
            assert_eq!(results, [42, -7, -7, -7, -7]);
            // A value of the handler that does not convert is 0.
            let results: Vec<c_int> =
                (0..5).map(|how| module::handled(&raw mut point, how)).collect();
            assert_eq!(results, [42, 70, 0, 0, 0]);
            // It attaches another function while it runs.
            assert_eq!(module::replaced(&raw mut point), 5);
            // The second argument is no `_Bool`: the first one, which was made, is given up.
            assert_eq!(module::twice(&raw mut point, 2), 0);
        }
        assert_eq!(module::alive(), 0);
        assert_eq!(module::old_functions(), 1);
    }
}
