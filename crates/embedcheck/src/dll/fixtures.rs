//! The fixtures of `python-fixtures/`, carried inside the library.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::BuildError;

/// One embedding DLL, as its producers need it.
#[derive(Debug, PartialEq, Eq)]
pub struct Fixture {
    /// Name of its folder.
    pub name: &'static str,
    /// Name of the module that the frozen Python code imports.
    pub module: &'static str,
    /// The C functions that the DLL exports.
    pub functions: &'static [&'static str],
    /// The C variables that the DLL exports.
    pub variables: &'static [&'static str],
    /// `api.h`, the declarations.
    pub api: &'static str,
    /// `cdef.h`, if it has any: declarations that only Python and the C code of the DLL see, such as
    /// `extern "Python"` functions.
    pub cdef: Option<&'static str>,
    /// `init.py`, the Python code that runs at the first call.
    pub init: &'static str,
    /// `source.c`, C code of its own, if it has any.
    pub source: Option<&'static str>,
}

impl Fixture {
    /// The fixture of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIXTURES.iter().find(|fixture| fixture.name == name)
    }

    /// Writes its files into a new folder with its name below `parent`, and gives that folder.
    ///
    /// # Errors
    ///
    /// [`BuildError::File`] if that fails.
    pub fn write_to(&self, parent: &Path) -> Result<PathBuf, BuildError> {
        let folder = parent.join(self.name);
        fs::create_dir(&folder).map_err(BuildError::file("create", &folder))?;
        let files = [
            ("api.h", Some(self.api)),
            ("cdef.h", self.cdef),
            ("init.py", Some(self.init)),
            ("source.c", self.source),
        ];
        for (name, text) in files {
            let Some(text) = text else { continue };
            let path = folder.join(name);
            fs::write(&path, text).map_err(BuildError::file("write", &path))?;
        }
        Ok(folder)
    }
}

macro_rules! text_of {
    ($name:literal, $file:literal) => {
        include_str!(concat!("../../../../python-fixtures/", $name, "/", $file))
    };
}

macro_rules! fixture {
    ($name:literal, $module:literal, $functions:expr) => {
        fixture!($name, $module, $functions, [], None)
    };
    ($name:literal, $module:literal, $functions:expr, $variables:expr, $source:expr) => {
        fixture!($name, $module, $functions, $variables, None, $source)
    };
    ($name:literal, $module:literal, $functions:expr, $variables:expr, $cdef:expr, $source:expr) => {
        Fixture {
            name: $name,
            module: $module,
            functions: &$functions,
            variables: &$variables,
            api: text_of!($name, "api.h"),
            cdef: $cdef,
            init: text_of!($name, "init.py"),
            source: $source,
        }
    };
}

/// All fixtures. What each is for is said in `python-fixtures/README.md`.
pub const FIXTURES: &[Fixture] = &[
    fixture!("add1", "_add1_cffi", ["add1"]),
    fixture!("add2", "_add2_cffi", ["add2"]),
    fixture!("add3", "_add3_cffi", ["add3"]),
    fixture!(
        "add_recursive",
        "_add_recursive_cffi",
        ["add_rec"],
        ["my_callback"],
        Some(text_of!("add_recursive", "source.c"))
    ),
    fixture!("tlocal", "_tlocal_cffi", ["add1"]),
    fixture!("perf", "_perf_cffi", ["add1"]),
    fixture!(
        "bench",
        "_bench_cffi",
        ["add1", "nop", "scale", "len", "sum", "raises", "round_trip", "init_time"],
        [],
        Some(text_of!("bench", "cdef.h")),
        Some(text_of!("bench", "source.c"))
    ),
    fixture!(
        "empty",
        "_empty_cffi",
        ["initialize_my_empty_cffi"],
        [],
        Some(text_of!("empty", "source.c"))
    ),
    fixture!("initerror", "_initerror_cffi", ["add1"]),
    fixture!("withunicode", "_withunicode_cffi", ["add1"]),
    fixture!("do_stuff", "my_plugin", ["do_stuff"]),
    fixture!("unattached", "_unattached_cffi", ["unattached", "attached"]),
    fixture!(
        "raises",
        "_raises_cffi",
        [
            "raises_plain",
            "raises_error",
            "raises_onerror",
            "raises_onerror_none",
            "raises_onerror_raises",
            "raises_wrong_type",
            "raises_too_big",
            "raises_exit",
            "raises_nothing"
        ]
    ),
    fixture!("same_name_a", "my_plugin_same", ["fa"]),
    fixture!("same_name_b", "my_plugin_same", ["fb"]),
    fixture!(
        "share_a",
        "_share_a_cffi",
        ["share_a_set", "share_a_get", "share_a_patch", "share_a_patched", "share_a_ask_other"]
    ),
    fixture!(
        "share_b",
        "_share_b_cffi",
        ["share_b_set", "share_b_get", "share_b_patch", "share_b_patched", "share_b_ask_other"]
    ),
    fixture!("imports", "_imports_cffi", ["import_all", "add1"]),
    fixture!(
        "facts",
        "_facts_cffi",
        ["facts_prefix", "facts_executable", "facts_version", "facts_backend", "facts_add"]
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python-fixtures")
    }

    #[test]
    fn every_folder_is_in_the_table() {
        let mut folders: Vec<_> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        folders.sort();
        let mut table: Vec<_> = FIXTURES.iter().map(|fixture| fixture.name).collect();
        table.sort_unstable();
        assert_eq!(folders, table);
    }

    #[test]
    fn the_written_files_are_those_of_the_folder() {
        let scratch = tempfile::tempdir().unwrap();
        for fixture in FIXTURES {
            let written = fixture.write_to(scratch.path()).unwrap();
            for file in ["api.h", "cdef.h", "init.py", "source.c"] {
                let original = fs::read(folder().join(fixture.name).join(file)).ok();
                assert_eq!(fs::read(written.join(file)).ok(), original, "{}/{file}", fixture.name);
            }
        }
    }

    #[test]
    fn the_frozen_code_imports_the_module_of_the_table() {
        for fixture in FIXTURES {
            let imports_ffi = fixture.init.contains("ffi");
            let names_module = fixture.init.contains(fixture.module);
            assert_eq!(imports_ffi, names_module, "{}", fixture.name);
        }
    }
}
