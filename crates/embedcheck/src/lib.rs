//! Skeleton.
#![forbid(unsafe_code)]

pub mod run;
