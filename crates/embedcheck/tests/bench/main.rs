//! Reports of the benchmarks: JSON, text and comparison, on reports that are made by hand.

mod compare;
mod json;
mod made;
mod text;
