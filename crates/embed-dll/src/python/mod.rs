//! A thin layer over the C API: tokens that prove that the thread is attached, owned and
//! borrowed references, exceptions as errors, classes with Rust data inside.
//!
//! Everything above this module touches Python only through it. The compiler checks who is attached
//! and who owns a reference; that nobody uses a [`View`] longer than its object lives, it checks
//! only in part.

pub mod abi;
pub mod class;
mod error;
mod header;
mod interpreter;
mod object;
mod streams;
mod structure;
#[cfg(test)]
mod tests;

pub use abi::{Abi, Size};
pub use error::{Exception, ExceptionKind, Raised, Result};
pub use object::{Key, Owned, Py, View};
pub use structure::Structure;
pub(crate) use structure::structure;
