//! What was seen of a DLL.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RunFacts;
use crate::report::Page;

/// A DLL, its file and its runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DllFacts {
    /// The DLL, as given.
    pub path: String,
    /// What it does in hosts.
    pub runs: RunFacts,
}

impl DllFacts {
    pub(in crate::doctor) fn title(&self) -> String {
        self.path.clone()
    }

    pub(in crate::doctor) fn write(&self, page: &mut Page<'_>) {
        super::runs::write(&self.runs, page);
    }
}
