//! What changed between two reports beyond the noise.

mod model;

pub use model::{ChangeVerdict, Compared, Comparison, OldReport, TargetComparison};
