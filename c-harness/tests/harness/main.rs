//! The C host and the probe, run for real.

mod command_line;
mod concurrency;
mod errors;
mod facts;
mod fuzz;
mod sources;
mod steps;
mod support;
