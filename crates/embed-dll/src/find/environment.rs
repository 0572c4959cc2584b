//! The variables of the process.
//!
//! Read through C: the host may have changed them with `setenv`, and Rust's own lock protects
//! against nobody in a foreign process. What is read is copied at once.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The value of a variable; `None` if it is not set or empty, as CPython treats its own.
pub(crate) fn variable(name: &CStr) -> Option<OsString> {
    // SAFETY: the name is a C string. A host that calls `setenv` at this moment in another thread
    // breaks the rules of POSIX for both of us; CPython reads its variables in the same way.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: not null: a C string that lives until somebody changes the variable.
    let value = unsafe { CStr::from_ptr(value) }.to_bytes().to_vec();
    (!value.is_empty()).then(|| OsString::from_vec(value))
}

/// The value of a variable as a path.
pub(crate) fn path(name: &CStr) -> Option<PathBuf> {
    variable(name).map(PathBuf::from)
}

/// The folders of a variable such as `PATH`; an empty one, which means the working directory, is
/// left out.
pub(crate) fn folders(name: &CStr) -> Vec<PathBuf> {
    let value = variable(name).unwrap_or_default();
    let folders = value.as_bytes().split(|&byte| byte == b':');
    folders
        .filter(|folder| !folder.is_empty())
        .map(|folder| OsStr::from_bytes(folder).into())
        .collect()
}
