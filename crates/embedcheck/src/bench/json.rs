//! Reports of the benchmarks as JSON documents, and their JSON Schema.

use schemars::generate::SchemaSettings;
use serde_json::Value;
use thiserror::Error;

use super::{BenchReport, SCHEMA};

/// A report that cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchJsonError {
    /// The text is no JSON, or it is, but not what its `schema` promises. The message has the line and the column.
    #[error("not a report of `embedcheck bench`: {0}; was the file cut off or edited?")]
    Malformed(serde_json::Error),
    /// The document does not say what it is.
    #[error(
        "not a report of `embedcheck bench`: it has no string `schema` such as \"{SCHEMA}\" at the \
         top; `embedcheck bench --format json --output FILE` writes one"
    )]
    NoSchema,
    /// Another kind of document.
    #[error(
        "not a report of `embedcheck bench`: its schema is {found:?}, not \"{SCHEMA}\"; \
         `embedcheck bench --format json --output FILE` writes one"
    )]
    OtherDocument {
        /// What the document says.
        found: String,
    },
    /// Another version.
    #[error(
        "cannot read a report of schema {found:?}: this embedcheck reads \"{SCHEMA}\"; compare with \
         the embedcheck that wrote it, or measure again"
    )]
    OtherVersion {
        /// What the document says.
        found: String,
    },
    /// A value has no JSON form.
    #[error("cannot write the report as JSON: {0}")]
    Unwritable(serde_json::Error),
}

/// The report, indented, with a newline at the end.
///
/// # Errors
///
/// [`BenchJsonError::Unwritable`] if a value has no JSON form.
pub fn to_json(report: &BenchReport) -> Result<String, BenchJsonError> {
    let mut text = serde_json::to_string_pretty(report).map_err(BenchJsonError::Unwritable)?;
    text.push('\n');
    Ok(text)
}

/// Reads what [`to_json`] wrote.
///
/// # Errors
///
/// When the text is no JSON, of another schema, or does not hold what its schema says.
pub fn from_json(text: &[u8]) -> Result<BenchReport, BenchJsonError> {
    let mut document: Value = serde_json::from_slice(text).map_err(BenchJsonError::Malformed)?;
    let Some(Value::String(found)) = document.get_mut("schema").map(Value::take) else {
        return Err(BenchJsonError::NoSchema);
    };
    if found == SCHEMA {
        return serde_json::from_slice(text).map_err(BenchJsonError::Malformed);
    }
    let kind = |schema: &str| schema.split('/').next().map(str::to_owned);
    match kind(&found) == kind(SCHEMA) {
        true => Err(BenchJsonError::OtherVersion { found }),
        false => Err(BenchJsonError::OtherDocument { found }),
    }
}

/// The text of `docs/bench.schema.json`: a JSON Schema (draft 2020-12) of what
/// `embedcheck bench --format json` writes.
#[must_use]
pub fn schema() -> String {
    // What a writer always writes is required: the contract is about documents that embedcheck made.
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<BenchReport>();
    schema.insert("title".to_owned(), "Report of embedcheck bench".into());
    // Indented JSON of a JSON value: this cannot fail.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
