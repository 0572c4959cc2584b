//! The environment of whoever runs the tool.
//!
//! What is set there changes what an embedded Python does (`PYTHONHOME`, `PATH`, `LANG` …), so no
//! other module reads it: the values that may matter are read here once and handed in. Children
//! get an environment that is built from nothing.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What the caller's environment says. `Caller::default()` is an empty environment.
///
/// A variable that is set to the empty string counts as absent, as POSIX tools treat theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `PATH`, unsplit.
    pub path: Option<OsString>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `PYENV_ROOT`.
    pub pyenv_root: Option<PathBuf>,
    /// `CONDA_PREFIX`: the environment that is active.
    pub conda_prefix: Option<PathBuf>,
    /// `CONDA_EXE`: the `conda` program, two folders below the root of its installation.
    pub conda_exe: Option<PathBuf>,
    /// `MAMBA_ROOT_PREFIX`.
    pub mamba_root_prefix: Option<PathBuf>,
    /// `EMBEDCHECK_PYTHONS`: interpreters or libpython files, separated by colons, unsplit.
    pub embedcheck_pythons: Option<OsString>,
    /// `EMBEDCHECK_CACHE`: the folder for what is worth keeping between runs.
    pub embedcheck_cache: Option<PathBuf>,
    /// `EMBEDCHECK_RUST_DLLS`: the folder with the DLLs that embed-dll made.
    pub embedcheck_rust_dlls: Option<PathBuf>,
    /// `EMBEDCHECK_BENCH_PYTHON`: what the benchmarks of the sources measure; the program does not
    /// use it.
    pub bench_python: Option<OsString>,
    /// `XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// `NO_COLOR` is set to anything (<https://no-color.org>).
    pub no_color: bool,
    /// `EMBEDCHECK_REQUIRE_ALL=1`: a skip is a failure.
    pub require_all: bool,
    /// `CC`, unsplit: it may hold options.
    pub cc: Option<OsString>,
    /// `TMPDIR`.
    pub tmpdir: Option<PathBuf>,
    /// What a version manager's shim needs to find the interpreter it stands for, in the order of
    /// the environment: `PATH`, `HOME`, and the variables of pyenv, conda, asdf, mise, rye and uv.
    pub shim_environment: Vec<(OsString, OsString)>,
    /// What pip may need to reach its index, in the order of the environment: its own variables,
    /// certificates, proxies, and where its configuration is.
    pub pip_environment: Vec<(OsString, OsString)>,
    /// What leads ld.so and Python elsewhere, in the order of the environment. No child process gets it: the doctor
    /// says so.
    pub host_environment: Vec<(OsString, OsString)>,
    /// What cargo and rustc may need to find their toolchain and a registry, in the order of the
    /// environment.
    pub cargo_environment: Vec<(OsString, OsString)>,
}

/// Whole names that a shim gets to see.
const SHIM_NAMES: [&str; 5] = ["PATH", "HOME", "USER", "LOGNAME", "SHELL"];

/// Beginnings of names that a shim gets to see; none of them is read by an interpreter.
const SHIM_PREFIXES: [&str; 9] =
    ["PYENV_", "ASDF_", "MISE_", "RTX_", "RYE_", "UV_", "CONDA_", "MAMBA_", "XDG_"];

/// Whole names that pip gets to see, besides `PIP_*`; those of proxies also in lower case.
const PIP_NAMES: [&str; 13] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CACHE_HOME",
    "NETRC",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];

/// Whole names that cargo gets to see, besides those that lead pip to its index.
const CARGO_NAMES: [&str; 4] =
    ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL"];

/// Beginnings of names that cargo gets to see: where its registries are and how to reach them. What
/// changes how code is compiled (`RUSTFLAGS`, `CARGO_PROFILE_…`) is not among them.
const CARGO_PREFIXES: [&str; 5] =
    ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"];

/// Whole names that change which libraries, packages and modules a host gets.
const HOST_NAMES: [&str; 9] = [
    "GLIBC_TUNABLES",
    "LD_AUDIT",
    "LD_BIND_NOW",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
];

impl Caller {
    /// Reads the environment of this process.
    #[must_use]
    pub fn from_process() -> Self {
        Self::from_variables(std::env::vars_os())
    }

