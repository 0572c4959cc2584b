//! The C host and the probe, run for real, and the files of the others.

mod bench;
mod command_line;
mod concurrency;
mod embedder;
mod errors;
mod facts;
mod file;
mod fuzz;
mod probe;
mod pythons;
mod sources;
mod steps;
mod support;
