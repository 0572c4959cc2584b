//! Skeleton.
pub mod elf;
