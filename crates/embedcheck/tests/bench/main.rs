//! Reports of the benchmarks: JSON, text and comparison, on reports that are made by hand.

mod json;
mod made;
