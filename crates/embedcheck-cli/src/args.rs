//! The command line.

mod call;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use embedcheck::report::Producer;

use crate::args::call::CallArgs;
use crate::help;
use crate::output::Color;

/// Embeds a Python in every way a real host program does, and says what fails, why, and what to
/// change
#[derive(Debug, Parser)]
#[command(name = "embedcheck", version, max_term_width = 100, after_help = help::after())]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// When to use colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Embed a Python and report what works
    #[command(after_help = help::after_check())]
    Check(Box<CheckArgs>),
    /// Measure what calls into an embedded Python cost
    #[command(after_help = help::after_bench())]
    Bench(Box<BenchArgs>),
    /// Say why a plugin, or a module such as _cffi_backend, does not work here, and what to do
    #[command(after_help = help::after_doctor())]
    Doctor(Box<DoctorArgs>),
    /// List the checks: their ids and what each asserts
    List(ListArgs),
    /// Explain a check: what it does, what a failure means, what to do
    Explain(ExplainArgs),
    /// Run one plan by hand and print everything that was observed
    #[command(after_help = help::after_run())]
    Run(RunArgs),
    /// List the Pythons that were found, and what each of them is
    Targets(TargetsArgs),
    /// Print the JSON Schema of reports
    #[command(name = "__schema", hide = true)]
    Schema(SchemaArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which reports
    #[arg(default_value = "check")]
    pub(crate) of: SchemaOf,
}

/// The kinds of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    Check,
    Bench,
    Doctor,
}

/// How results are written, for people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Check every Python that `embedcheck targets` lists
    #[arg(long, conflicts_with_all = ["python", "libpython"])]
    pub(crate) all: bool,

    /// Run only the checks whose id or group matches; can be given several times
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Leave out the checks whose id or group matches; can be given several times
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<String>,

    /// Check only the DLLs of this producer; can be given several times [default: all]
    #[arg(long, value_name = "PRODUCER")]
    pub(crate) producer: Vec<ProducerArg>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write the report to this file, in --format; standard output then has it as text
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Checks that run at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<u32>,

    /// Processes for each case of a race [default: few enough for a package build]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) iterations: Option<u32>,

    /// Time limit of one host process, in seconds [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Fetch nothing: without it, pip fetches cffi into the cache if the target has none
    #[arg(long)]
    pub(crate) offline: bool,

    /// End with code 1 for a limit too; every CPython since 3.8 has some, so use it with --only or
    /// --skip
    #[arg(long)]
    pub(crate) strict: bool,

    /// Keep DLLs, hosts and plans in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,

    /// Show the evidence: host processes, plans, standard error, events that deviate
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Measure every Python that `embedcheck targets` lists
    #[arg(long, conflicts_with_all = ["python", "libpython"])]
    pub(crate) all: bool,

    /// Who made the DLLs that are measured, separated by commas: plain, limit, naive, cffi, rust, pyo3;
    /// one that is named is built even if that takes long [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) producers: Vec<embedcheck::bench::Producer>,

    /// How many threads call at once, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2,4,8")]
    #[arg(value_parser = threads)]
    pub(crate) threads: Vec<u32>,

    /// How often calls and threads are measured for each producer [default: 10, with --quick 5]
    #[arg(long, value_name = "N", value_parser = rounds)]
    pub(crate) rounds: Option<u32>,

    /// Fewer and shorter measurements, less than a minute for one Python; leaves out what takes long to
    /// build unless --producers names it
    #[arg(long)]
    pub(crate) quick: bool,

    /// Set a variable in the environment of the measured processes, such as PYTHONDEVMODE=1; can be
    /// given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable))]
    pub(crate) env: Vec<(OsString, OsString)>,

    /// Fetch nothing: without it, pip fetches cffi and cargo fetches PyO3 if they are not there
    #[arg(long)]
    pub(crate) offline: bool,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write the report to this file, in --format; standard output then has it as text
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Say what changed beyond the noise since this report, a JSON file of an earlier run
    #[arg(long, value_name = "OLD.json")]
    pub(crate) compare: Option<PathBuf>,

    /// Write the report to this file as a page with plots, which needs nothing but itself
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Measure nothing: show this report, or compare it with the other
    #[arg(long, value_name = "NEW.json")]
    #[arg(conflicts_with_all = ["python", "libpython", "all", "producers", "rounds", "quick", "env", "offline"])]
    pub(crate) with: Option<PathBuf>,

    /// End with code 1 if a figure got worse by more than this, such as 10%; only what is beyond the
    /// noise counts
    #[arg(long, value_name = "PERCENT", requires = "compare", value_parser = percent)]
    pub(crate) fail_above: Option<f64>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("subject").args(["dll", "module", "explain_log"]).required(true))]
