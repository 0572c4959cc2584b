//! The producer `rust`: the fixtures as embed-dll makes them.
//!
//! Nothing is built here. Each fixture has a *twin*, a crate in `rust-fixtures/`, that the program
//! depends on, so that cargo has made its library when it has made the program. What is left to do
//! is to find it.

use std::path::{Path, PathBuf};

use super::cffi::copy;
use super::error::{BuildError, Unavailable};
use super::fixtures::Fixture;

/// The libraries that embed-dll made of the fixtures, and where they may lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    folders: Vec<PathBuf>,
}

/// What a twin is linked as.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// A `cdylib`.
    Shared,
    /// A `staticlib`.
    Archive,
}

impl Twins {
    /// They lie in this folder, or are not there.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folders: vec![folder.into()] }
    }

    /// Where cargo leaves the libraries that a program depends on (`deps/` beside it; examples and
    /// tests lie one folder deeper), and where an installation has them: in `lib/embedcheck/`,
    /// beside `bin/`, or beside the program where an archive was unpacked. `program` is a path
    /// without symbolic links.
    #[must_use]
    pub fn near(program: &Path) -> Self {
        let Some(folder) = program.parent() else { return Self::default() };
        let mut folders =
            vec![folder.join("deps"), folder.to_owned(), folder.join("lib/embedcheck")];
        if let Some(above) = folder.parent() {
            folders.extend([above.join("deps"), above.join("lib/embedcheck")]);
        }
        Self { folders }
    }

    /// The shared library of a fixture.
    ///
    /// # Errors
    ///
    /// If it is in none of the folders; says how to make it.
    pub fn library(&self, fixture: &Fixture) -> Result<PathBuf, Unavailable> {
        self.find(fixture, Form::Shared)
    }

    /// The archive of a fixture, which a program is linked with to have the DLL's code inside.
    /// Only `add1` has one: an archive holds Rust's standard library, too, and is large.
    ///
    /// # Errors
    ///
    /// As [`Self::library`].
    pub fn archive(&self, fixture: &Fixture) -> Result<PathBuf, Unavailable> {
        self.find(fixture, Form::Archive)
    }

    /// Puts a copy of the shared library at `out`, replacing what is there.
    ///
    /// # Errors
    ///
    /// As [`Self::library`]; [`BuildError::File`] if `out` cannot be written.
    pub fn put(&self, fixture: &Fixture, out: &Path) -> Result<(), BuildError> {
        copy(&self.library(fixture)?, out)
    }

    fn find(&self, fixture: &Fixture, form: Form) -> Result<PathBuf, Unavailable> {
        let extension = match form {
            Form::Shared => "so",
            Form::Archive => "a",
        };
        let name = format!("libembedcheck_twin_{}.{extension}", fixture.name);
        let files = self.folders.iter().map(|folder| folder.join(&name));
        files.clone().find(|file| file.is_file()).ok_or_else(|| {
            let places: Vec<_> =
                self.folders.iter().map(|folder| folder.display().to_string()).collect();
            let places = match places.as_slice() {
                [] => "no folder was named".to_owned(),
                places => format!("looked in {}", places.join(", ")),
            };
            Unavailable::new(
                format!("there is no {name}, which embed-dll makes ({places})"),
                "`cargo build --release` in the sources of embedcheck makes it in \
                 target/release/deps; name the folder that has it in EMBEDCHECK_RUST_DLLS, or copy \
                 the files to lib/embedcheck beside the program or its bin folder",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn fixture() -> &'static Fixture {
        Fixture::named("perf").unwrap()
    }

    #[test]
    fn they_are_found_where_cargo_and_an_installation_have_them() {
        for (program, library) in [
            ("target/debug/embedcheck", "target/debug/deps"),
            (
                "target/x86_64-unknown-linux-gnu/release/embedcheck",
                "target/x86_64-unknown-linux-gnu/release/deps",
            ),
            ("target/debug/deps/test-0123", "target/debug/deps"),
            ("target/debug/examples/host", "target/debug/deps"),
            ("usr/bin/embedcheck", "usr/lib/embedcheck"),
            ("unpacked/embedcheck", "unpacked/lib/embedcheck"),
        ] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join(library);
            fs::create_dir_all(&folder).unwrap();
            let twins = Twins::near(&root.path().join(program));
            twins.library(fixture()).unwrap_err();
            let file = folder.join("libembedcheck_twin_perf.so");
            fs::write(&file, "").unwrap();
            assert_eq!(twins.library(fixture()), Ok(file), "{program}");
            twins.archive(fixture()).unwrap_err();
        }
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        let missing = Twins::in_folder("/nowhere").library(fixture()).unwrap_err();
        assert_eq!(
            missing.reason,
            "there is no libembedcheck_twin_perf.so, which embed-dll makes (looked in /nowhere)"
        );
        assert!(missing.advice.contains("EMBEDCHECK_RUST_DLLS"), "{}", missing.advice);
        let nothing = Twins::default().library(fixture()).unwrap_err();
        assert!(nothing.reason.contains("no folder was named"), "{}", nothing.reason);
    }

    #[test]
    fn a_copy_replaces_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("plugin.so");
        fs::write(root.path().join("libembedcheck_twin_perf.so"), "new").unwrap();
        fs::write(&out, "old").unwrap();
        let kept = root.path().join("kept");
        fs::hard_link(&out, &kept).unwrap();
        Twins::in_folder(root.path()).put(fixture(), &out).unwrap();
        assert_eq!(fs::read(&out).unwrap(), b"new");
        assert_eq!(fs::read(&kept).unwrap(), b"old", "a process may have it mapped");
    }
}
