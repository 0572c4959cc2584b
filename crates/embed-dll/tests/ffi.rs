//! `ffi` in real interpreters, one process each, compared with what CFFI does (tests/ffi/same.txt,
//! which is also checked with CFFI itself) and where it does better (better.txt).

#![expect(clippy::disallowed_methods, reason = "tests are told by variables what to use")]
#![expect(clippy::print_stderr, reason = "a skip has to be seen")]
#![expect(non_upper_case_globals, reason = "variables are named as in C")]

#[expect(dead_code, reason = "shared with the tests of starting, which need more")]
#[path = "start/interpreters.rs"]
mod interpreters;

use std::env;
use std::ffi::{CStr, c_char, c_double, c_float, c_int, c_uchar, c_void};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use interpreters::Target;

embed_dll::embedding! {
    module: "ffi_checks",
    api: "#define HALF 0.5\n#define TWICE(x) (2 * x)\n#define FULL 1\nint checks(void);",
    cdef: file "ffi/declarations.h",
    init: file "ffi/run.py",
}

type Binary = Option<unsafe extern "C" fn(c_int, c_int) -> c_int>;

extern "C" fn add(a: c_int, b: c_int) -> c_int {
    a + b
}

extern "C" fn addf(a: c_float, b: c_double) -> c_double {
    f64::from(a) + b
}

unsafe extern "C" fn length(text: *const c_char) -> usize {
    // SAFETY: C code passes a string.
    unsafe { CStr::from_ptr(text) }.count_bytes()
}

unsafe extern "C" fn sum_points(points: *mut point_t, n: c_int) -> c_int {
    let count = usize::try_from(n).unwrap_or(0);
    // SAFETY: the caller says how many there are.
    (0..count).map(|index| unsafe { points.wrapping_add(index).read() }).map(|p| p.x + p.y).sum()
}

extern "C" fn make_point(x: c_int, y: c_int) -> point_t {
    point_t { x, y }
}

extern "C" fn point_by_value(p: point_t) -> c_int {
    p.x * 10 + p.y
}

extern "C" fn get_add() -> Binary {
    Some(add)
}

extern "C" fn nothing() {}

unsafe extern "C" fn first(p: *mut c_char) -> c_char {
    // SAFETY: the caller passes a string.
    unsafe { p.read() }
}

extern "C" fn negate(b: u8) -> u8 {
    (b == 0).into()
}

extern "C" fn u8(c: c_uchar) -> c_uchar {
    c
}

extern "C" fn seterr(n: c_int) -> c_int {
    // SAFETY: always possible.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: the calling thread's own variable.
    unsafe { errno.replace(n) }
}

extern "C" fn ident(p: *mut c_void) -> *mut c_void {
    p
}

extern "C" fn wide(w: i32) -> i32 {
    w
}

extern "C" fn next_color(color: u32) -> u32 {
    if color == 0 { 5 } else { 6 }
}

unsafe extern "C" fn apply(f: Binary, a: c_int, b: c_int) -> c_int {
    // SAFETY: a function of this type.
    f.map_or(0, |f| unsafe { f(a, b) })
}

static mut counter: c_int = 7;
static mut origin: point_t = point_t { x: 1, y: 2 };
static mut table: [c_int; 4] = [1, 2, 3, 4];
static mut title: *const c_char = c"title".as_ptr();

const CHECK: &str = "EMBED_DLL_FFI_CHECK";

fn checks_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ffi")
}

/// Skips, or fails if nothing may be skipped.
fn skip(reason: &str) {
    let required = env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but {reason}");
    eprintln!("SKIPPED: {reason}");
}

/// The interpreters that run with this machine's C library.
fn targets() -> impl Iterator<Item = Target> {
    interpreters::all().into_iter().filter(|target| target.loader.is_none())
}

fn run(libpython: &Path, check: &str) -> Output {
    Command::new(env::current_exe().expect("this test has a file"))
        .args(["--exact", "child", "--nocapture"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("EMBED_DLL_LIBPYTHON", libpython)
        .env("EMBED_DLL_FFI_CHECKS", checks_folder())
        .env(CHECK, check)
        .output()
        .expect("this test can be started again")
}

/// Runs one check in every interpreter.
fn in_each(check: &str) {
    let libraries: Vec<PathBuf> = targets().map(|target| target.library).collect();
    if libraries.is_empty() {
        return skip("no libpython was found; EMBED_DLL_TEST_PYTHONS names prefixes");
    }
    for library in libraries {
        let Output { status, stdout, stderr } = run(&library, check);
        let stdout = String::from_utf8_lossy(&stdout);
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(
            status.success() && stdout.contains(&format!("passed {check}")),
            "{check} with {}: {status}\n{stdout}\n{stderr}",
            library.display()
        );
    }
}

/// What runs in the processes; nothing when the tests themselves run.
#[test]
fn child() {
    if env::var_os(CHECK).is_some() {
        assert_eq!(ffi_checks_start(), 0);
    }
}

#[test]
fn it_does_what_cffi_does() {
    in_each("same.txt");
}

#[test]
fn it_does_better_where_cffi_is_dangerous() {
    in_each("better.txt");
}

#[test]
fn values_live_as_long_as_they_are_used() {
    in_each("lifetimes.py");
}

/// The table is what CFFI does: asked of CFFI itself, in an environment of its own.
#[test]
fn cffi_does_what_the_table_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut python = targets().map(|target| target.python()).filter(|python| python.is_file());
    let installed = python.find(|python| {
        let pip = Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--target"])
            .arg(folder.path())
            .args(["cffi==2.1.1", "setuptools"])
            .output();
        pip.is_ok_and(|output| output.status.success())
    });
    let Some(python) = installed else {
        return skip("no Python with a pip that installs cffi 2.1.1 was found");
    };
    let output = Command::new(python)
        .arg(checks_folder().join("with_cffi.py"))
        .arg(folder.path())
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("passed with cffi"), "{text}\n{errors}");
}
