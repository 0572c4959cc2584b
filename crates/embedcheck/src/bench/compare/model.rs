//! What a comparison of two reports says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bench::{Estimate, Producer};

/// What changed since another report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The older report.
    pub old: OldReport,
    /// What differs between the two runs and may explain a change, in sentences.
    pub notes: Vec<String>,
    /// The targets that both reports have.
    pub targets: Vec<TargetComparison>,
}

/// The report that another one is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OldReport {
    /// Its file, as it was named.
    pub file: String,
    /// When its run began.
    pub date: String,
    /// The version of embedcheck that wrote it.
    pub version: String,
}

/// One target in both reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetComparison {
    /// Its id in the new report.
    pub id: String,
    /// Its id in the old one; another build of the same version may have another id.
    pub old_id: String,
    /// How many times as long as in the old run the machine took for a fixed piece of work.
    pub slowdown: f64,
    /// The figures that both reports have and that can be compared, in the order of the new one.
    pub figures: Vec<Compared>,
}

/// One figure of one producer in both reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// Who made the DLL.
    pub producer: Producer,
    /// The id of the figure.
    pub figure: String,
    /// What the old report has.
    pub old: Estimate,
    /// What the new report has.
    pub new: Estimate,
    /// How many times the old figure the new one is for certain, with the speed of the machine taken
    /// into account: the least of several ways to see it; 1 when they contradict each other.
    pub factor: f64,
    /// What the factor, or its reciprocal, has to exceed to be more than noise.
    pub noise: f64,
    /// What to make of it.
    pub verdict: ChangeVerdict,
}

/// What to make of two figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeVerdict {
    /// They differ by no more than figures of the same build do.
    Same,
    /// The new one costs less.
    Better,
    /// The new one costs more.
    Worse,
}

impl Comparison {
    /// The figures that changed, with the id of their target; those that got worse first, the largest
    /// change first.
    #[must_use]
    pub fn changes(&self) -> Vec<(&str, &Compared)> {
        let mut changes: Vec<_> = self
            .targets
            .iter()
            .flat_map(|target| target.figures.iter().map(|one| (target.id.as_str(), one)))
            .filter(|(_, one)| one.verdict != ChangeVerdict::Same)
            .collect();
        let key = |one: &Compared| (one.verdict != ChangeVerdict::Worse, -one.factor.ln().abs());
        changes.sort_by(|(_, one), (_, other)| {
            let (one, other) = (key(one), key(other));
            one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        changes
    }

    /// The figures that got worse by more than this share: 0.1 is a tenth.
    #[must_use]
    pub fn worse_by_more_than(&self, share: f64) -> Vec<(&str, &Compared)> {
        let mut worse = self.changes();
        worse.retain(|(_, one)| one.verdict == ChangeVerdict::Worse && one.factor - 1.0 > share);
        worse
    }
}
