//! C declarations as embed-dll reads them: parser, types, layout.
#![forbid(unsafe_code)]

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A header: its functions are exported and implemented by Python.
    Api,
    /// Declarations for Python: functions are C functions that it may call.
    Cdef,
}
