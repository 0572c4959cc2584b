//! What was seen of a log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Page;

/// A log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LogFacts {
    /// The file, or `standard input`.
    pub name: String,
    /// How many lines it has.
    pub lines: usize,
}

impl LogFacts {
    pub(in crate::doctor) fn title(&self) -> String {
        self.name.clone()
    }

    pub(in crate::doctor) fn write(&self, _page: &mut Page<'_>) {}

    pub(in crate::doctor) fn last_line(&self, found: usize) -> String {
        match found {
            0 => format!("nothing recognised in {} lines", self.lines),
            1 => "1 cause recognised".to_owned(),
            number => format!("{number} causes recognised"),
        }
    }
}