pub(crate) struct DoctorArgs {
    /// An embedding DLL: what its file says, and what it does in hosts
    #[arg(value_name = "DLL", conflicts_with_all = ["path", "lambda", "runtime", "import"])]
    pub(crate) dll: Option<PathBuf>,

    /// An extension module, such as _cffi_backend: every file on the search path that could have been
    /// meant, and the real import
    #[arg(long, value_name = "NAME", conflicts_with_all = ["host", "call"])]
    pub(crate) module: Option<String>,

    /// A log: a traceback, standard error of a host, output of a CI; `-` for standard input
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["host", "call", "path", "lambda", "runtime", "import"])]
    pub(crate) explain_log: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// With DLL: also judge the program that will load it
    #[arg(long, value_name = "EXE", requires = "dll")]
    pub(crate) host: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) call: CallArgs,

    /// With --module: a folder or zip archive in front of the search path, such as a layer; can be
    /// given several times, the first wins
    #[arg(long, value_name = "DIR_OR_ZIP", requires = "module")]
    pub(crate) path: Vec<PathBuf>,

    /// With --module: the paths are layers of AWS Lambda, in the order of the function
    #[arg(long, requires = "module")]
    pub(crate) lambda: bool,

    /// With --module: for a Python that is not installed here, such as 3.12; files are looked at,
    /// nothing is imported
    #[arg(long, value_name = "VERSION", requires = "module", conflicts_with_all = ["python", "libpython"])]
    #[arg(value_parser = minor_version)]
    pub(crate) runtime: Option<(u32, u32)>,

    /// With --runtime: its architecture [default: that of this machine]
    #[arg(long, value_name = "ARCH", requires = "runtime")]
    pub(crate) architecture: Option<ArchitectureArg>,

    /// With --module: a module that needs it, and is imported to see who asks for it; can be given
    /// several times [default: found from the metadata of what is installed]
    #[arg(long, value_name = "NAME", requires = "module", conflicts_with = "runtime")]
    pub(crate) import: Vec<String>,

    /// Set a variable in the environment of the child processes; can be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable))]
    pub(crate) env: Vec<(OsString, OsString)>,

    /// Time limit of one child process, in seconds [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// How to write the diagnosis
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write the diagnosis to this file, in --format; standard output then has it as text
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Show all that was seen, not only what matters for the findings
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// The architectures that AWS Lambda has, with the names that it and `uname -m` use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArchitectureArg {
    #[value(name = "x86_64")]
    X86_64,
    #[value(name = "arm64", alias = "aarch64")]
    Arm64,
}

impl ArchitectureArg {
    /// As `uname -m` gives it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// Which Python is meant.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct TargetArgs {
    /// An interpreter: its path, its name on PATH, a version (3.12), or an id of `embedcheck targets`
    /// [default: the first python3 on PATH]
    #[arg(long, value_name = "PYTHON", value_parser = OsStringValueParser::new().try_map(not_empty))]
    pub(crate) python: Option<OsString>,

    /// A libpython file; its interpreter is looked for near it
    #[arg(long, value_name = "FILE")]
    pub(crate) libpython: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of the check, as `embedcheck list` has it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The plan, `-` for standard input
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,

    /// Which host runs it
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Host,