    /// Reads an environment given as name and value. The last of two equal names wins.
    #[must_use]
    pub fn from_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut caller = Self::default();
        for (name, value) in variables {
            if !value.is_empty() {
                caller.set(&name, value);
            }
        }
        caller
    }

    fn set(&mut self, name: &OsStr, value: OsString) {
        // All names of interest are ASCII.
        let Some(name) = name.to_str() else { return };
        if is_for_shims(name) {
            put(&mut self.shim_environment, name, &value);
        }
        if is_for_pip(name) {
            put(&mut self.pip_environment, name, &value);
        }
        if HOST_NAMES.contains(&name) {
            put(&mut self.host_environment, name, &value);
        }
        if is_for_cargo(name) {
            put(&mut self.cargo_environment, name, &value);
        }
        match name {
            "PATH" => self.path = Some(value),
            "HOME" => self.home = Some(value.into()),
            "PYENV_ROOT" => self.pyenv_root = Some(value.into()),
            "CONDA_PREFIX" => self.conda_prefix = Some(value.into()),
            "CONDA_EXE" => self.conda_exe = Some(value.into()),
            "MAMBA_ROOT_PREFIX" => self.mamba_root_prefix = Some(value.into()),
            "EMBEDCHECK_PYTHONS" => self.embedcheck_pythons = Some(value),
            "EMBEDCHECK_CACHE" => self.embedcheck_cache = Some(value.into()),
            "EMBEDCHECK_RUST_DLLS" => self.embedcheck_rust_dlls = Some(value.into()),
            "EMBEDCHECK_BENCH_PYTHON" => self.bench_python = Some(value),
            "XDG_CACHE_HOME" => self.xdg_cache_home = Some(value.into()),
            "XDG_DATA_HOME" => self.xdg_data_home = Some(value.into()),
            "NO_COLOR" => self.no_color = true,
            "EMBEDCHECK_REQUIRE_ALL" => self.require_all = value == "1",
            "CC" => self.cc = Some(value),
            "TMPDIR" => self.tmpdir = Some(value.into()),
            _ => {}
        }
    }

    /// The absolute folders of `PATH`, in order. An empty or relative entry means a place under the
    /// current folder, where an interpreter is not looked for: what is there is not installed.
    pub fn path_folders(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let path = self.path.as_deref().unwrap_or_default();
        std::env::split_paths(path).filter(|folder| folder.is_absolute())
    }

    /// The entries of `EMBEDCHECK_PYTHONS`, in order, empty ones left out.
    pub fn named_pythons(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let list = self.embedcheck_pythons.as_deref().unwrap_or_default();
        std::env::split_paths(list).filter(|entry| !entry.as_os_str().is_empty())
    }

    /// The folder for what is worth keeping between runs: `EMBEDCHECK_CACHE`, or `embedcheck` in
    /// `XDG_CACHE_HOME` (which must be absolute, says the XDG base directory specification), or
    /// `~/.cache/embedcheck` in a home that is there: a package build sets one that is not, on
    /// purpose, and nothing is made there. `None` when the environment names no such place: what
    /// would be kept is made for this run only.
    #[must_use]
    pub fn cache_folder(&self) -> Option<PathBuf> {
        if let Some(folder) = &self.embedcheck_cache {
            return Some(folder.clone());
        }
        let xdg = self.xdg_cache_home.as_deref().filter(|folder| folder.is_absolute());
        let home = self.home.as_deref().filter(|home| home.is_dir());
        let base = xdg.map(Path::to_path_buf).or_else(|| Some(home?.join(".cache")));
        base.map(|base| base.join("embedcheck"))
    }

    /// The folder for temporary files: `TMPDIR`, or `/tmp`.
    #[must_use]
    pub fn temporary_folder(&self) -> PathBuf {
        self.tmpdir.clone().unwrap_or_else(|| PathBuf::from("/tmp"))
    }
}

fn put(environment: &mut Vec<(OsString, OsString)>, name: &str, value: &OsStr) {
    environment.retain(|(known, _)| known != name);
    environment.push((name.into(), value.into()));
}

