//! The C host and the probe of embedcheck, as bytes and as sources.
//!
//! Both are compiled by this crate's build script, so that a built `embedcheck` needs no C compiler.
//! `host/` has the program that runs plans (see `docs/plan-format.md`); `probe/` has an embedding DLL
//! that is written the naive way and can be pointed at any libpython.
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

/// The C API by hand, for benchmarks: to be compiled against the headers of one version.
pub const LIMIT_SOURCE: &str = include_str!("../limit.c");

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
