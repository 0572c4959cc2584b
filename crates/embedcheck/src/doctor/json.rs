//! The JSON form, and its schema.

use schemars::generate::SchemaSettings;

use super::Diagnosis;

/// The diagnosis, indented, with a newline at the end.
///
/// # Errors
///
/// If a value has no JSON form.
pub fn to_json(diagnosis: &Diagnosis) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(diagnosis)? + "\n")
}

/// The text of `docs/doctor.schema.json`: a JSON Schema (draft 2020-12) of what
/// `embedcheck doctor --format json` writes.
#[must_use]
pub fn schema() -> String {
    // What a writer always writes is required: the contract is about documents that embedcheck made.
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Diagnosis>();
    schema.insert("title".to_owned(), "Diagnosis of embedcheck doctor".into());
    // Indented JSON of a JSON value: this cannot fail.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
