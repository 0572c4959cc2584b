//! `doctor --module` with real interpreters, real extension modules of them, and real wheels of cffi, whole and broken.

mod broken;
mod cffi;
mod dependents;
mod dotted;
mod hostile;
mod layers;
mod path;
mod support;
mod whole;