/// Whether pip may need the variable: one of its own, or one that leads to its index.
pub(crate) fn is_for_pip(name: &str) -> bool {
    let is_lower_proxy = name.ends_with("_proxy");
    let name = if is_lower_proxy { name.to_ascii_uppercase() } else { name.to_owned() };
    name.starts_with("PIP_") || PIP_NAMES.contains(&name.as_str())
}

fn is_for_cargo(name: &str) -> bool {
    CARGO_NAMES.contains(&name)
        || CARGO_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || is_for_pip(name) && !name.starts_with("PIP_")
}

fn is_for_shims(name: &str) -> bool {
    SHIM_NAMES.contains(&name) || SHIM_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(variables: &[(&str, &str)]) -> Caller {
        Caller::from_variables(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn an_empty_value_counts_as_absent() {
        assert_eq!(caller(&[("HOME", ""), ("NO_COLOR", ""), ("PATH", "")]), Caller::default());
    }

    #[test]
    fn only_one_turns_skips_into_failures() {
        assert!(caller(&[("EMBEDCHECK_REQUIRE_ALL", "1")]).require_all);
        assert!(!caller(&[("EMBEDCHECK_REQUIRE_ALL", "0")]).require_all);
    }

    #[test]
    fn the_cache_folder_follows_the_most_particular_variable() {
        let folder = tempfile::tempdir().unwrap();
        let home = ("HOME", folder.path().to_str().unwrap());
        let in_home = Some(folder.path().join(".cache/embedcheck"));
        assert_eq!(caller(&[]).cache_folder(), None);
        assert_eq!(caller(&[home]).cache_folder(), in_home);
        assert_eq!(caller(&[("HOME", "/nonexistent")]).cache_folder(), None);
        let xdg = ("XDG_CACHE_HOME", "/x");
        assert_eq!(caller(&[home, xdg]).cache_folder(), Some("/x/embedcheck".into()));
        let own = ("EMBEDCHECK_CACHE", "/e");
        assert_eq!(caller(&[home, xdg, own]).cache_folder(), Some("/e".into()));
        let relative = ("XDG_CACHE_HOME", "x");
        assert_eq!(caller(&[home, relative]).cache_folder(), in_home);
        assert_eq!(caller(&[("HOME", "/nonexistent"), relative]).cache_folder(), None);
    }

    #[test]
    fn relative_folders_of_path_are_left_out() {
        let caller = caller(&[("PATH", "/a::b:.:/c d")]);
        let folders: Vec<_> = caller.path_folders().collect();
        assert_eq!(folders, [Path::new("/a"), Path::new("/c d")]);
    }

    #[test]
    fn pip_sees_its_proxies_and_nothing_of_python() {
        let caller = caller(&[
            ("PYTHONPATH", "/p"),
            ("PIP_INDEX_URL", "i"),
            ("https_proxy", "p"),
            ("netrc", "n"),
            ("NO_PROXY", "*"),
        ]);
        let names: Vec<_> = caller.pip_environment.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, ["PIP_INDEX_URL", "https_proxy", "NO_PROXY"]);
    }

    #[test]
    fn cargo_sees_its_registries_and_nothing_that_changes_the_code() {
        let caller = caller(&[
            ("RUSTFLAGS", "-O"),
            ("CARGO_PROFILE_RELEASE_LTO", "1"),
            ("PIP_INDEX_URL", "i"),
            ("CARGO_HOME", "/c"),
            ("CARGO_REGISTRIES_MINE_INDEX", "r"),
            ("HTTPS_PROXY", "p"),
            ("HOME", "/h"),
        ]);
        let names: Vec<_> = caller.cargo_environment.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, ["CARGO_HOME", "CARGO_REGISTRIES_MINE_INDEX", "HTTPS_PROXY", "HOME"]);
    }

    #[test]
    fn a_shim_sees_its_own_variables_and_nothing_of_python() {
        let caller = caller(&[
            ("PYTHONPATH", "/p"),
            ("PYENV_VERSION", "3.9.18"),
            ("LD_PRELOAD", "/l"),
            ("PATH", "/a"),
            ("PATH", "/b"),
        ]);
        let expected = [("PYENV_VERSION", "3.9.18"), ("PATH", "/b")];
        let expected = expected.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        assert_eq!(caller.shim_environment, expected);
    }
}
