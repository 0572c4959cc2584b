//! The real import of the module, in the interpreter and in an embedded Python, and why the two differ.

mod explain;
mod kinds;
mod model;
mod run;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use explain::explain;
pub(in crate::doctor) use kinds::KINDS;
pub use model::{ImportHow, ImportRun, ImportedBy};

use super::child::Children;
use super::outcome::Outcome;
use super::wanted::{self, Trace};
use crate::diagnose::Cause;
use crate::doctor::DoctorError;

/// Every import of the module that was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    /// In the order in which they were made.
    pub runs: Vec<ImportRun>,
    /// Why no import was tried at all.
    pub not_tried: Option<String>,
    /// Why it was not tried in an embedded Python.
    pub not_embedded: Option<String>,
    /// What was imported on the way, if the import failed for a reason that is not the module's own.
    pub trace: Option<Trace>,
}

/// The runs with what only the findings need.
#[derive(Debug, Default)]
pub(super) struct Tried {
    pub(super) imports: Imports,
    /// For each embedded run the causes that the diagnosis rules name.
    causes: Vec<(ImportHow, Vec<Cause>)>,
    /// The embedded import worked when the first `python3` on `PATH` was the target's.
    mended_by_path: bool,
}

/// Imports the module in the interpreter and, if the target can be embedded, in a host.
pub(super) fn import(children: &Children<'_>, module: &str) -> Result<Tried, DoctorError> {
    let mut tried = Tried::default();
    let plain = run::in_interpreter(children, module)?;
    let is_missing = plain.outcome.is_missing(module);
    if !plain.outcome.is_imported() && !is_missing {
        tried.imports.trace = Some(wanted::follow_one(children, module)?);
    }
    match children.target.embeddable() {
        Ok(_) if children.options.layers => {
            let reason = "a function of AWS Lambda is imported by the interpreter";
            tried.imports.not_embedded = Some(reason.to_owned());
        }
        Ok(libpython) => {
            let (search, own_path) = (run::search_of_host(children), children.own_path());
            let embed = |how, search| run::embedded(children, module, libpython, how, search);
            let (global, causes) = embed(ImportHow::Embedded, &search)?;
            tried.causes.push((ImportHow::Embedded, causes));
            let is_like = global.is_like(&plain);
            let worked = matches!(&global.outcome, Outcome::Imported { file: Some(_) });
            tried.imports.runs.push(global);
            if !is_like && search != own_path {
                let (own, _) = embed(ImportHow::Embedded, &own_path)?;
                tried.mended_by_path = own.is_like(&plain);
                tried.imports.runs.push(own);
            }
            if worked {
                let (local, causes) = embed(ImportHow::EmbeddedLocal, &search)?;
                tried.causes.push((ImportHow::EmbeddedLocal, causes));
                tried.imports.runs.push(local);
            }
        }
        Err(reason) => tried.imports.not_embedded = Some(reason),
    }
    tried.imports.runs.insert(0, plain);
    Ok(tried)
}

impl Imports {
    /// The import in the interpreter.
    pub fn plain(&self) -> Option<&ImportRun> {
        self.runs.iter().find(|run| run.how == ImportHow::Interpreter)
    }
}
