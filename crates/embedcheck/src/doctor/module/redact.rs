//! Paths of scratch folders, which mean nothing to anybody afterwards, become the names of what was unpacked there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::search::Search;
use crate::doctor::{Finding, Fix};

/// Scratch paths and what stands for them, the longest first.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Those of unpacked layers, and of the place where all are merged.
    pub(super) fn of(search: &Search, scratch: &std::path::Path) -> Self {
        let mut names: Vec<_> = search
            .layers
            .iter()
            .filter(|layer| layer.is_archive)
            .map(|layer| (layer.folder.display().to_string(), layer.given.display().to_string()))
            .collect();
        if !search.layers.is_empty() {
            names.push((scratch.join("opt").display().to_string(), "/opt".to_owned()));
        }
        Self(names)
    }

    fn text(&self, text: &mut String) {
        for (from, to) in &self.0 {
            if text.contains(from.as_str()) {
                *text = text.replace(from.as_str(), to);
            }
        }
    }

    /// In a finding.
    pub(super) fn finding(&self, finding: &mut Finding) {
        self.text(&mut finding.summary);
        finding.evidence.iter_mut().for_each(|line| self.text(line));
        for Fix { what, commands, .. } in &mut finding.fixes {
            self.text(what);
            commands.iter_mut().for_each(|command| self.text(command));
        }
    }

    /// In all texts of a value; the value as it is if it cannot be written.
    pub(super) fn value<T: Serialize + DeserializeOwned>(&self, value: T) -> T {
        if self.0.is_empty() {
            return value;
        }
        let Ok(mut json) = serde_json::to_value(&value) else { return value };
        self.json(&mut json);
        serde_json::from_value(json).unwrap_or(value)
    }

    fn json(&self, json: &mut Value) {
        match json {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.json(field)),
            _ => {}
        }
    }
}
