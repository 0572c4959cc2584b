//! The command of a visit like this one.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{ModuleOptions, Runtime};
use crate::doctor::shell::{self, quoted};

/// The same visit for another module or with other paths.
pub(super) fn again(options: &ModuleOptions, module: &str, paths: &[PathBuf]) -> String {
    let mut words = vec!["embedcheck doctor --module".to_owned(), quoted(module)];
    match &options.runtime {
        Runtime::Installed(target) => {
            if let Some(executable) = &target.executable {
                words.extend(["--python".to_owned(), shell::path(executable)]);
            }
        }
        Runtime::Described { version: (major, minor), architecture } => {
            words
                .push(format!("--runtime {major}.{minor} --architecture {}", quoted(architecture)));
        }
    }
    if options.layers {
        words.push("--lambda".to_owned());
    }
    for path in paths {
        words.extend(["--path".to_owned(), shell::path(path)]);
    }
    for (name, value) in &options.environment {
        let word = [name.as_bytes(), b"=", value.as_bytes()].concat();
        words.extend(["--env".to_owned(), shell::path(Path::new(&OsString::from_vec(word)))]);
    }
    words.join(" ")
}
