//! Reports: the model, and its forms.

mod machine;
mod model;

pub use machine::machine;
pub use model::{
    Bucket, CaseRecord, CheckResult, Machine, Producer, Report, SCHEMA, Summary, Tool, Verdict,
};
