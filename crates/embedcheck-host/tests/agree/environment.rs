//! What this machine has: a C compiler, Pythons.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use libtest_mimic::{Completion, Failed};

/// What a trial that lacks something comes to: a skip that says why, or a failure if the person who
/// started the tests wants none.
pub(crate) fn skip(reason: &str) -> Result<Completion, Failed> {
    #[expect(clippy::disallowed_methods, reason = "tests have no module for the environment")]
    let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    if required {
        return Err(format!("EMBEDCHECK_REQUIRE_ALL=1, but {reason}").into());
    }
    Ok(Completion::ignored_with(reason))
}

/// The DLL of `library.c`, compiled once; the error says why there is none.
pub(crate) fn library() -> &'static Result<PathBuf, String> {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    LIBRARY.get_or_init(|| compiled("library"))
}

/// The DLL of `foreign.c`, likewise.
pub(crate) fn foreign() -> &'static Result<PathBuf, String> {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    LIBRARY.get_or_init(|| compiled("foreign"))
}

fn compiled(name: &str) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/agree/{name}.c"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let scratch = folder.join(format!("{name}.{}.so", std::process::id()));
    let mut compile = Command::new("cc");
    compile.args([
        "-std=c11",
        "-D_GNU_SOURCE",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O1",
        "-fPIC",
        "-shared",
    ]);
    // Of the checks for infinite recursion only that of the machine is wanted.
    compile.args(["-fno-optimize-sibling-calls", "-pthread", "-o"]);
    match compile.arg(&scratch).arg(&source).output() {
        Err(error) => return Err(format!("there is no C compiler: cc: {error}")),
        // A compiler that refuses the file is no reason to skip.
        Ok(output) => assert!(
            output.status.success(),
            "cc {}: {}",
            source.display(),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
    let file = folder.join(format!("{name}.so"));
    fs::rename(&scratch, &file).expect("the DLL can be moved into place");
    Ok(file)
}

/// A Python of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    /// For the name of a trial.
    pub(crate) name: String,
    pub(crate) libpython: PathBuf,
    /// The folder of its interpreter, which decides its prefix.
    pub(crate) path: PathBuf,
}

/// Every shared libpython that is easily found: of pyenv, and of the system.
pub(crate) fn pythons() -> Vec<Python> {
    let mut found = Vec::new();
    if let Ok(output) = Command::new("pyenv").arg("root").output() {
        let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        for prefix in folders(&root.join("versions")) {
            let name = prefix.file_name().unwrap_or_default().to_string_lossy().into_owned();
            add(&mut found, &name, &prefix.join("lib"), &prefix.join("bin"));
        }
    }
    for folder in folders(Path::new("/usr/lib")) {
        if folder.to_string_lossy().ends_with("-linux-gnu") {
            add(&mut found, "system", &folder, Path::new("/usr/bin"));
        }
    }
    found
}

fn add(found: &mut Vec<Python>, name: &str, folder: &Path, path: &Path) {
    for file in folders(folder) {
        let file_name = file.file_name().unwrap_or_default().to_string_lossy();
        if file_name.starts_with("libpython") && file_name.ends_with(".so.1.0") {
            let path = path.to_owned();
            found.push(Python { name: name.to_owned(), libpython: file, path });
        }
    }
}

/// The entries of a folder in a fixed order; none if there is no such folder.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
