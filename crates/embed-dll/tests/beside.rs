//! Items in Rust beside the macro, used by Python: whatever C declares and Rust defines.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test has no other caller whose environment it could be given, and skips loudly"
)]

use std::env;
use std::ffi::{CStr, c_char, c_int, c_long};
use std::sync::atomic::{AtomicI32, Ordering};

embed_dll::embedding! {
    module: "beside_test",
    api: r#"
        #define SAME 11
        #define OPEN ...
        static const long KNOWN_IN_RUST;
        typedef struct { int n; char name[...]; ...; } part_t;
        typedef struct { double d; int i; } listed_t;
        struct holder { char before; part_t part; };
        typedef int... number_t;
        typedef float... real_t;
        struct match { int type; };
        extern int counter;
        extern int items[...];
        extern const char *greeting;
        extern _Bool flag;
        extern int (*callback)(int);

        long sum_of(part_t *, struct holder *, number_t);
        listed_t swapped(listed_t);
        int from_rust(int);
        int type(struct match *match);
        long constants(void);
        long variables(int loop);
        real_t half(real_t);
        int beside_test_start(void);
        const char *beside_test_last_error(void);
    "#,
    cdef: r#"
        extern "Python" int inner(int);
        int twice(const char *digits, int);
    "#,
    init: r#"
        from beside_test import ffi, lib

        @ffi.def_extern()
        def sum_of(part, holder, number):
            assert ffi.string(part.name) == b"part", ffi.string(part.name)
            return part.n + holder.part.n + number + len(part.name)

        @ffi.def_extern()
        def swapped(listed):
            return (float(listed.i), int(listed.d))

        @ffi.def_extern()
        def type(match):
            return match.type

        @ffi.def_extern()
        def constants():
            return lib.SAME * 10000 + lib.OPEN * 100 + lib.KNOWN_IN_RUST

        @ffi.def_extern()
        def variables(loop):
            lib.counter += loop
            lib.items[4] = 44
            lib.flag = True
            assert ffi.string(lib.greeting) == b"hello"
            return len(lib.items) + lib.callback(5) + lib.twice(b"4", 1) + lib.from_rust(6)

        @ffi.def_extern()
        def half(x):
            return x / 2

        @ffi.def_extern()
        def inner(x):
            return x + 1
    "#,
    rust: [SAME, listed_t, from_rust],
}

const SAME: u8 = 11;
const OPEN: u64 = 7;
const KNOWN_IN_RUST: c_long = -3;

#[repr(C)]
#[derive(Clone, Copy)]
struct part_t {
    before: [c_long; 3],
    name: [c_char; 8],
    n: c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct listed_t {
    d: f64,
    i: c_int,
}

#[expect(non_camel_case_types, reason = "the name in C")]
type number_t = u16;
#[expect(non_camel_case_types, reason = "the name in C")]
type real_t = f32;

mod variables_in_rust {
    use super::*;

    #[unsafe(no_mangle)]
    pub(super) static mut counter: AtomicI32 = AtomicI32::new(40);
    #[unsafe(no_mangle)]
    pub(super) static mut items: [c_int; 5] = [1; 5];
    #[unsafe(no_mangle)]
    pub(super) static mut greeting: *const c_char = c"hello".as_ptr();
    #[unsafe(no_mangle)]
    pub(super) static mut flag: bool = false;
    #[unsafe(no_mangle)]
    pub(super) static mut callback: Option<unsafe extern "C" fn(c_int) -> c_int> =
        Some(plus_hundred);
}
use variables_in_rust::*;

unsafe extern "C" fn plus_hundred(x: c_int) -> c_int {
    x + 100
}

/// Calls Python, which called it.
extern "C" fn from_rust(x: c_int) -> c_int {
    // SAFETY: the function takes any int.
    1000 * unsafe { inner(x) }
}

unsafe extern "C" fn twice(digits: *const c_char, more: c_int) -> c_int {
    // SAFETY: Python passes a string.
    let digits = unsafe { CStr::from_ptr(digits) };
    let number: c_int = digits.to_str().expect("digits").parse().expect("digits");
    2 * number + more
}

fn part(n: c_int) -> part_t {
    let name = [b'p', b'a', b'r', b't', 0, 0, 0, 0].map(|byte| byte as c_char);
    part_t { before: [-1; 3], name, n }
}

#[test]
fn python_uses_what_rust_defines() {
    if beside_test_start() != 0 {
        // SAFETY: the text is valid until the next failure.
        let error = unsafe { CStr::from_ptr(beside_test_last_error()) };
        eprintln!("SKIPPED: Python cannot be started: {}", error.to_string_lossy());
        let required = env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but there is no interpreter");
        return;
    }
    let (mut one, mut two) = (part(1), holder { before: 0, part: part(20) });
    // SAFETY: the pointers are valid.
    assert_eq!(unsafe { sum_of(&raw mut one, &raw mut two, 300) }, 1 + 20 + 300 + 8);
    // SAFETY: the function takes any record.
    let swapped = unsafe { swapped(listed_t { d: 2.5, i: 9 }) };
    assert_eq!(swapped, listed_t { d: 9.0, i: 2 });
    let mut record = r#match { r#type: 77 };
    // SAFETY: the pointer is valid.
    assert_eq!(unsafe { r#type(&raw mut record) }, 77);
    // SAFETY: the function takes nothing.
    assert_eq!(unsafe { constants() }, 110_000 + 700 - 3);
    // SAFETY: the function takes any int.
    assert_eq!(unsafe { variables(2) }, 5 + 105 + 9 + 7000);
    let count = &raw const counter;
    // SAFETY: the variable is an atomic.
    let count = unsafe { &*count }.load(Ordering::Relaxed);
    // SAFETY: no other thread uses the variables.
    let fourth = unsafe { items[4] };
    // SAFETY: as above.
    let stored = unsafe { flag };
    assert_eq!((count, fourth, stored), (42, 44, true));
    // SAFETY: the function takes any number.
    assert_eq!(unsafe { half(5.0) }, 2.5);
}
