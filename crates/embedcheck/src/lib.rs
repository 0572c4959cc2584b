//! Skeleton.
#![forbid(unsafe_code)]

pub mod dll;
pub mod elf;
pub mod env;
pub mod run;
pub mod target;
