//! Where the time of a start goes.

use super::collect::numbers;
use super::{Answer, START_PARTS};

/// The parts of one start, in milliseconds, in the order of [`START_PARTS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StartParts([f64; START_PARTS.len()]);

impl StartParts {
    /// By what two host processes answered: one that had everything to do, and one that had the
    /// libpython before its clock started. All parts but the libpython are of the second one, so that
    /// their sum is what the first one took.
    ///
    /// # Errors
    ///
    /// The name of what is missing in an answer.
    pub fn of(cold: &Answer, preloaded: &Answer) -> Result<Self, String> {
        const MS: f64 = 1e6;
        let [cold_load, cold_first] = numbers(cold, ["load", "first"])?;
        let [load, first] = numbers(preloaded, ["load", "first"])?;
        let [begin, end] = numbers(preloaded, ["init_begin", "init_end"])?;
        let libpython = cold_load + cold_first - (load + first);
        let parts = [libpython, load, begin - load, end - begin, load + first - end];
        Ok(Self(parts.map(|part| part / MS)))
    }

    /// Each with the id of its figure.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        START_PARTS.into_iter().zip(self.0)
    }
}
