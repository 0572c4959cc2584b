//! What may be asked of a run of the benchmarks.

use std::ffi::OsString;
use std::path::PathBuf;

use thiserror::Error;

use super::{Producer, Schedule};
use crate::dll::Twins;

/// How to start the measuring host, `embedcheck_host::measure::main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuringHost {
    /// The program.
    pub program: PathBuf,
    /// What stands before the job on its command line.
    pub arguments: Vec<OsString>,
    /// Whether it was compiled with optimisation.
    pub optimised: bool,
}

/// How to run the benchmarks.
#[derive(Clone, Debug)]
pub struct Options {
    /// The measuring host.
    pub host: MeasuringHost,
    /// The DLLs that embed-dll made.
    pub twins: Twins,
    /// Who is measured; empty: all. One that is named here is made even if that takes long.
    pub producers: Vec<Producer>,
    /// What is measured, how often and how long.
    pub schedule: Schedule,
    /// A short run: no DLL that takes long to make unless it is named.
    pub quick: bool,
    /// Variables for the host processes.
    pub environment: Vec<(OsString, OsString)>,
    /// Nothing may be fetched from a package registry.
    pub offline: bool,
}

impl Options {
    /// What `embedcheck bench` does without options.
    #[must_use]
    pub fn new(host: MeasuringHost, twins: Twins) -> Self {
        Self {
            host,
            twins,
            producers: Vec::new(),
            schedule: Schedule::new(false, None, &[1, 2, 4, 8]),
            quick: false,
            environment: Vec::new(),
            offline: false,
        }
    }

    /// The producers to measure, in the order of reports.
    pub(super) fn selected(&self) -> impl Iterator<Item = Producer> + '_ {
        let is_selected =
            |one: &Producer| self.producers.is_empty() || self.producers.contains(one);
        Producer::ALL.into_iter().filter(is_selected)
    }
}

/// Why there is no report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
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
