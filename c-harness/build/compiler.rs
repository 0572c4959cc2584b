//! Every call of the C compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The C compiler that `cc` chooses for the target, with the flags that the user sets for it.
pub(crate) struct Compiler {
    tool: cc::Tool,
    werror: bool,
}

impl Compiler {
    pub(crate) fn find() -> Result<Self, String> {
        println!("cargo::rerun-if-env-changed=EMBEDCHECK_WERROR");
        let mut build = cc::Build::new();
        // Warnings are chosen by each call; debug information would only be carried around.
        build.cargo_metadata(true).warnings(false).debug(false).opt_level(2).pic(false);
        let tool = build.try_get_compiler().map_err(no_compiler)?;
        if !tool.is_like_gnu() && !tool.is_like_clang() {
            return Err(format!(
                "the C compiler {} is neither gcc nor clang: set CC to one of them",
                tool.path().display()
            ));
        }
        Ok(Self { tool, werror: variable("EMBEDCHECK_WERROR").is_some() })
    }

    /// Compiles and links an executable.
    pub(crate) fn program(
        &self,
        sources: &[PathBuf],
        flags: &[&str],
        output: &Path,
    ) -> Result<(), String> {
        self.run(sources, &[], flags, output)
    }

    /// Compiles and links a shared library.
    pub(crate) fn library(
        &self,
        sources: &[PathBuf],
        flags: &[&str],
        output: &Path,
    ) -> Result<(), String> {
        self.run(sources, &["-shared", "-fPIC"], flags, output)
    }

    fn run(
        &self,
        sources: &[PathBuf],
        before: &[&str],
        flags: &[&str],
        output: &Path,
    ) -> Result<(), String> {
        let mut command: Command = self.tool.to_command();
        command.args(before).args(sources).args(flags).arg("-o").arg(output);
        if self.werror {
            command.arg("-Werror");
        }
        let result = command.output().map_err(no_compiler)?;
        let messages = String::from_utf8_lossy(&result.stderr);
        if !result.status.success() {
            return Err(format!(
                "{:?} ended with {}: {}",
                self.tool.path(),
                result.status,
                // cargo takes one line a message.
                messages.trim().replace('\n', " | ")
            ));
        }
        for line in messages.lines() {
            println!("cargo::warning={line}");
        }
        Ok(())
    }
}

fn no_compiler(error: impl std::fmt::Display) -> String {
    format!(
        "a C compiler is needed to build embedcheck's C host and probe (Debian: apt install gcc \
         libc6-dev; or set CC): {error}"
    )
}

#[expect(clippy::disallowed_methods, reason = "cargo hands build scripts their input this way")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A variable that cargo always sets.
pub(crate) fn required_variable(name: &str) -> Result<OsString, String> {
    variable(name).ok_or_else(|| format!("{name} is not set: build scripts are run by cargo"))
}
