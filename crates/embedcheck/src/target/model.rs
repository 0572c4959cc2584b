//! What is known about one target.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// One installed Python runtime.
///
/// Facts that only the interpreter can tell are `None` or empty when there is none
/// ([`Linkage::LibraryOnly`]).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// A short label such as `cpython-3.11.7`, unique among the targets that were found together.
    pub id: String,
    /// `sys.implementation.name`: `cpython`, `pypy` …
    pub implementation: String,
    /// The version of the language and of the implementation.
    pub version: Version,
    /// `sys.abiflags`: `m`, `d`, `t` or several; empty for a usual build since 3.8.
    pub abi_flags: String,
    /// Built without the GIL (`--disable-gil`).
    pub free_threaded: bool,
    /// Built with `--with-pydebug`.
    pub debug: bool,
    /// Whose installation it is.
    pub origin: Origin,
    /// The interpreter, as it was run.
    #[serde(serialize_with = "lossy::option")]
    pub executable: Option<PathBuf>,
    /// Every path that led to this target, in the order of discovery.
    pub reached: Vec<Reached>,
    /// The shared libpython; `None` when there is none.
    pub libpython: Option<Libpython>,
    /// `libpython3.so` beside it.
    pub libpython3: Option<StableStub>,
    /// How the interpreter and the libpython belong together.
    pub linkage: Linkage,
    /// The folder that has to be in `LD_LIBRARY_PATH` for the interpreter to start: its own RPATH,
    /// RUNPATH and the system's folders do not lead to its libpython.
    #[serde(serialize_with = "lossy::option")]
    pub library_path: Option<PathBuf>,
    /// `sys.prefix`.
    #[serde(serialize_with = "lossy::option")]
    pub prefix: Option<PathBuf>,
    /// `sys.base_prefix`: differs from `prefix` in a venv.
    #[serde(serialize_with = "lossy::option")]
    pub base_prefix: Option<PathBuf>,
    /// The interpreter is that of a venv.
    pub is_venv: bool,
    /// What the file name of an extension module ends with, such as
    /// `.cpython-311-x86_64-linux-gnu.so`.
    pub ext_suffix: Option<String>,
    /// The folder of the standard library's Python files.
    #[serde(serialize_with = "lossy::option")]
    pub stdlib: Option<PathBuf>,
    /// The folders of the standard library's extension modules.
    #[serde(serialize_with = "lossy::list")]
    pub dynload: Vec<PathBuf>,
    /// The folder for the C headers.
    #[serde(serialize_with = "lossy::option")]
    pub include: Option<PathBuf>,
    /// `Python.h` is there.
    pub has_headers: bool,
    /// The extension modules of the standard library, by name.
    pub extension_modules: Vec<ExtensionModule>,
    /// `sys.builtin_module_names`.
    pub builtin_modules: Vec<String>,
    /// What the interpreter says about CFFI; `None` when neither `cffi` nor `_cffi_backend` is there.
    pub cffi: Option<Cffi>,
    /// The values of `sysconfig` that were used.
    pub sysconfig: Sysconfig,
    /// Each candidate for the libpython, in the order they were tried.
    pub trail: Vec<TrailEntry>,
    /// How far this target can be checked.
    pub support: Support,
    /// What to do about what is missing, in one or two sentences.
    pub advice: Option<String>,
}

impl Target {
    /// How many extension modules of the standard library name a libpython in DT_NEEDED.
    #[must_use]
    pub fn modules_needing_libpython(&self) -> usize {
        self.extension_modules.iter().filter(|module| module.needs_libpython).count()
    }

    /// The libpython to embed, or the reason why this target cannot be embedded.
    ///
    /// # Errors
    ///
    /// One sentence for a report: an implementation that is skipped, or no shared libpython.
    pub fn embeddable(&self) -> Result<&Libpython, String> {
        if let Support::Skipped { reason } = &self.support {
            return Err(reason.clone());
        }
        self.libpython.as_ref().ok_or_else(|| {
            let advice = self.advice.as_deref().unwrap_or("build it with --enable-shared");
            format!("{} has no shared libpython: {advice}", self.id)
        })
    }
}

