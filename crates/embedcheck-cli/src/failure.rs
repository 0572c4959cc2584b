//! Everything that can keep the program from doing what it was asked to do.

use std::io;
use std::path::PathBuf;

use embedcheck::bench::compare::CompareError;
use embedcheck::bench::{BenchError, BenchJsonError};
use embedcheck::check::CheckError;
use embedcheck::doctor::DoctorError;
use embedcheck::report::{JsonError, WriteError};
use embedcheck::run::{RunError, ScratchError};
use embedcheck::target::TargetError;
use embedcheck_plan::PlanError;
use thiserror::Error;

use crate::exit::Exit;

/// An error with its message.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// What was named is no Python.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Nothing was found to check.
    #[error("no Python was found; name one with --python, --libpython or EMBEDCHECK_PYTHONS")]
    NoTarget,
    /// There is no report.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// There are no figures.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// `--compare` or `--with` names no file that can be read.
    #[error(
        "cannot read {}: {source}; `embedcheck bench --format json --output FILE` writes a report",
        path.display()
    )]
    UnreadableReport {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It names a file that is something else.
    #[error("{}: {error}", path.display())]
    BadReport {
        /// As given.
        path: PathBuf,
        /// What it is, and what to do.
        error: BenchJsonError,
    },
    /// A file is to be written that another option also names.
    #[error("{} and {} both name {}; name a file for each", .0, .1, .2.display())]
    OneFile(&'static str, &'static str, PathBuf),
    /// Two reports that have nothing in common.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A report of the benchmarks has no JSON form.
    #[error(transparent)]
    BenchJson(#[from] BenchJsonError),
    /// There is no diagnosis.
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    /// `--explain-log` names no file that can be read.
    #[error("cannot read the log {}: {source}; name a file, or `-` for standard input", path.display())]
    UnreadableLog {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `explain` for a check that does not exist.
    #[error("{0}")]
    UnknownCheck(String),
    /// A plan that cannot be read.
    #[error("cannot read the plan {}: {reason}", path.display())]
    UnreadablePlan {
        /// As given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A plan with a mistake: FILE:LINE:COLUMN: text.
    #[error("{}:{error}", path.display())]
    BadPlan {
        /// As given.
        path: PathBuf,
        /// Where and what.
        error: PlanError,
    },
    /// A folder or file for the plan.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The host did not run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// `--output`.
    #[error(transparent)]
    ReportFile(#[from] WriteError),
    /// Standard output.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// A report or a list has no JSON form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The same for what is not a report.
    #[error("cannot write JSON: {0}")]
    OtherJson(#[from] serde_json::Error),
    /// Where this executable is, to run it again as the Rust host.
    #[error("cannot find out where this program is: {0}")]
    OwnPath(io::Error),
    /// Fewer descriptors than host processes need, and no right to have more.
    #[error(
        "{allowed} open files are allowed (`ulimit -n`), {needed} are needed; raise the hard limit"
    )]
    FewFiles {
        /// The hard limit.
        allowed: u64,
        /// What is needed.
        needed: u64,
    },
    /// Signals or their descriptors.
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
}

impl Failure {
    /// The one way from errors to exit codes.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Check(error) => of_check(error),
            Self::Bench(error) => of_bench(error),
            Self::Doctor(error) => of_doctor(error),
            Self::Target(_)
            | Self::NoTarget
            | Self::UnknownCheck(_)
            | Self::UnreadableLog { .. }
            | Self::UnreadableReport { .. }
            | Self::BadReport { .. }
            | Self::OneFile(..)
            | Self::Compare(_)
            | Self::UnreadablePlan { .. }
            | Self::BadPlan { .. }
            | Self::Scratch(_)
            | Self::ReportFile(_)
            | Self::FewFiles { .. }
            | Self::Output(_) => Exit::Usage,
            Self::Run(_)
            | Self::Json(_)
            | Self::BenchJson(_)
            | Self::OtherJson(_)
            | Self::OwnPath(_)
            | Self::Signals(_) => Exit::Internal,
        }
    }

    /// Whether it is the answer to a request to stop.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Check(CheckError::Interrupted)
                | Self::Bench(BenchError::Interrupted)
                | Self::Doctor(DoctorError::Interrupted)
                | Self::Run(RunError::Interrupted)
                | Self::Target(TargetError::Interrupted)
        )
    }
}

fn of_bench(error: &BenchError) -> Exit {
    match error {
        BenchError::NotEmbeddable(_) => Exit::NothingEmbedded,
        BenchError::Scratch(_) => Exit::Usage,
        // As for the checks.
        _ => Exit::Internal,
    }
}

fn of_doctor(error: &DoctorError) -> Exit {
    match error {
        DoctorError::Run(_) | DoctorError::Interrupted => Exit::Internal,
        _ => Exit::Usage,
    }
}

fn of_check(error: &CheckError) -> Exit {
    match error {
        CheckError::BadGlob { .. }
        | CheckError::NothingSelected { .. }
        | CheckError::NothingLeft
        | CheckError::Scratch(_) => Exit::Usage,
        CheckError::NotEmbeddable(_) => Exit::NothingEmbedded,
        // An interruption that no signal has caused would be our own fault. The enum may grow; what is
        // not known here is not the user's.
        _ => Exit::Internal,
    }
}
