//! The program as its users see it: arguments in, text and an exit code out.

mod bench;
mod check;
mod common;
mod doctor;
mod documents;
mod inputs;
mod plans;
mod streams;
mod usage;