/// A version as `sys.version_info` has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// The 3 of `3.13.0rc1`.
    pub major: u32,
    /// The 13 of `3.13.0rc1`.
    pub minor: u32,
    /// The 0 of `3.13.0rc1`.
    pub micro: u32,
    /// The `rc` of `3.13.0rc1`.
    pub level: ReleaseLevel,
    /// The last 1 of `3.13.0rc1`.
    pub serial: u32,
}

impl Version {
    /// Reads a version as CPython spells its own (`3.11.7`, `3.13.0rc1`, `3.12.0a7+`); the `+` of a
    /// build between two releases is dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('+').unwrap_or(text);
        let (major, rest) = text.split_once('.')?;
        let (minor, rest) = rest.split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (micro, suffix) = rest.split_at(end);
        let (level, serial) = match suffix {
            "" => (ReleaseLevel::Final, "0"),
            _ if suffix.starts_with("rc") => (ReleaseLevel::Candidate, &suffix[2..]),
            _ if suffix.starts_with('b') => (ReleaseLevel::Beta, &suffix[1..]),
            _ if suffix.starts_with('a') => (ReleaseLevel::Alpha, &suffix[1..]),
            _ => return None,
        };
        Some(Self {
            major: number(major)?,
            minor: number(minor)?,
            micro: number(micro)?,
            level,
            serial: number(serial)?,
        })
    }
}

/// `u32::from_str` also takes a `+`.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)?;
        let level = match self.level {
            ReleaseLevel::Final => return Ok(()),
            ReleaseLevel::Alpha => "a",
            ReleaseLevel::Beta => "b",
            ReleaseLevel::Candidate => "rc",
        };
        write!(f, "{level}{}", self.serial)
    }
}

/// `sys.version_info.releaselevel`, in the order of time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseLevel {
    /// `a`.
    Alpha,
    /// `b`.
    Beta,
    /// `rc`.
    Candidate,
    /// No suffix.
    Final,
}

/// Whose installation a target is, judged by where it lies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The distribution's: under `/usr`, but not `/usr/local`.
    System,
    /// Under a pyenv root's `versions`.
    Pyenv,
    /// A conda or mamba environment: its prefix has a `conda-meta`.
    Conda,
    /// Under uv's folder of installed Pythons.
    Uv,
    /// Anything else, such as `make install` to `/usr/local`.
    Other,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system",
            Self::Pyenv => "pyenv",
            Self::Conda => "conda",
            Self::Uv => "uv",
            Self::Other => "other",
        })
    }
}

/// One path that led to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// The path as found.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// Why it was looked at.
    pub rule: FoundBy,
    /// How it leads to the target.
    pub by: Via,
}

/// Why a path was looked at.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// Named with `--python` or `--libpython`.
    Argument,
    /// Named in `EMBEDCHECK_PYTHONS`.
    EmbedcheckPythons,
    /// In a folder of `PATH`.
    Path,
    /// In a pyenv root's `versions`.
    Pyenv,
    /// In a conda or mamba environment.
    Conda,
    /// In uv's folder of installed Pythons.
    Uv,
    /// In a usual folder: `/usr/bin`, `/usr/local/bin`, `/opt/*/bin`.
    UsualFolder,
    /// A libpython in a default library folder.
    LibraryFolder,
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argument => "named on the command line",
            Self::EmbedcheckPythons => "EMBEDCHECK_PYTHONS",
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Conda => "conda",
            Self::Uv => "uv",
            Self::UsualFolder => "usual folder",
            Self::LibraryFolder => "library folder",
        })
    }
}

