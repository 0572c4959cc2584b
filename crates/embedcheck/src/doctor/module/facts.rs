//! What was seen of the search for a module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Imports, Wanted};
use crate::report::Page;

/// A module, the search path and everything on it that could have been meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModuleFacts {
    /// Full name of the module.
    pub name: String,
    /// Who wants it.
    pub wanted: Wanted,
    /// What happened when it was imported.
    pub imports: Imports,
}

impl ModuleFacts {
    pub(in crate::doctor) fn title(&self) -> String {
        self.name.clone()
    }

    pub(in crate::doctor) fn write(&self, page: &mut Page<'_>) {
        self.wanted.write(page);
        self.imports.write(page);
    }
}
