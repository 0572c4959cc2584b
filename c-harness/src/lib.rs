//! The C host, the probe and the libraries for benchmarks of embedcheck, as bytes and as sources.
//!
//! All are compiled by this crate's build script, so that a built `embedcheck` needs no C compiler.
//! `host/` has the program that runs plans (see `docs/plan-format.md`); `probe/` has an embedding DLL
//! that is written the naive way and can be pointed at any libpython; `bench/` has the functions of the
//! fixture `bench` written in C, for any libpython too.
//!
//! The host needs Linux on x86-64 or AArch64 and glibc.
#![forbid(unsafe_code)]

mod files;
mod placeholder;

pub use files::HOST_COMPILE_FLAGS;
pub use placeholder::{NEEDED_PLACEHOLDER, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER};

/// The C host: an ELF executable that depends on libc only.
pub static HOST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/host"));

/// The probe: an ELF shared library.
///
/// Its `DT_NEEDED`, `DT_RUNPATH` and `DT_SONAME` are [`NEEDED_PLACEHOLDER`], [`SEARCH_PLACEHOLDER`] and
/// [`SONAME_PLACEHOLDER`], each a string of its own in `.dynstr`; it cannot be loaded before they are
/// overwritten.
pub static PROBE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/probe.so"));

/// The probe's C header, for whoever compiles something that calls it.
pub const PROBE_HEADER: &str = include_str!("../probe/probe.h");

/// The functions of the fixture `bench` by hand, as fast as the C API lets them be.
///
/// Has placeholders as [`PROBE`] has, and weak references to functions of some versions; fits every
/// CPython from 3.7 on. Beside the functions it exports
/// `int limit_initialise(const char *module, const char *init)`, which starts the interpreter and runs
/// the fixture's init code (0, or -1 with the reason on stderr), and `int limit_hold(void)` and
/// `int limit_release(void)`, which hold the interpreter for a thread (0).
pub static LIMIT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/limit.so"));

/// The same functions by hand, as people write them: placeholders as [`LIMIT`], started by
/// `int naive_initialise(const char *module, const char *init)`.
pub static NAIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/naive.so"));

/// The same functions without Python. Needs no libpython, and can be loaded as it is.
pub static PLAIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plain.so"));

/// A library that calls `add1` of a DLL through a linked symbol.
///
/// The DLL is its [`NEEDED_PLACEHOLDER`]; the other placeholders are as in [`PROBE`]. It exports
/// `int linked_add1(unsigned first, unsigned count, int wrong[2])`: 0 if all calls returned the sum,
/// else -1 with the first argument and the result of the one that did not.
pub static LINKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/linked.so"));

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../host/", $name)))),*]
    };
}

/// The files of the C host: name and text.
///
/// In one folder, the `.c` files and [`HOST_COMPILE_FLAGS`] make the host. One more C file can define
/// `embedcheck_builtins`, for a host that has a DLL linked or statically inside: see `builtin.h`.
pub const HOST_SOURCES: &[(&str, &str)] = files![
    "binding.c",
    "binding.h",
    "builtin.c",
    "builtin.h",
    "cursor.c",
    "cursor.h",
    "event.c",
    "event.h",
    "facts.h",
    "facts_images.c",
    "facts_process.c",
    "facts_python.c",
    "ffi.c",
    "ffi.h",
    "image.c",
    "image.h",
    "json.c",
    "json.h",
    "kinds.c",
    "kinds.h",
    "lex.c",
    "lex.h",
    "library.c",
    "library.h",
    "main.c",
    "memory.c",
    "memory.h",
    "number.c",
    "plan.c",
    "plan.h",
    "run.c",
    "run.h",
    "step_buffer.c",
    "step_call.c",
    "step_facts.c",
    "step_fork.c",
    "step_hook.c",
    "step_library.c",
    "step_process.c",
    "step_python.c",
    "step_threads.c",
    "utf8.c",
    "utf8.h",
];
