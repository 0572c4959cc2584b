//! How an import ended.

use std::fmt;

use embedcheck_plan::NORMAL_EXIT;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::{Ended, Observation};

/// How an import ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// The module is there.
    Imported {
        /// Its `__file__`, if it has one.
        file: Option<String>,
    },
    /// An exception.
    Raised {
        /// Its class, with the module unless that is `builtins`: `pyo3_runtime.PanicException`.
        class: String,
        /// Its text.
        message: String,
        /// Whether `except Exception` catches it.
        exception: bool,
    },
    /// It never came back: the process ended.
    Ended {
        /// How, in words.
        how: String,
    },
    /// It never came back: the time limit ended the process.
    Hung,
    /// Nothing is known: the code closed or flooded the way by which the answer comes.
    Lost {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Whether the module is there.
    pub fn is_imported(&self) -> bool {
        matches!(self, Self::Imported { .. })
    }

    /// Whether it is the exception that PyO3 makes of a panic of Rust code.
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Raised { class, .. } if class.ends_with("PanicException"))
    }

    /// Whether it is a `ModuleNotFoundError` for this very module.
    pub fn is_missing(&self, module: &str) -> bool {
        let Self::Raised { class, message, .. } = self else { return false };
        class == "ModuleNotFoundError" && message.contains(&format!("'{module}'"))
    }

    /// What is known of a process that gave no answer.
    pub(super) fn of_silent(observation: &Observation) -> Self {
        match &observation.ended {
            Ended::Timeout { .. } => Self::Hung,
            Ended::EventsFlood { .. } => {
                Self::Lost { reason: "it imported without end".to_owned() }
            }
            // The code by which the scripts and the host end.
            Ended::Exit { code: NORMAL_EXIT, .. } => {
                Self::Lost { reason: "the process ended without an answer: the module ended it, or closed the way by which the answer comes"
                    .to_owned() }
            }
            Ended::Exit { code, .. } => Self::Ended { how: format!("exit code {code}") },
            other => Self::Ended { how: other.to_string() },
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imported { file: Some(file) } => write!(f, "imported from {file}"),
            Self::Imported { file: None } => f.write_str("imported"),
            Self::Raised { class, message, .. } if message.is_empty() => f.write_str(class),
            Self::Raised { class, message, .. } => write!(f, "{class}: {message}"),
            Self::Ended { how } => write!(f, "the process ended: {how}"),
            Self::Hung => f.write_str("it did not come to an end"),
            Self::Lost { reason } => write!(f, "not known: {reason}"),
        }
    }
}

/// Lines of standard error that are kept, the last ones.
const LINES: usize = 40;
/// Characters of one of them.
const LENGTH: usize = 1000;

/// The end of what a child wrote to standard error.
pub(super) fn last_lines(observation: &Observation) -> Vec<String> {
    let lines: Vec<&str> = observation.stderr.text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    last.iter()
        .map(|line| without_thread_number(&line.chars().take(LENGTH).collect::<String>()))
        .collect()
}

/// Rust since 1.91 writes the number of the thread, `thread 'main' (4711) panicked`, and a diagnosis
/// does not change from run to run.
fn without_thread_number(line: &str) -> String {
    let whole = || line.to_owned();
    let Some((before, after)) = line.split_once("' (") else { return whole() };
    let Some((number, rest)) = after.split_once(") panicked at") else { return whole() };
    if !before.starts_with("thread '") || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return whole();
    }
    format!("{before}' panicked at{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_thread_is_left_out() {
        assert_eq!(
            without_thread_number("thread '<unnamed>' (123) panicked at a.rs:1:2:"),
            "thread '<unnamed>' panicked at a.rs:1:2:"
        );
        for line in [
            "thread 'x' panicked at a.rs",
            "f('a') (1) panicked at",
            "thread 'x' (y) panicked at",
            "",
        ] {
            assert_eq!(without_thread_number(line), line);
        }
    }

    #[test]
    fn exceptions_are_told_apart() {
        let raised = |class: &str, message: &str| Outcome::Raised {
            class: class.to_owned(),
            message: message.to_owned(),
            exception: true,
        };
        assert!(raised("pyo3_runtime.PanicException", "x").is_panic());
        assert!(raised("ModuleNotFoundError", "No module named 'a.b'").is_missing("a.b"));
        assert!(!raised("ModuleNotFoundError", "No module named 'a.b'").is_missing("a"));
        assert!(!raised("ImportError", "No module named 'a'").is_missing("a"));
    }
}
