//! The `elf` module against real ELF files, the real ld.so and the tools that come with it.

mod cache;
mod lab;
mod modules;
mod patch;
mod read;
mod resolve;
mod resolve_scopes;
mod trace;
