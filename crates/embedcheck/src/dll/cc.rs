//! The C compiler of the machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::advice::{OsFamily, Package};
use super::error::Unavailable;
use super::surroundings::Surroundings;
use super::tool::{Tool, ToolError, ToolOutput, find_program};

/// A C file of CFFI takes 0.2 s; a machine under load some seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A C compiler that was found to work, at least as far as to find the headers of the C library.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    /// Words of `CC` after the program: `CC="gcc -m64"`.
    args: Vec<OsString>,
    surroundings: Surroundings,
    version: String,
    identity: String,
}

impl Compiler {
    /// Looks for the compiler: `cc` is what the user's `CC` says, if it is set and not empty; else `cc`, `gcc`
    /// and `clang` are looked up on `PATH`.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if there is none, or if it cannot compile a program that includes `<stdio.h>`.
    pub fn find(cc: Option<&OsStr>, surroundings: &Surroundings) -> Result<Self, Unavailable> {
        let advice = || OsFamily::of_this_machine().install(Package::CCompiler);
        let (program, args) = match cc.filter(|cc| !cc.is_empty()) {
            Some(cc) => from_cc(cc, &surroundings.path).ok_or_else(|| {
                let reason = format!("CC names `{}`, which is no program", cc.display());
                Unavailable::new(reason, "set CC to a C compiler, or unset it")
            })?,
            None => ["cc", "gcc", "clang"]
                .iter()
                .find_map(|name| find_program(OsStr::new(name), &surroundings.path))
                .map(|program| (program, Vec::new()))
                .ok_or_else(|| {
                    Unavailable::new("no C compiler (cc, gcc, clang) is on PATH", advice())
                })?,
        };
        let mut compiler = Self {
            program,
            args,
            surroundings: surroundings.clone(),
            version: String::new(),
            identity: String::new(),
        };
        compiler.identify().map_err(|error| {
            let first_lines: Vec<_> =
                error.to_string().lines().take(4).map(str::to_owned).collect();
            Unavailable::new(
                format!("the C compiler does not work: {}", first_lines.join(" / ")),
                advice(),
            )
        })?;
        Ok(compiler)
    }

    /// First line of `--version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The program, as it was found.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What distinguishes this compiler from others in the key of a cache entry.
    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    /// Runs the compiler with these arguments; the messages of a success (warnings) are in the output.
    ///
    /// # Errors
    ///
    /// [`ToolError`], with the command line and the messages.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<ToolOutput, ToolError> {
        self.tool().args(args).run()
    }

    /// As [`Self::run`], in a folder: without `-o`, the results are written there.
    pub(super) fn run_in<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<ToolOutput, ToolError> {
        self.tool().current_dir(dir).args(args).run()
    }

    fn tool(&self) -> Tool {
        Tool::new(&self.program, &self.surroundings, LIMIT).args(&self.args)
    }

    fn identify(&mut self) -> Result<(), ToolError> {
        let output = self.run(["--version"])?;
        self.version = output.stdout.lines().next().unwrap_or_default().to_owned();
        self.check()?;
        // A distribution may rebuild a compiler and leave its version as it is.
        let file = fs::canonicalize(&self.program).unwrap_or_else(|_| self.program.clone());
        let stamp = file.metadata().map(|m| (m.len(), m.mtime(), m.mtime_nsec())).ok();
        self.identity = format!("{file:?} {:?} {stamp:?} {}", self.args, self.version);
        Ok(())
    }

    /// A compiler is often there without the headers of the C library.
    fn check(&self) -> Result<(), ToolError> {
        let file = tempfile::Builder::new()
            .suffix(".c")
            .tempfile_in(&self.surroundings.scratch)
            .and_then(|mut file| {
                file.write_all(b"#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")?;
                Ok(file)
            });
        let file = file.map_err(|source| ToolError::Start {
            command: self.program.display().to_string(),
            source,
        })?;
        self.run([OsStr::new("-fsyntax-only"), file.path().as_os_str()]).map(drop)
    }
}

/// `CC` is one program, or, as `make` reads it, a program and some arguments.
fn from_cc(cc: &OsStr, path: &OsStr) -> Option<(PathBuf, Vec<OsString>)> {
    if let Some(program) = find_program(cc, path) {
        return Some((program, Vec::new()));
    }
    let mut words = cc.to_str()?.split_whitespace();
    let program = find_program(OsStr::new(words.next()?), path)?;
    Some((program, words.map(OsString::from).collect()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn find(cc: Option<&str>, scratch: &Path, path: &str) -> Result<Compiler, Unavailable> {
        Compiler::find(cc.map(OsStr::new), &Surroundings::for_tests(path, scratch))
    }

    const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

    fn script(dir: &Path, name: &str, text: &str) -> PathBuf {
        let file = dir.join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    #[test]
    fn none_is_a_reason_to_skip() {
        let scratch = tempfile::tempdir().unwrap();
        let error = find(None, scratch.path(), "/nonexistent").unwrap_err();
        assert_eq!(error.reason, "no C compiler (cc, gcc, clang) is on PATH");
        assert!(!error.advice.is_empty());
    }

    #[test]
    fn cc_wins_and_may_have_arguments() {
        let scratch = tempfile::tempdir().unwrap();
        let fake = script(scratch.path(), "my-cc", "echo \"version of $*\"");
        let cc = format!("{} -m64", fake.display());
        let compiler = find(Some(&cc), scratch.path(), PATH).unwrap();
        assert_eq!(compiler.program(), fake);
        assert_eq!(compiler.version(), "version of -m64 --version");
    }

    #[test]
    fn a_cc_that_is_no_program_is_not_replaced_by_another() {
        let scratch = tempfile::tempdir().unwrap();
        let cc = Some("/nonexistent/cc -O2");
        let error = find(cc, scratch.path(), PATH).unwrap_err();
        assert_eq!(error.reason, "CC names `/nonexistent/cc -O2`, which is no program");
    }

    #[test]
    fn a_compiler_without_headers_is_a_reason_to_skip() {
        let scratch = tempfile::tempdir().unwrap();
        let text = "test \"$1\" = --version && exit; echo stdio.h: No such file >&2; exit 1";
        let fake = script(scratch.path(), "cc", text);
        let cc = fake.to_str();
        let error = find(cc, scratch.path(), PATH).unwrap_err();
        assert!(error.reason.contains("stdio.h: No such file"), "{error}");
    }
}