/// How a path leads to its target.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// It is the interpreter.
    Itself,
    /// A symbolic or hard link to it.
    Link,
    /// A script, or a version manager's program under another name, that starts it.
    Shim,
    /// The interpreter of a venv that was made from it.
    Venv,
    /// Another interpreter with the same libpython.
    SameLibpython,
    /// It is the libpython.
    Libpython,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Itself => "the interpreter",
            Self::Link => "link",
            Self::Shim => "shim",
            Self::Venv => "venv",
            Self::SameLibpython => "same libpython",
            Self::Libpython => "the libpython",
        })
    }
}

/// A shared libpython.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Libpython {
    /// The path as found.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// The path with every symbolic link followed.
    #[serde(serialize_with = "lossy::path")]
    pub real_path: PathBuf,
    /// DT_SONAME, what a DLL names in DT_NEEDED.
    pub soname: Option<String>,
    /// `st_dev`; with `inode` what ld.so tells files apart by.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
    /// NT_GNU_BUILD_ID in hexadecimal digits.
    pub build_id: Option<String>,
    /// The full version, when the bytes of the file name exactly one.
    pub version: Option<String>,
}

/// `libpython3.so`, which only exists to name the versioned library in DT_NEEDED.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StableStub {
    /// The path as found.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// The number of dynamic symbols that it defines: zero on every CPython so far, which is why
    /// one cannot link to it alone.
    pub exports: usize,
    /// DT_NEEDED in order.
    pub needed: Vec<String>,
}

/// How the interpreter and the libpython belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// The interpreter names the libpython in DT_NEEDED.
    ExecutableLinked,
    /// The interpreter has all of Python in itself; a shared libpython of the same build exists
    /// beside it (Debian, conda).
    StaticWithShared,
    /// The interpreter has all of Python in itself, and there is no shared libpython.
    StaticOnly,
    /// A libpython whose interpreter is gone.
    LibraryOnly,
}

impl fmt::Display for Linkage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExecutableLinked => "executable linked to libpython",
            Self::StaticWithShared => "static executable, separate shared libpython",
            Self::StaticOnly => "static executable, no shared libpython",
            Self::LibraryOnly => "libpython without an interpreter",
        })
    }
}

/// One extension module of the standard library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtensionModule {
    /// The name to import.
    pub name: String,
    /// The file.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// It names a libpython in DT_NEEDED.
    pub needs_libpython: bool,
}

/// What the interpreter says about CFFI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cffi {
    /// `cffi.__version__`; `None` when only the backend is installed, which is enough to run a DLL
    /// but not to build one.
    pub version: Option<String>,
    /// `_cffi_backend.__version__`.
    pub backend_version: Option<String>,
    /// The file of `_cffi_backend`; `None` when it is built in, as in PyPy.
    #[serde(serialize_with = "lossy::option")]
    pub backend_path: Option<PathBuf>,
    /// The folder of the package `cffi`.
    #[serde(serialize_with = "lossy::option")]
    pub package: Option<PathBuf>,
    /// Why one of the two that is installed cannot be imported.
    pub error: Option<String>,
}

impl Cffi {
    /// The version, if a DLL can be built with it: both parts can be imported and fit together.
    #[must_use]
    pub fn usable_version(&self) -> Option<String> {
        let fits = self.error.is_none() && self.version == self.backend_version;
        self.version.clone().filter(|_| fits)
    }
}

