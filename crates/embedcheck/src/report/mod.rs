//! Reports: the model, and its forms.

mod model;

pub use model::{
    Bucket, CaseRecord, CheckResult, Machine, Producer, Report, SCHEMA, Summary, Tool, Verdict,
};
