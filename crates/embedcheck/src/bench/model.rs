//! What `embedcheck bench` says: one value behind the text, the JSON document, the HTML page and the
//! comparison of two runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::Comparison;
use super::{Estimate, Figure, Producer};
use crate::report::{Machine, Tool};

/// Version of the document. It changes when a reader of the old one would be misled.
pub const SCHEMA: &str = "embedcheck.bench/1";

/// Everything that one run of the benchmarks found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchReport {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Who wrote the report.
    pub tool: Tool,
    /// The command line.
    pub command: Vec<String>,
    /// When the run began: UTC, as `2026-11-20T13:37:00Z`.
    pub date: String,
    /// Where.
    pub machine: BenchMachine,
    /// How.
    pub settings: Settings,
    /// The figures that occur below, in the order of reports.
    pub figures: Vec<Figure>,
    /// One for each Python.
    pub targets: Vec<BenchTarget>,
    /// What changed since another report, if one was named.
    pub comparison: Option<Comparison>,
    /// Wall-clock time of the run, in milliseconds.
    pub duration_ms: u64,
}

/// The machine, as far as it explains figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchMachine {
    /// System, kernel, C library, number of processors, compiler.
    pub system: Machine,
    /// Model of the processor, if `/proc/cpuinfo` names it.
    pub processor: Option<String>,
    /// The load averages of 1, 5 and 15 minutes before the run, if `/proc/loadavg` has them.
    pub load_before: Option<[f64; 3]>,
    /// The same after it.
    pub load_after: Option<[f64; 3]>,
}

/// How the run was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Fewer and shorter measurements.
    pub quick: bool,
    /// How often each measurement of calls and threads was to be made for each producer, in a process of
    /// its own; starts are measured more often.
    pub rounds: u32,
    /// The numbers of threads that called at once.
    pub threads: Vec<u32>,
    /// Variables that were set in the environment of the host processes.
    pub environment: BTreeMap<String, String>,
    /// Whether the measuring host was compiled with optimisation.
    pub optimised: bool,
}

/// The figures of one Python.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchTarget {
    /// A short label such as `cpython-3.11.7`.
    pub id: String,
    /// `sys.implementation.name`.
    pub implementation: String,
    /// The version, such as `3.11.7`.
    pub version: String,
    /// `sys.abiflags`.
    pub abi_flags: String,
    /// Built without the GIL.
    pub free_threaded: bool,
    /// Built with `--with-pydebug`.
    pub debug: bool,
    /// The interpreter, if there is one.
    pub executable: Option<String>,
    /// The libpython that was embedded, with every symbolic link followed.
    pub libpython: String,
    /// Its NT_GNU_BUILD_ID in hexadecimal digits.
    pub build_id: Option<String>,
    /// How many rounds were made; a quick run makes fewer on a machine that is busy.
    pub rounds: u32,
    /// The producers that were asked for, in the order of [`Producer::ALL`].
    pub producers: Vec<ProducerRecord>,
    /// In the order of the figures, then of the producers. There is none of a figure that a producer
    /// cannot have: a DLL without functions to hold the GIL is not measured while it is held.
    pub measurements: Vec<Measurement>,
    /// In the same order.
    pub ratios: Vec<Ratio>,
    /// Nanoseconds that a fixed piece of work took in embedcheck itself, between the measurements: the
    /// speed of the machine. Figures of two runs are set in proportion with it.
    pub calibration: Vec<f64>,
}

/// Whether a producer was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProducerRecord {
    /// Which one.
    pub producer: Producer,
    /// What made the DLL, with versions.
    pub made_by: Option<String>,
    /// Why it was not measured.
    pub missing: Option<Missing>,
}

/// Why a producer was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Missing {
    /// The machine lacks something, or it was not asked for.
    Unavailable {
        /// What is missing.
        reason: String,
        /// What to do about it.
        advice: String,
    },
    /// The DLL could not be made, or it returned something wrong, or its process did not come to its
    /// end. No figure of it can be believed.
    Failed {
        /// What was seen.
        reason: String,
    },
}

/// What one producer costs in one figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// Who made the DLL.
    pub producer: Producer,
    /// The id of the figure.
    pub figure: String,
    /// Over the values.
    pub estimate: Estimate,
    /// The interval reaches further than 10 % from the median.
    pub wide: bool,
    /// One a process, in the order of time. Values of several producers at the same place of their lists
    /// were measured next to each other.
    pub values: Vec<f64>,
    /// How single calls, or short batches of them, were distributed, over all processes.
    pub distribution: Option<Vec<Bin>>,
}

/// A class of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// The largest value that belongs to it; the classes are in ascending order.
    pub upper: f64,
    /// How many do.
    pub count: u64,
}

/// The figure of one producer by that of another, taken process by process, so that what slows the
/// machine for a while slows both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// The id of the figure.
    pub figure: String,
    /// Whose figure is divided.
    pub above: Producer,
    /// By whose.
    pub below: Producer,
    /// Over the pairs.
    pub estimate: Estimate,
    /// The interval reaches further than 10 % from the median: the ratio is not to be trusted.
    pub wide: bool,
}

impl BenchTarget {
    /// The measurement of a figure of a producer.
    #[must_use]
    pub fn measurement(&self, producer: Producer, figure: &str) -> Option<&Measurement> {
        self.measurements.iter().find(|one| one.producer == producer && one.figure == figure)
    }

    /// The ratio of a figure of two producers.
    #[must_use]
    pub fn ratio(&self, figure: &str, above: Producer, below: Producer) -> Option<&Ratio> {
        let is_it = |one: &&Ratio| one.figure == figure && one.above == above && one.below == below;
        self.ratios.iter().find(is_it)
    }

    /// The producers that were measured, in the order of reports.
    pub fn measured(&self) -> impl Iterator<Item = Producer> + '_ {
        let measured = self.producers.iter().filter(|record| record.missing.is_none());
        measured.map(|record| record.producer)
    }
}

impl BenchReport {
    /// The figure of this id, if it occurs.
    #[must_use]
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }
}
