//! What a run of embedcheck says: one value behind the terminal text and the JSON document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnose::Cause;
use crate::run::{HostKind, Observation};
use crate::target::Target;

/// Version of the report document. It changes when a reader of the old one would be misled.
pub const SCHEMA: &str = "embedcheck.report/1";

/// Everything one run of the checks found out about one target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Who wrote the report.
    pub tool: Tool,
    /// On what machine.
    pub environment: Machine,
    /// The Python runtime under test.
    pub target: Target,
    /// One for each check that was asked for, in the order of `embedcheck list`.
    pub results: Vec<CheckResult>,
    /// The counts.
    pub summary: Summary,
    /// Wall-clock time of the checks, in milliseconds.
    pub duration_ms: u64,
}

/// Name and version of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `embedcheck`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Facts about the machine that may explain a difference between two reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// `PRETTY_NAME` of `/etc/os-release`, if there is one.
    pub system: Option<String>,
    /// Name and release of the kernel.
    pub kernel: String,
    /// Name of the architecture as `uname -m` gives it.
    pub architecture: String,
    /// Version line of the C library, if it could be asked.
    pub libc: Option<String>,
    /// Processors that this process may use.
    pub processors: usize,
    /// First line of the C compiler's `--version`, if one was found.
    pub compiler: Option<String>,
    /// Version of CFFI that the target's DLLs were made with, if any were.
    pub cffi: Option<String>,
}

/// What one check concluded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The claim holds.
    Pass,
    /// A documented limitation that behaves exactly as predicted, with a workaround verified on
    /// this very build.
    Limit,
    /// The check could not run; `detail` has the reason.
    Skip,
    /// The claim does not hold.
    Fail,
    /// embedcheck itself failed.
    Error,
}

impl Verdict {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Limit => "limit",
            Self::Skip => "skip",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// Who made a DLL.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Producer {
    /// Plain C, shipped prebuilt inside embedcheck.
    Probe,
    /// CFFI's embedding mode.
    Cffi,
    /// embed-dll: the twins of the fixtures in `rust-fixtures/`.
    Rust,
}

impl Producer {
    /// All, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Probe, Self::Cffi, Self::Rust];

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Cffi => "cffi",
            Self::Rust => "rust",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// `group/name`.
    pub id: String,
    /// The part of the id before the slash.
    pub group: String,
    /// What was concluded.
    pub verdict: Verdict,
    /// What the check asserts, in one line.
    pub claim: String,
    /// What was found, in a line or two; the reason of a skip or an error.
    pub detail: Option<String>,
    /// Why it is not a pass, when the evidence tells.
    pub cause: Option<Cause>,
    /// What to do about it.
    pub advice: Option<String>,
    /// Workarounds that this run tried on this very build and saw working.
    pub verified: Vec<String>,
    /// Parts of the check that could not run, with the reason; the verdict speaks of the rest.
    pub not_covered: Vec<String>,
    /// Programs that loaded the DLL.
    pub hosts: Vec<HostKind>,
    /// Who made the DLLs.
    pub producers: Vec<Producer>,
    /// The verdict for the DLLs of each producer by themselves: `pass` where every case with one of
    /// them was good, and otherwise the verdict of the check. Empty for a check that did not run.
    #[serde(default)]
    pub by_producer: BTreeMap<Producer, Verdict>,
    /// Outcomes of repeated runs and how often each was seen; empty for checks that do not repeat.
    pub histogram: Vec<Bucket>,
    /// Evidence that is not in an observation: computed symbols, linker messages.
    pub evidence: Vec<String>,
    /// The host processes. Repeated runs are represented by one observation for each outcome.
    pub observations: Vec<CaseRecord>,
    /// Number of host processes that the check ran.
    pub runs: u32,
    /// How many of them were repetitions for a histogram.
    pub iterations: u32,
    /// Time the check took, in milliseconds.
    pub duration_ms: u64,
}

/// One outcome of repeated runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Which case was repeated, such as `cffi × 10 threads`.
    pub case: String,
    /// The outcome in words: `good`, `signal SIGSEGV`, `exit 1 from inside`, …
    pub outcome: String,
    /// How often.
    pub count: u32,
}

/// The outcome of a case in which nothing deviated.
pub(crate) const GOOD: &str = "good";

/// One host process of a check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// What the case is, in a few words.
    pub case: String,
    /// The program that ran the plan.
    pub host: HostKind,
    /// Who made the DLLs in it.
    pub producers: Vec<Producer>,
    /// `good`, or what deviated from the expectation.
    pub outcome: String,
    /// All the evidence.
    pub observation: Observation,
}

impl CaseRecord {
    /// Whether nothing deviated.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcome == GOOD
    }
}

/// Counts over the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Results with verdict `pass`.
    pub pass: u32,
    /// Results with verdict `fail`.
    pub fail: u32,
    /// Results with verdict `limit`.
    pub limit: u32,
    /// Results with verdict `skip`.
    pub skip: u32,
    /// Results with verdict `error`.
    pub error: u32,
    /// Host processes run.
    pub runs: u32,
    /// Of these, repetitions for histograms.
    pub iterations: u32,
    /// Host processes in which Python really ran through a DLL.
    pub embedded: u32,
}
