//! What a host reports, one JSON object a line.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::Line;

/// One line of the event stream. Facts only: a host has no expectations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The host has parsed its plan.
    Start {
        /// `c`, `rust` or `python`.
        host: String,
        /// Version of the plan format it implements.
        format: u32,
        /// Process id.
        pid: u32,
        /// `CLOCK_MONOTONIC`, nanoseconds.
        time: u64,
    },
    /// A step is about to act.
    Begin {
        /// Line of the step.
        step: Line,
        /// 0 is the main thread.
        thread: u32,
        /// Process id; differs in forked children.
        pid: u32,
        /// `CLOCK_MONOTONIC`, nanoseconds.
        time: u64,
        /// The word that starts the step.
        op: String,
    },
    /// A step came back.
    End {
        /// Line of the step.
        step: Line,
        /// 0 is the main thread.
        thread: u32,
        /// Process id; differs in forked children.
        pid: u32,
        /// `CLOCK_MONOTONIC`, nanoseconds.
        time: u64,
        /// The word that starts the step.
        op: String,
        /// Whether the step could be done; says nothing about the value.
        ok: bool,
        /// Result, by kind of step.
        value: Value,
        /// `errno` right after the step.
        errno: i32,
        /// Text of `dlerror`, `strerror` or the host.
        error: Option<String>,
    },
    /// The host's own function was called through the variable that `hook` set.
    Hook {
        /// 0 is the main thread.
        thread: u32,
        /// Process id.
        pid: u32,
        /// `CLOCK_MONOTONIC`, nanoseconds.
        time: u64,
        /// What it was called with.
        argument: i32,
        /// What it returned.
        value: i32,
    },
    /// The host ends the process itself, now.
    Finish {
        /// Process id.
        pid: u32,
        /// `CLOCK_MONOTONIC`, nanoseconds.
        time: u64,
        /// Exit code it will use.
        code: i32,
    },
}

/// A line of the event stream that is not an event.
#[derive(Debug, Error)]
#[error("not an event line: {reason}: {line:?}")]
pub struct EventError {
    /// The line, shortened to 200 characters.
    pub line: String,
    /// What the JSON reader says.
    pub reason: String,
}

impl Event {
    /// Reads one line, with or without its newline.
    pub fn parse_line(line: &[u8]) -> Result<Self, EventError> {
        serde_json::from_slice(line).map_err(|error| EventError {
            line: String::from_utf8_lossy(line).trim_end().chars().take(200).collect(),
            reason: error.to_string(),
        })
    }

    /// The line with its newline.
    pub fn to_line(&self) -> String {
        // Every field is a number, a string or a JSON value: this cannot fail.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}
