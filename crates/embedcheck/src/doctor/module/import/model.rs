//! What happened when the module was imported.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::module::outcome::Outcome;

/// One import of the module, in a process of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRun {
    /// Where.
    pub how: ImportHow,
    /// The `PATH` of the process, on which an embedded Python looks for its prefix.
    pub search: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What is known of the Python; absent if it did not come to speak.
    pub python: Option<ImportedBy>,
    /// `__version__` of the module.
    pub module_version: Option<String>,
    /// The module that an `ImportError` names.
    pub missing: Option<String>,
    /// The traceback, outermost first: file, line and function.
    pub frames: Vec<String>,
    /// What had been raised before that.
    pub causes: Vec<String>,
    /// Errors that the host reports for the steps of its plan.
    pub host_errors: Vec<String>,
    /// The end of what was written to standard error.
    pub stderr: Vec<String>,
    /// The plan by which `embedcheck run` repeats an embedded import; empty for the interpreter.
    pub plan: String,
}

/// In what process a module is imported.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ImportHow {
    /// The interpreter.
    Interpreter,
    /// A host that has opened libpython with `RTLD_GLOBAL` and initialised it.
    Embedded,
    /// The same with `RTLD_LOCAL`, as a plugin's libpython is loaded along with the plugin.
    EmbeddedLocal,
}

/// The Python that imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedBy {
    /// Its version.
    pub version: String,
    /// `sys.prefix`.
    pub prefix: String,
    /// `sys.base_prefix`.
    pub base_prefix: String,
    /// `sys.executable`; empty if it knows none.
    pub executable: Option<String>,
    /// `sys.path`.
    pub path: Vec<String>,
}

impl fmt::Display for ImportHow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interpreter => "python",
            Self::Embedded => "embedded",
            Self::EmbeddedLocal => "embedded, RTLD_LOCAL",
        })
    }
}

impl ImportRun {
    /// Whether two runs came to the same: the same file, or the same error.
    pub fn is_like(&self, other: &Self) -> bool {
        match (&self.outcome, &other.outcome) {
            (Outcome::Imported { file: one }, Outcome::Imported { file: other }) => one == other,
            (
                Outcome::Raised { class: one, message: first, .. },
                Outcome::Raised { class: other, message: second, .. },
            ) => one == other && first == second,
            (one, other) => one == other,
        }
    }
}
