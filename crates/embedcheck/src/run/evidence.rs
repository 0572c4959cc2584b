//! What the events of an observation say, in the terms of checks and diagnosis.

use std::collections::BTreeMap;

use embedcheck_plan::Line;
use serde::Deserialize;

use super::{EndEvent, Ended, Observation};

/// A mapped object that defines `Py_IsInitialized`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Image {
    /// Its file.
    pub path: String,
    /// `NT_GNU_BUILD_ID` in hexadecimal.
    pub build_id: Option<String>,
    /// Its soname.
    pub soname: Option<String>,
    /// Number of its link-map namespace; 0 is the host's.
    pub namespace: i64,
}

/// What `probe_import_all` returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Imports {
    /// Modules that could be imported.
    pub ok: Vec<String>,
    /// Modules that could not, and the exception.
    pub failed: BTreeMap<String, String>,
}

impl Observation {
    /// Every way in which a step came back: once for each thread that ran it.
    pub fn ends_of(&self, step: Line) -> impl Iterator<Item = EndEvent<'_>> {
        self.ends().filter(move |end| end.step == step)
    }

    /// Error texts of a step, or that it never came back.
    pub fn errors_of(&self, step: Line) -> Vec<String> {
        let mut ends = self.ends_of(step).peekable();
        if ends.peek().is_none() {
            return vec!["the step never came back".to_owned()];
        }
        ends.filter(|end| !end.ok).map(|end| end.error.unwrap_or("not done").to_owned()).collect()
    }

    /// The list that a `probe_import_all` step returned.
    pub fn imports_of(&self, step: Line) -> Option<Imports> {
        let end = self.ends_of(step).last()?;
        serde_json::from_str(end.value.as_str()?).ok()
    }

    /// The lists that all `probe_import_all` steps returned.
    pub fn all_imports(&self) -> impl Iterator<Item = Imports> {
        self.ends().filter_map(|end| serde_json::from_str(end.value.as_str()?).ok())
    }

    /// The exceptions of all failed imports.
    pub fn failed_imports(&self) -> Vec<String> {
        self.all_imports().flat_map(|imports| imports.failed.into_values()).collect()
    }

    /// Mapped objects that define `Py_IsInitialized`, if the plan asked.
    pub fn image_list(&self) -> Option<Vec<Image>> {
        Vec::deserialize(self.fact("images")?).ok()
    }

    /// Whether Python was initialised when the plan asked last.
    pub fn python_initialised(&self) -> Option<bool> {
        self.fact("python")?.get("initialized")?.as_bool()
    }

    /// How the process ended, in words.
    pub fn describe_end(&self) -> String {
        match &self.ended {
            Ended::Exit { code, from_inside: true } => format!("exit {code} from inside the DLL"),
            Ended::Exit { code, .. } => format!("exit {code}"),
            Ended::Signal { name, .. } => match self.last_step() {
                Some(step) => format!("{name} in line {step}"),
                None => name.clone(),
            },
            Ended::Timeout { .. } => match self.last_step() {
                Some(step) => format!("hang in line {step}"),
                None => "hang".to_owned(),
            },
            other => other.to_string(),
        }
    }

    /// The step that was announced last and never came back: where a crash or hang is.
    pub fn last_step(&self) -> Option<Line> {
        self.last_begun().last().map(|unfinished| unfinished.step)
    }
}
