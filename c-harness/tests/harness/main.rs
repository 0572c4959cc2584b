//! The C host and the probe, run for real.

mod command_line;
mod concurrency;
mod embedder;
mod errors;
mod facts;
mod fuzz;
mod probe;
mod pythons;
mod sources;
mod steps;
mod support;
