//! The benchmarks: what a call from C into Python costs, for every way of making the DLL.
//!
//! ```text
//! make the DLLs ──> run host processes by a schedule ──> figures ──> ratios, comparison ──> report
//!   make, stand       schedule, run, answer               collect      ratio, compare        model, text, json
//! ```
//!
//! A host process (`embedcheck_host::measure`) loads one DLL, measures it in one way, checks every result,
//! and answers with one line of JSON. This process loads no DLL and no libpython.

mod answer;
mod calibrate;
mod collect;
pub mod compare;
mod estimate;
mod figure;
mod html;
mod json;
mod make;
mod model;
mod options;
mod producer;
mod ratio;
mod record;
mod run;
mod schedule;
mod stand;
mod start;
mod text;

pub use answer::Answer;
pub use estimate::{Estimate, TOO_WIDE, median};
pub use figure::{FUNCTIONS, Figure, Function, PLACES, Place, START_PARTS, Unit};
pub use html::html;
pub use json::{BenchJsonError, from_json, schema, to_json};
pub use make::Dll;
pub use model::{
    BenchMachine, BenchReport, BenchTarget, Bin, Measurement, Missing, ProducerRecord, Ratio,
    SCHEMA, Settings,
};
pub use options::{BenchError, MeasuringHost, Options};
pub use producer::Producer;
pub use record::Recorder;
pub use run::{job_count, measure};
pub use schedule::{Item, Job, Schedule};
pub use stand::{AnswerError, Stand};
pub use start::StartParts;
pub use text::{Table, cell, number, to_text};
