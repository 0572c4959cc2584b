//! What may be asked of a run of the checks.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::dll::Twins;
use crate::report::Producer;
use crate::run::{HostCommand, HostKind};
use crate::target::Target;

/// How to run the checks. [`Options::default`] is what `embedcheck check` does without options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Globs over check ids; empty: all.
    pub only: Vec<String>,
    /// Globs over check ids to leave out.
    pub skip: Vec<String>,
    /// Checks that run at the same time; 0: one a processor.
    pub jobs: usize,
    /// Processes of each race case, at least one; `None`: few enough for a package build.
    pub iterations: Option<u32>,
    /// Time limit of one host process.
    pub timeout: Duration,
    /// Nothing may be fetched from a package registry.
    pub offline: bool,
    /// Where to keep the scratch folders; `None`: they are removed.
    pub keep: Option<PathBuf>,
    /// How to start the Rust host; `None`: only the other hosts are used.
    pub rust_host: Option<HostCommand>,
    /// The DLLs that embed-dll made.
    pub twins: Twins,
    /// The producers whose DLLs are checked; empty: all.
    pub producers: Vec<Producer>,
    /// What a Python of another version is taken from, for the checks with two; `None`: this
    /// machine is searched for one when such a check runs.
    pub others: Option<Vec<Target>>,
    /// Every skip is a failure: for a CI that must prove that it ran everything.
    pub require_all: bool,
    /// Damages what is laid out, to see a check fail.
    pub tamper: Option<Tamper>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            skip: Vec::new(),
            jobs: 0,
            iterations: None,
            timeout: Duration::from_secs(20),
            offline: false,
            keep: None,
            rust_host: None,
            twins: Twins::default(),
            producers: Vec::new(),
            others: None,
            require_all: false,
            tamper: None,
        }
    }
}

/// A function that damages the files of a case just before its host starts.
///
/// With it a test can prove that a check fails when the thing that it checks is broken: the
/// function gets the folder of the case and may patch, remove or replace what lies in it.
#[derive(Clone)]
pub struct Tamper(Arc<dyn Fn(&Scene<'_>) + Send + Sync>);

/// What a [`Tamper`] sees.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Id of the check.
    pub check: &'a str,
    /// The case, in the words of the report.
    pub case: &'a str,
    /// Which host is about to start.
    pub host: HostKind,
    /// The folder with the case's files; the DLLs lie in it or below.
    pub folder: &'a Path,
}

impl Tamper {
    /// Wraps the function.
    pub fn new(function: impl Fn(&Scene<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    pub(super) fn apply(&self, scene: &Scene<'_>) {
        (self.0)(scene);
    }
}

impl fmt::Debug for Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tamper")
    }
}

/// Why there is no report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A glob that cannot be read.
    #[error("--{option} {glob:?} is no glob: {reason}")]
    BadGlob {
        /// `only` or `skip`.
        option: &'static str,
        /// As given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob that selects nothing.
    #[error(
        "--{option} {glob:?} matches no check; the groups are {groups}, `embedcheck list` has all"
    )]
    NothingSelected {
        /// `only` or `skip`.
        option: &'static str,
        /// As given.
        glob: String,
        /// The groups that exist.
        groups: String,
    },
    /// `--only` and `--skip` together leave nothing.
    #[error("--skip leaves out every check that --only selects; nothing is left to run")]
    NothingLeft,
    /// The target cannot be embedded at all.
    #[error("{0}")]
    NotEmbeddable(String),
    /// No scratch folder.
    #[error("{0}")]
    Scratch(String),
    /// Stopped from outside.
    #[error("interrupted")]
    Interrupted,
    /// Our own fault.
    #[error("{0}")]
    Internal(String),
}
