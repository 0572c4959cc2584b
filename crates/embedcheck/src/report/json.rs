//! Reports as JSON documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{Report, SCHEMA};

/// Version of the document that holds several reports.
pub const REPORTS_SCHEMA: &str = "embedcheck.reports/1";

/// Several reports in one document, as `embedcheck check --all` writes them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// Always [`REPORTS_SCHEMA`].
    #[schemars(extend("const" = REPORTS_SCHEMA))]
    pub schema: String,
    /// One for each target.
    pub reports: Vec<Report>,
}

/// What a report file can hold.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Document {
    /// A report on one target.
    One(Box<Report>),
    /// Reports on several.
    Several(Reports),
}

impl Document {
    /// All reports in it.
    #[must_use]
    pub fn into_reports(self) -> Vec<Report> {
        match self {
            Self::One(report) => vec![*report],
            Self::Several(several) => several.reports,
        }
    }
}

/// A report that cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is no JSON, or it is, but not what its `schema` promises. The message has the line and the column.
    #[error("not a report: {0}; was the file cut off or edited?")]
    Malformed(serde_json::Error),
    /// The document does not say what it is.
    #[error("not a report: it has no string `schema` such as \"{SCHEMA}\" at the top")]
    NoSchema,
    /// Another kind of document, or another version.
    #[error(
        "cannot read a document of schema {found:?}: this embedcheck reads \"{SCHEMA}\" and \
         \"{REPORTS_SCHEMA}\"; use the embedcheck that wrote it"
    )]
    OtherSchema {
        /// What the document says.
        found: String,
    },
    /// A value has no JSON form.
    #[error("cannot write the report as JSON: {0}")]
    Unwritable(serde_json::Error),
}

/// One report, indented, with a newline at the end.
///
/// # Errors
///
/// [`JsonError::Unwritable`] if a value of the report has no JSON form.
pub fn to_json(report: &Report) -> Result<String, JsonError> {
    pretty(report)
}

/// Several reports in one document, indented, with a newline at the end.
///
/// # Errors
///
/// [`JsonError::Unwritable`] if a value of a report has no JSON form.
pub fn reports_to_json(reports: &[Report]) -> Result<String, JsonError> {
    #[derive(Serialize)]
    struct Borrowed<'a> {
        schema: &'static str,
        reports: &'a [Report],
    }
    pretty(&Borrowed { schema: REPORTS_SCHEMA, reports })
}

fn pretty(value: &impl Serialize) -> Result<String, JsonError> {
    let mut text = serde_json::to_string_pretty(value).map_err(JsonError::Unwritable)?;
    text.push('\n');
    Ok(text)
}

/// Reads what [`to_json`] or [`reports_to_json`] wrote.
///
/// # Errors
///
/// When the text is no JSON, of another schema, or does not hold what its schema says.
pub fn from_json(text: &[u8]) -> Result<Document, JsonError> {
    let mut document: Value = serde_json::from_slice(text).map_err(JsonError::Malformed)?;
    let Some(Value::String(found)) = document.get_mut("schema").map(Value::take) else {
        return Err(JsonError::NoSchema);
    };
    let malformed = JsonError::Malformed;
    match found.as_str() {
        SCHEMA => serde_json::from_slice(text).map(Document::One).map_err(malformed),
        REPORTS_SCHEMA => serde_json::from_slice(text).map(Document::Several).map_err(malformed),
        _ => Err(JsonError::OtherSchema { found }),
    }
}
