//! Logs: what is recognised in them, the likely causes, and the visit that would settle it.

mod facts;

pub use facts::LogFacts;

use super::{Diagnosis, Subject};

/// Reads a log. Bytes that are no UTF-8 are replaced.
#[must_use]
pub fn explain(name: &str, _text: &[u8]) -> Diagnosis {
    let facts = LogFacts { name: name.to_owned(), lines: 0 };
    Diagnosis::new(None, Vec::new(), Subject::Log(Box::new(facts)))
}
