//! The producer `pyo3`: the fixture `bench` written with PyO3, built on demand for one Python.
//!
//! The crate is carried as text, with its `Cargo.lock`, so that every build has the same sources; what is
//! missing of them is fetched by cargo. The finished DLL is kept in the cache.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::advice::{OsFamily, Package};
use super::cache::{Cache, Key, KeyBuilder};
use super::cffi::copy;
use super::error::{BuildError, Unavailable};
use super::fixtures::Fixture;
use super::python::PythonFacts;
use super::surroundings::Surroundings;
use super::tool::{Tool, ToolError, find_program};
use crate::target::{Target, Version};

/// The version of PyO3 that `pyo3/manifest.toml` names.
pub const PYO3_VERSION: &str = "0.30.1";

const MANIFEST: &str = include_str!("pyo3/manifest.toml");
const LOCK: &str = include_str!("pyo3/lock.toml");
const SOURCE: &str = include_str!("pyo3/lib.rs");

/// What cargo calls the library.
const LIBRARY: &str = "libembedcheck_pyo3_bench.so";
const DLL: &str = "dll.so";

/// A build takes 20 seconds on two processors; a slow machine that fetches the sources some minutes.
const LIMIT: Duration = Duration::from_secs(900);

/// The oldest CPython, and the oldest without the GIL, that this PyO3 can be built for: `build.rs` of
/// pyo3-ffi 0.30.1, `SUPPORTED_VERSIONS_CPYTHON` and `MIN_FREE_THREADED_VERSION`.
const OLDEST: (u32, u32) = (3, 9);
const OLDEST_FREE_THREADED: (u32, u32) = (3, 14);
/// The newest, from the same place.
const NEWEST: (u32, u32) = (3, 15);

/// Makes the DLL for one target.
#[derive(Debug)]
pub struct Pyo3Producer<'a> {
    python: &'a PythonFacts,
    surroundings: &'a Surroundings,
    cache: &'a Cache,
    cargo: PathBuf,
    /// What cargo gets to see of the caller's environment.
    environment: &'a [(OsString, OsString)],
    rustc: String,
}

impl<'a> Pyo3Producer<'a> {
    /// Looks for cargo and a Rust compiler; `environment` are the variables that they need to find
    /// their toolchain and registry.
    ///
    /// # Errors
    ///
    /// [`BuildError::Unavailable`] if there is none, or if this PyO3 does not know the target's Python.
    pub fn find(
        target: &Target,
        python: &'a PythonFacts,
        surroundings: &'a Surroundings,
        environment: &'a [(OsString, OsString)],
        cache: &'a Cache,
    ) -> Result<Self, BuildError> {
        is_supported(&target.version, target.free_threaded)?;
        let missing = |reason: String| {
            let advice = "install Rust (https://rustup.rs) so that cargo and rustc are on PATH";
            Unavailable::new(reason, advice)
        };
        let find = |name: &str| {
            find_program(OsStr::new(name), &surroundings.path)
                .ok_or_else(|| missing(format!("no {name} is on PATH to build the DLL with")))
        };
        let (cargo, rustc) = (find("cargo")?, find("rustc")?);
        let tool = Tool::new(&rustc, surroundings, Duration::from_secs(60)).arg("-vV");
        let rustc = match with(tool, environment).run() {
            Ok(output) => output.stdout,
            Err(error @ ToolError::Interrupted { .. }) => return Err(error.into()),
            Err(error) => {
                let line = error.to_string().lines().take(2).collect::<Vec<_>>().join(" ");
                return Err(missing(format!("the Rust compiler does not work: {line}")).into());
            }
        };
        Ok(Self { python, surroundings, cache, cargo, environment, rustc })
    }

    /// Whether the DLL of this fixture is in the cache already, so that [`Self::build`] takes no time.
    #[must_use]
    pub fn is_built(&self, fixture: &Fixture) -> bool {
        self.cache.lookup(&self.key(fixture)).is_some()
    }

    /// First line of what the compiler says about itself.
    #[must_use]
    pub fn compiler(&self) -> &str {
        self.rustc.lines().next().unwrap_or_default()
    }

