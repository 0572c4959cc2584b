//! The benchmarks: what a call from C into Python costs, for every way of making the DLL.

pub mod compare;
mod estimate;
mod figure;
mod json;
mod model;
mod producer;

pub use estimate::{Estimate, TOO_WIDE, median};
pub use figure::{FUNCTIONS, Figure, Function, PLACES, Place, START_PARTS, Unit};
pub use json::{BenchJsonError, from_json, schema, to_json};
pub use model::{
    BenchMachine, BenchReport, BenchTarget, Bin, Measurement, Missing, ProducerRecord, Ratio,
    SCHEMA, Settings,
};
pub use producer::Producer;
