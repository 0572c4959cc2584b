//! Skeleton.
#![forbid(unsafe_code)]

pub mod dll;
pub mod run;
