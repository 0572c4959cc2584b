//! What the events say about the libpythons in the host process.

use embedcheck_plan::Event;
use serde_json::Value;

use super::{Ended, Observation};

impl Observation {
    /// Whether something inside the host process called `exit`.
    #[must_use]
    pub fn ended_inside(&self) -> bool {
        matches!(self.ended, Ended::Exit { from_inside: true, .. })
    }

    /// The error texts of all steps, in the order of the steps' ends.
    #[must_use]
    pub fn step_errors(&self) -> Vec<String> {
        self.ends().filter_map(|end| end.error).map(str::to_owned).collect()
    }

    /// The last statement on one kind of fact, such as `images`; `None` if the plan did not ask or
    /// the host did not get there.
    #[must_use]
    pub fn fact(&self, kind: &str) -> Option<&Value> {
        self.events.iter().rev().find_map(|event| match event {
            Event::End { op, value, .. } if op == "facts" => value.get(kind),
            _ => None,
        })
    }

    /// The mapped objects that define `Py_IsInitialized`; `None` as for [`Observation::fact`].
    #[must_use]
    pub fn images(&self) -> Option<&[Value]> {
        self.fact("images")?.as_array().map(Vec::as_slice)
    }

    /// Whether `Py_IsInitialized` is found in the global scope; `None` as for
    /// [`Observation::fact`].
    #[must_use]
    pub fn python_in_default_scope(&self) -> Option<bool> {
        Some(!self.fact("symbols")?.get("default")?.is_null())
    }
}
