//! Which targets of two reports belong together.

use thiserror::Error;

use crate::bench::BenchReport;

/// Why two reports cannot be compared.
#[derive(Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// They are about other Pythons.
    #[error(
        "the two reports have no Python in common: the old one has {old}, the new one {new}; name one of \
         the old report with --python, or compare with a report of the same version"
    )]
    NoTargets {
        /// The ids in the old report.
        old: String,
        /// The ids in the new one.
        new: String,
    },
    /// They are about the same Python, but not about the same DLLs.
    #[error(
        "the two reports have no figure in common: no producer that both have measured; measure with \
         the --producers of the old report"
    )]
    NoFigures,
}

/// The places of targets with the same id in an old report and in `new`, a list of ids and versions.
///
/// If no id is in both, but each has only one target, and of the same minor version, they are two builds of
/// it, which is what a packager compares.
///
/// # Errors
///
/// If no two targets belong together.
pub fn pairs(
    old: &BenchReport,
    new: &[(&str, String)],
) -> Result<Vec<(usize, usize)>, CompareError> {
    let find = |id: &str| old.targets.iter().position(|target| target.id == id);
    let same = new.iter().enumerate().filter_map(|(place, (id, _))| Some((find(id)?, place)));
    let same: Vec<_> = same.collect();
    if !same.is_empty() {
        return Ok(same);
    }
    if let ([old], [(_, version)]) = (old.targets.as_slice(), new)
        && minor(&old.version) == minor(version)
    {
        return Ok(vec![(0, 0)]);
    }
    let list = |ids: Vec<&str>| match ids.as_slice() {
        [] => "none".to_owned(),
        ids => ids.join(", "),
    };
    Err(CompareError::NoTargets {
        old: list(old.targets.iter().map(|target| &*target.id).collect()),
        new: list(new.iter().map(|(id, _)| *id).collect()),
    })
}

/// `3.11` of `3.11.7`.
fn minor(version: &str) -> Vec<&str> {
    version.split('.').take(2).collect()
}