/// The values of `sysconfig.get_config_vars()` that were used, as text. See the CPython `Makefile`
/// for what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub struct Sysconfig {
    /// The SONAME of the shared library; the archive's name when there is none.
    pub instsoname: Option<String>,
    /// The name to link with; a symbolic link that only comes with a `-dev` package.
    pub ldlibrary: Option<String>,
    /// The folder of the library.
    pub libdir: Option<String>,
    /// The folder of the static library and the `Makefile`.
    pub libpl: Option<String>,
    /// The command that links an extension module.
    pub ldshared: Option<String>,
    /// The Debian name of the architecture, such as `x86_64-linux-gnu`.
    pub multiarch: Option<String>,
    /// The tag of extension modules, such as `cpython-311-x86_64-linux-gnu`.
    pub soabi: Option<String>,
    /// The folder of the standard library's extension modules as configured.
    pub destshared: Option<String>,
    /// `1` when configured with `--enable-shared`.
    #[serde(rename = "Py_ENABLE_SHARED")]
    pub enable_shared: Option<String>,
    /// `1` when configured with `--disable-gil`.
    #[serde(rename = "Py_GIL_DISABLED")]
    pub gil_disabled: Option<String>,
}

/// One candidate for the libpython.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrailEntry {
    /// The file that was looked at, or a bare name that was looked up.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// Where the path comes from, such as `INSTSONAME in LIBDIR`.
    pub rule: String,
    /// It is the libpython of the target, or a link to it.
    pub accepted: bool,
    /// Why it was accepted or refused.
    pub reason: String,
}

/// How far a target can be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "level")]
pub enum Support {
    /// CPython 3.8 and later: everything.
    Full,
    /// CPython before 3.8: only the loading checks.
    LoadingOnly,
    /// Nothing.
    Skipped {
        /// Why, in one sentence.
        reason: String,
    },
}

impl Support {
    /// The rule: CPython since 3.8 in full, older CPython for loading, nothing else.
    #[must_use]
    pub fn of(implementation: &str, version: &Version) -> Self {
        match implementation {
            "cpython" if (version.major, version.minor) >= (3, 8) => Self::Full,
            "cpython" => Self::LoadingOnly,
            "pypy" => {
                let reason = "PyPy has another embedding interface, which is not checked yet";
                Self::Skipped { reason: reason.to_owned() }
            }
            other => Self::Skipped { reason: format!("{other} is not CPython") },
        }
    }
}

/// serde refuses a path that is not UTF-8; a report has to be written all the same, so such bytes
/// become U+FFFD.
pub(super) mod lossy {
    use super::{PathBuf, Serialize, Serializer};

    #[expect(clippy::ptr_arg, reason = "serde hands in a reference to the field's own type")]
    pub(in crate::target) fn path<S: Serializer>(path: &PathBuf, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path.to_string_lossy())
    }

    pub(super) fn option<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(|path| path.to_string_lossy()).serialize(to)
    }

    #[expect(clippy::ptr_arg, reason = "serde hands in a reference to the field's own type")]
    pub(super) fn list<S: Serializer>(paths: &Vec<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_survives_the_way_to_text_and_back() {
        for text in ["2.7.18", "3.13.0rc1", "3.14.0a7", "3.15.0b2"] {
            assert_eq!(Version::parse(text).map(|v| v.to_string()).as_deref(), Some(text));
        }
        let between = Version::parse("3.12.0a7+").map(|v| v.to_string());
        assert_eq!(between.as_deref(), Some("3.12.0a7"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "3", "3.11", "3.11.", "3.11.7x", "3.11.7rc", "+3.1.1", "3.11.+7", "a.b.c"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_release_comes_after_its_candidates() {
        let order = ["3.12.9", "3.13.0a1", "3.13.0b1", "3.13.0rc1", "3.13.0rc2", "3.13.0"];
        let versions: Vec<_> = order.iter().map(|text| Version::parse(text)).collect();
        assert!(versions.is_sorted() && versions.iter().all(Option::is_some));
    }

    #[test]
    fn support_begins_with_3_8_and_ends_with_cpython() {
        let of = |name, text| Version::parse(text).map(|version| Support::of(name, &version));
        assert_eq!(of("cpython", "3.8.0"), Some(Support::Full));
        assert_eq!(of("cpython", "3.7.16"), Some(Support::LoadingOnly));
        assert!(matches!(of("pypy", "3.10.14"), Some(Support::Skipped { .. })));
    }
}