    /// Set a variable in the host's environment, which otherwise is PATH=/usr/bin:/bin, LANG and
    /// LC_ALL=C.UTF-8, and HOME and TMPDIR in a scratch folder; can be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable))]
    pub(crate) env: Vec<(OsString, OsString)>,

    /// Time limit, in seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// How to write the observation
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// The hosts that can run a plan by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Host {
    C,
    Rust,
}

/// Who can make DLLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProducerArg {
    Probe,
    Cffi,
    Rust,
}

impl From<ProducerArg> for Producer {
    fn from(producer: ProducerArg) -> Self {
        match producer {
            ProducerArg::Probe => Self::Probe,
            ProducerArg::Cffi => Self::Cffi,
            ProducerArg::Rust => Self::Rust,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TargetsArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Show how each was reached, and every candidate for its libpython
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Neither part needs to be UTF-8.
fn variable(setting: OsString) -> Result<(OsString, OsString), &'static str> {
    let bytes = setting.as_bytes();
    let part = |bytes| OsStr::from_bytes(bytes).to_owned();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(place) if place > 0 => Ok((part(&bytes[..place]), part(&bytes[place + 1..]))),
        _ => Err("must be a name, an equals sign and a value"),
    }
}

/// The first two numbers of a version; `python3.12`, as Lambda calls its runtimes, is as good.
fn minor_version(text: &str) -> Result<(u32, u32), &'static str> {
    let number = text.strip_prefix("python").unwrap_or(text);
    let version = number.split_once('.').and_then(|(major, rest)| {
        let minor = rest.split_once('.').map_or(rest, |(minor, _)| minor);
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    version.ok_or("must be a version such as 3.12")
}

fn not_empty(value: OsString) -> Result<OsString, &'static str> {
    if value.is_empty() { Err("must not be empty") } else { Ok(value) }
}

fn at_least_one(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("must be a whole number, at least 1".to_owned()),
    }
}

/// More threads would measure how long the machine takes to start them.
const MOST_THREADS: u32 = 256;

fn threads(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=MOST_THREADS) => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {MOST_THREADS}")),
    }
}

/// More rounds would take days.
const MOST_ROUNDS: u32 = 1000;

fn rounds(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=MOST_ROUNDS) => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {MOST_ROUNDS}")),
    }
}

/// A share: 0.1 for `10%` or `10`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=10_000.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("must be a percentage such as 10%".to_owned()),
    }
}

/// A day: longer waits are a slip of the finger, and sums of a few stay far from any overflow.
const LONGEST: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    if seconds > 0.0 && seconds <= LONGEST {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("must be more than 0 and at most {LONGEST} seconds"))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_are_positive_and_finite() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "nan", "inf", "1e9", "", "5s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_ends_at_the_first_equals_sign() {
        assert_eq!(variable("A=b=c".into()), Ok(("A".into(), "b=c".into())));
        assert_eq!(variable("A=".into()), Ok(("A".into(), "".into())));
        assert!(variable("A".into()).is_err() && variable("=b".into()).is_err());
    }

    #[test]
    fn a_runtime_is_named_as_its_users_name_it() {
        for text in ["3.12", "3.12.1", "python3.12"] {
            assert_eq!(minor_version(text), Ok((3, 12)), "{text}");
        }
        for wrong in ["", "3", "3.x", "python", "-3.1"] {
            assert!(minor_version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_percentage_is_a_share() {
        assert_eq!((percent("10%"), percent("12.5"), percent("0")), (Ok(0.1), Ok(0.125), Ok(0.0)));
        for wrong in ["", "%", "-1%", "nan", "ten", "1e9"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_can_be_done_zero_times() {
        assert_eq!(at_least_one("3"), Ok(3));
        for wrong in ["0", "-1", "x", "99999999999", "1.5"] {
            assert!(at_least_one(wrong).is_err(), "{wrong}");
            assert!(threads(wrong).is_err() && rounds(wrong).is_err(), "{wrong}");
        }
    }
}
