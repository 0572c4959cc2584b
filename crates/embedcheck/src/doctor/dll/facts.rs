//! What was seen of a DLL.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::{self, FileFacts};
use super::host::{self, HostFacts};
use super::runs::{self, RunFacts};
use crate::report::Page;

/// A DLL, its file and its runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DllFacts {
    /// The DLL, as given.
    pub path: String,
    /// What its file says.
    pub file: FileFacts,
    /// The program that will load it, if it was named.
    pub host: Option<HostFacts>,
    /// What it does in hosts; absent if it was not run.
    pub runs: Option<RunFacts>,
}

impl DllFacts {
    pub(in crate::doctor) fn title(&self) -> String {
        self.path.clone()
    }

    pub(in crate::doctor) fn write(&self, page: &mut Page<'_>) {
        file::write(page, &self.file);
        if let Some(facts) = &self.host {
            page.blank();
            host::write(page, facts);
        }
        if let Some(facts) = &self.runs {
            page.blank();
            runs::write(facts, page);
        }
    }
}
