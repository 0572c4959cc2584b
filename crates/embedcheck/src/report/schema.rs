//! The JSON Schema of the documents, made from the types.

use schemars::generate::SchemaSettings;

use super::Document;

/// The text of `docs/report.schema.json`: a JSON Schema (draft 2020-12) of what `--format json`
/// writes, one report or several.
#[must_use]
pub fn schema() -> String {
    // What a writer always writes is required: the contract is about documents that embedcheck made.
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>();
    schema.insert("title".to_owned(), "Report of embedcheck".into());
    // Indented JSON of a JSON value: this cannot fail.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
