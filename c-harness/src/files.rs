//! The C host: its files and how to compile them.

/// Arguments for a C compiler that turn the host's sources into a program.
///
/// To be given *behind* the source files: the last two are libraries, which old linkers drop when
/// nothing before them needs them.
pub const HOST_COMPILE_FLAGS: &[&str] =
    &["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-ldl", "-pthread"];
