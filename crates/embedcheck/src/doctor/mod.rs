//! The doctor: why a plugin, or an extension module such as `_cffi_backend`, does not work here, and
//! what to do.
//!
//! It looks (at files, at a search path, at a log), reproduces (in child processes with a time limit), names
//! causes and gives commands. It changes nothing on the system.
//!
//! * [`dll()`] examines an embedding DLL that somebody else built, and the host that is to load it.
//! * [`module()`] examines the search for an extension module, of an installed Python or of a stack of layers.
//! * [`explain()`] reads a log.
//!
//! All three end in one [`Diagnosis`]: findings first, then what was seen.

pub mod dll;
mod error;
mod json;
mod kind;
mod kinds;
pub mod log;
mod model;
pub mod module;
mod shell;
mod text;

pub use error::DoctorError;
pub use json::{schema, to_json};
pub use kind::Kind;
pub use kinds::kinds;
pub use model::{Diagnosis, Finding, Fix, SCHEMA, Severity, Subject, TargetRecord};
pub use text::to_text;

pub use dll::examine as dll;
pub use log::explain;
pub use module::examine as module;
