//! Makes embedding DLLs, and hosts that have to be compiled.
//!
//! What is here produces files and says how; it does not load them and does not judge. Everything about the caller's
//! environment (`CC`, `PATH`, proxies) is handed in.
//!
//! ```text
//! fixtures ──> emit C with the target's own CFFI ──> compile to an object ──> link: a DLL, or a static host
//!              (once a target, cached)               (cached)                 (options chosen by the check)
//! ```

mod advice;
pub mod cache;
pub mod cc;
pub mod cffi;
mod error;
mod fixtures;
mod host;
mod link;
mod pyo3;
mod python;
mod surroundings;
mod tool;
mod twins;

pub use cache::Cache;
pub use cc::Compiler;
pub use cffi::{
    CffiDll, CffiInstall, CffiProducer, ForeignBackend, ensure_cffi, ensure_foreign_backend,
};
pub use error::{BuildError, Unavailable};
pub use fixtures::{FIXTURES, Fixture};
pub use host::{BuiltHost, HostBuilder, HostLink, Library};
pub use link::LinkOptions;
pub use pyo3::{PYO3_VERSION, Pyo3Producer};
pub use python::PythonFacts;
pub use surroundings::Surroundings;
pub(crate) use tool::quote;
pub use tool::{ToolError, ToolOutput};
pub use twins::Twins;

pub use crate::elf::Search;
