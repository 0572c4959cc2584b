//! Reports: the model, and its forms.

mod file;
mod json;
mod machine;
mod model;
mod schema;
mod text;

pub use file::{ReportFile, WriteError, same_file};
pub use json::{Document, JsonError, REPORTS_SCHEMA, Reports, from_json, reports_to_json, to_json};
pub use machine::machine;
pub(crate) use model::GOOD;
pub use model::{
    Bucket, CaseRecord, CheckResult, Machine, Producer, Report, SCHEMA, Summary, Tool, Verdict,
};
pub use schema::schema;
pub use text::{DEFAULT_WIDTH, Styles, TextOptions, observation_to_text, reports_to_text, to_text};
pub(crate) use text::{Label, Page};
