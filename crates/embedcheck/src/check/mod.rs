//! The checks: what each asserts, and how it finds out.
//!
//! A check is a function from a [`Lab`] (the target, the hosts, the producers of DLLs) to a
//! [`Finding`]. Checks share nothing but the lab, so they run in parallel and in any order.

mod cffi;
mod finding;
mod judge;
mod lab;
mod layout;
mod load;
mod options;
mod plugin;
mod predict;
mod python_host;
mod race;
mod run;
mod rust;
mod share;
mod workshop;

use std::sync::LazyLock;

pub use finding::Finding;
pub use judge::{Expect, Judgement};
pub use lab::{Case, Lab, LabError};
pub use options::{CheckError, Options, Scene, Tamper};
pub use plugin::Plugin;
pub use python_host::Opening;
pub use run::{check, select};
pub use workshop::python_first;

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `group/name`.
    pub id: &'static str,
    /// What it asserts, in one line.
    pub claim: &'static str,
    /// Its explanation: the page in `docs/checks/`, in Markdown.
    pub page: &'static str,
    /// Whether it is part of the loading checks, the only ones for CPython before 3.8.
    pub loading: bool,
    /// Relative cost: checks that take long are started first.
    pub cost: Cost,
    /// Finds out.
    pub run: fn(&Lab<'_>) -> Result<Finding, LabError>,
}

/// How long a check takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// A few host processes.
    Low,
    /// Compiles something, or waits.
    Medium,
    /// Many host processes.
    High,
}

impl Check {
    /// The part of the id before the slash.
    pub fn group(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(group, _)| group)
    }
}

/// Every check, in the order of reports.
pub static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
    [
        load::CHECKS,
        predict::CHECKS,
        layout::CHECKS,
        race::CHECKS,
        share::CHECKS,
        cffi::CHECKS,
        rust::CHECKS,
    ]
    .concat()
});

/// Reads the page of a check, so that each definition stands on one line.
macro_rules! page {
    ($id:literal) => {
        include_str!(concat!("../../../../docs/checks/", $id, ".md"))
    };
}
use page;

/// Defines the checks of a group: id, claim, cost and function.
macro_rules! checks {
    ($loading:literal; $($id:literal $claim:literal $cost:ident $run:expr;)+) => {
        pub(super) const CHECKS: &[$crate::check::Check] = &[$($crate::check::Check {
            id: $id,
            claim: $claim,
            page: $crate::check::page!($id),
            loading: $loading,
            cost: $crate::check::Cost::$cost,
            run: $run,
        }),+];
    };
}
use checks;