    /// Makes the DLL, if it is not in the cache, and puts it at `out`.
    ///
    /// # Errors
    ///
    /// [`BuildError::Unavailable`] if its sources or the target's files for linking are missing,
    /// [`BuildError::Tool`] if cargo fails for another reason.
    pub fn build(&self, fixture: &Fixture, out: &Path) -> Result<(), BuildError> {
        let entry = self.cache.entry(&self.key(fixture), |dir| {
            let work =
                tempfile::Builder::new().prefix("pyo3-").tempdir_in(&self.surroundings.scratch);
            let work =
                work.map_err(BuildError::file("make a folder in", &self.surroundings.scratch))?;
            let files = [
                ("Cargo.toml", MANIFEST),
                ("Cargo.lock", LOCK),
                ("lib.rs", SOURCE),
                ("init.py", fixture.init),
            ];
            for (name, text) in files {
                let file = work.path().join(name);
                fs::write(&file, text).map_err(BuildError::file("write", &file))?;
            }
            self.cargo(work.path()).run().map_err(|error| self.explain(error))?;
            let made = work.path().join("target/release").join(LIBRARY);
            if !made.is_file() {
                let reason = format!("{} ended well and made no {LIBRARY}", self.cargo.display());
                return Err(Unavailable::new(reason, "look whether that is Rust's cargo").into());
            }
            copy(&made, &dir.join(DLL))
        })?;
        copy(&entry.join(DLL), out)
    }

    fn key(&self, fixture: &Fixture) -> Key {
        KeyBuilder::new("pyo3-dll")
            .input(MANIFEST)
            .input(LOCK)
            .input(SOURCE)
            .input(fixture.init)
            .input(&self.python.identity)
            .input(self.python.executable.as_os_str().as_encoded_bytes())
            .input(&self.rustc)
            .finish()
    }

    fn cargo(&self, folder: &Path) -> Tool {
        // The libpython by its own folder, as the other DLLs have it.
        let libdir = self.python.libpython.parent().unwrap_or(Path::new("/"));
        // Separated by U+001F, so that a space in a path is no end of a word.
        let mut flags = OsString::from("-Clink-arg=-Xlinker\u{1f}-Clink-arg=-rpath\u{1f}");
        flags.push("-Clink-arg=-Xlinker\u{1f}-Clink-arg=");
        flags.push(libdir);
        let tool = Tool::new(&self.cargo, self.surroundings, LIMIT)
            .args(["build", "--release", "--locked", "--quiet", "--target-dir", "target"])
            .current_dir(folder);
        let tool = with(tool, self.environment)
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("PYO3_PYTHON", &self.python.executable);
        let tool = match &self.python.library_path {
            Some(libraries) => tool.env("LD_LIBRARY_PATH", libraries),
            None => tool,
        };
        if self.surroundings.offline { tool.arg("--offline") } else { tool }
    }

    /// What the machine lacks, if that is what cargo says.
    fn explain(&self, error: ToolError) -> BuildError {
        let ToolError::Failed { stderr, .. } = &error else { return error.into() };
        let (minor, version) = (self.python.version.1, self.python.version_text());
        let lacks = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
        // ld.bfd, gold and lld, mold.
        if lacks(&[
            "cannot find -lpython",
            "unable to find library -lpython",
            "library not found: python",
        ]) {
            let advice = OsFamily::of_this_machine().install(Package::PythonHeaders(minor));
            return Unavailable::new(
                format!(
                    "there is no libpython of Python {version} to link with (cannot find -lpython)"
                ),
                advice,
            )
            .into();
        }
        if lacks(&["linker `", "linking with"]) && lacks(&["not found", "No such file"]) {
            let advice = OsFamily::of_this_machine().install(Package::CCompiler);
            return Unavailable::new("rustc finds no linker", advice).into();
        }
        if self.surroundings.offline && lacks(&["--offline", "offline mode"]) {
            return Unavailable::new(
                format!("the sources of PyO3 {PYO3_VERSION} are not on this machine, and --offline forbids to fetch them"),
                "run once without --offline",
            )
            .into();
        }
        if lacks(&[
            "failed to download",
            "Could not resolve host",
            "failed to get `",
            "network failure",
        ]) {
            let last =
                stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            return Unavailable::new(
                format!("cargo cannot fetch PyO3 {PYO3_VERSION}: {}", last.trim()),
                "run again where crates.io, or a registry that cargo is told of, can be reached",
            )
            .into();
        }
        error.into()
    }
}

/// The tool with the variables of the caller's that it needs.
fn with(tool: Tool, environment: &[(OsString, OsString)]) -> Tool {
    environment.iter().fold(tool, |tool, (name, value)| tool.env(name, value))
}

