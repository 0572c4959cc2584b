//! embedcheck embeds a real libpython in foreign host programs, in every way a real host does it,
//! and says what works, what does not, why, and what to change.
//!
//! ```text
//!  find targets ──> make DLLs ──> lay them out ──> write a plan ──> run it in a host process
//!    target           dll, elf        check         embedcheck_plan        │ run
//!                       report <── verdict <── cause <─────────────────────┘
//!                       report      check      diagnose
//! ```
//!
//! Left to right, no way back. This process itself never loads a libpython and never loads a DLL.
#![forbid(unsafe_code)]

pub mod bench;
pub mod check;
pub mod diagnose;
mod distribution;
pub mod dll;
pub mod doctor;
pub mod elf;
pub mod env;
pub mod report;
pub mod run;
pub mod target;