fn is_supported(python: &Version, free_threaded: bool) -> Result<(), Unavailable> {
    let version = (python.major, python.minor);
    let oldest = if free_threaded { OLDEST_FREE_THREADED } else { OLDEST };
    let kind = if free_threaded { "CPython without the GIL" } else { "CPython" };
    if version >= oldest && version <= NEWEST {
        return Ok(());
    }
    let (from, to) = (format!("{}.{}", oldest.0, oldest.1), format!("{}.{}", NEWEST.0, NEWEST.1));
    Err(Unavailable::new(
        format!("PyO3 {PYO3_VERSION} is for {kind} {from} to {to}, not {python}"),
        format!("measure a Python from {from} to {to} with --python"),
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_manifest_and_the_lock_name_this_version() {
        assert!(MANIFEST.contains(&format!("pyo3 = {{ version = \"={PYO3_VERSION}\"")));
        assert!(LOCK.contains(&format!("name = \"pyo3\"\nversion = \"{PYO3_VERSION}\"")));
        assert!(LOCK.contains("name = \"embedcheck-pyo3-bench\""));
    }

    #[test]
    fn a_python_that_it_does_not_know_is_named() {
        let supported = |version, free| is_supported(&Version::parse(version).unwrap(), free);
        for (version, free) in [("3.9.0", false), ("3.15.1", false), ("3.14.0", true)] {
            assert_eq!(supported(version, free), Ok(()), "{version}");
        }
        let old = supported("3.8.18", false).unwrap_err();
        assert!(old.reason.ends_with("is for CPython 3.9 to 3.15, not 3.8.18"), "{old}");
        let free = supported("3.13.0", true).unwrap_err();
        assert!(free.reason.contains("without the GIL 3.14 to 3.15, not 3.13.0"), "{free}");
        assert!(supported("3.16.0a1", false).is_err());
    }

    /// A folder with a cargo that is a script; the producer uses it to build the fixture `bench`.
    fn build(script: &str, offline: bool) -> (tempfile::TempDir, Result<(), BuildError>) {
        let folder = tempfile::tempdir().unwrap();
        let scratch = folder.path().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let cargo = folder.path().join("cargo");
        fs::write(&cargo, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let mut surroundings = Surroundings::for_tests("/usr/bin:/bin", &scratch);
        surroundings.offline = offline;
        let python = PythonFacts {
            executable: "/opt/bin/python3".into(),
            libpython: "/opt/my lib/libpython3.12.so.1.0".into(),
            version: (3, 12, 1),
            identity: "one".to_owned(),
            library_path: Some("/opt/my lib".into()),
            cffi: None,
        };
        let cache = Cache::open(Some(&folder.path().join("cache")), &scratch);
        let environment = [("CARGO_HOME".into(), "/cargo home".into())];
        let producer = Pyo3Producer {
            python: &python,
            surroundings: &surroundings,
            cache: &cache,
            cargo,
            environment: &environment,
            rustc: "rustc 1.95.0\nhost: x\n".to_owned(),
        };
        assert_eq!(producer.compiler(), "rustc 1.95.0");
        let fixture = Fixture::named("bench").unwrap();
        assert!(!producer.is_built(fixture));
        let built = producer.build(fixture, &folder.path().join("out.so"));
        assert_eq!(producer.is_built(fixture), built.is_ok());
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "something is left");
        (folder, built)
    }

    #[test]
    fn what_cargo_made_is_kept() {
        let script = "test -f Cargo.lock && test -f init.py || exit 3; mkdir -p target/release; \
                      (echo \"$*\"; env) > target/release/libembedcheck_pyo3_bench.so";
        let (folder, built) = build(script, false);
        built.unwrap();
        let text = fs::read_to_string(folder.path().join("out.so")).unwrap();
        for part in [
            "build --release --locked",
            "PYO3_PYTHON=/opt/bin/python3",
            "LD_LIBRARY_PATH=/opt/my lib",
            "CARGO_HOME=/cargo home",
            "-Clink-arg=-rpath\u{1f}-Clink-arg=-Xlinker\u{1f}-Clink-arg=/opt/my lib",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("--offline"), "{text}");
    }

    #[test]
    fn what_the_machine_lacks_is_no_failure() {
        for (message, offline, reason) in [
            (
                "rust-lld: error: unable to find library -lpython3.12",
                false,
                "no libpython of Python 3.12.1",
            ),
            (
                "/usr/bin/ld: cannot find -lpython3.12: No such file",
                false,
                "no libpython of Python",
            ),
            ("error: linker `cc` not found", false, "rustc finds no linker"),
            ("error: failed to download `pyo3 v0.30.1`", false, "cargo cannot fetch PyO3"),
            ("you may want to use --offline", true, "--offline forbids to fetch them"),
        ] {
            let (_folder, built) = build(&format!("echo '{message}' >&2; exit 101"), offline);
            match built.unwrap_err() {
                BuildError::Unavailable(missing) => {
                    assert!(missing.reason.contains(reason), "{missing}");
                }
                other => panic!("{message}: {other}"),
            }
        }
        let (_folder, built) = build("echo garbage", false);
        let text = built.unwrap_err().to_string();
        assert!(text.contains("cargo ended well and made no"), "{text}");
        let (_folder, built) = build("echo 'error[E0425]: a mistake' >&2; exit 101", false);
        assert!(matches!(built, Err(BuildError::Tool(ToolError::Failed { .. }))), "{built:?}");
    }
}
