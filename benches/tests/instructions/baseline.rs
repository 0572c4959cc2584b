//! What calls took when somebody last looked.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};

/// Parts of the instructions of a call by which they may differ.
const TOLERANCE: f64 = 0.03;

const HEADING: &str = "\
# Instructions of a call that embed-dll's DLL takes beyond `limit`, the C API by hand, with each Python.
# `EMBEDCHECK_BLESS=1 cargo test -p benches --test instructions` writes the lines of the Python that
# `EMBEDCHECK_BENCH_PYTHON` names.
";

/// Instructions of one call, without those of the host.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// `3.13`, `3.13t`: what CPython's own functions do next depends on it.
    pub(crate) python: String,
    pub(crate) name: &'static str,
    pub(crate) limit: f64,
    pub(crate) rust: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { python, name, limit, rust } = self;
        write!(
            f,
            "{python} {name:<10} limit {limit:7.1}, rust {rust:7.1}, beyond {:6.1}",
            rust - limit
        )
    }
}

/// Instructions beyond `limit`, by Python and the name of the case.
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline(BTreeMap<(String, String), f64>);

/// What came out.
#[derive(Debug, PartialEq)]
pub(crate) enum Judgement {
    Same,
    Better(String),
    Worse(String),
    /// Nobody has looked with this Python.
    Unknown(String),
}

impl Baseline {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| {
            format!("{}: {error}; EMBEDCHECK_BLESS=1 writes it", file.display())
        })?;
        Self::parse(&text).map_err(|line| format!("{}: {line:?} is no case", file.display()))
    }

    /// Gives the line that is wrong.
    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let case = |line: &str| {
            let [python, name, number] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
            let known = python.starts_with("3.").then_some(python)?;
            Some(((known.to_owned(), name.to_owned()), number.parse().ok()?))
        };
        lines
            .map(|line| case(line).ok_or_else(|| line.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Replaces the cases that were measured.
    pub(crate) fn write(file: &Path, measured: &[Measured]) -> Result<(), String> {
        let mut all = Self::read(file).map_or_else(|_| BTreeMap::new(), |known| known.0);
        let beyond = |one: &Measured| {
            ((one.python.clone(), one.name.to_owned()), (one.rust - one.limit).round())
        };
        all.extend(measured.iter().map(beyond));
        let lines: String = all
            .iter()
            .map(|((python, name), beyond)| format!("{python} {name} {beyond}\n"))
            .collect();
        let written = fs::write(file, format!("{HEADING}{lines}"));
        written.map_err(|error| format!("{}: {error}", file.display()))
    }

    pub(crate) fn judge(&self, measured: &Measured) -> Judgement {
        let &Measured { ref python, name, limit, rust } = measured;
        let Some(beyond) = self.0.get(&(python.clone(), name.to_owned())) else {
            return Judgement::Unknown(format!(
                "there is no {name} of {python} to compare with; EMBEDCHECK_BLESS=1 adds it"
            ));
        };
        let expected = limit + beyond;
        let change = rust / expected - 1.0;
        let text = |what: &str| {
            format!(
                "{name}: a call of embed-dll's DLL takes {rust:.0} instructions, {:.1} % {what} than \
                 the {expected:.0} of the baseline ({limit:.0} of `limit`, measured now, and \
                 {beyond:.0}, known). If that is meant to be, EMBEDCHECK_BLESS=1 writes the new \
                 baseline.",
                100.0 * change.abs()
            )
        };
        if change > TOLERANCE {
            Judgement::Worse(text("more"))
        } else if change < -TOLERANCE {
            Judgement::Better(text("less"))
        } else {
            Judgement::Same
        }
    }
}

/// Tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("baseline::three_per_cent", three_per_cent),
        Trial::test("baseline::what_is_no_case_is_named", what_is_no_case_is_named),
    ]
}

fn three_per_cent() -> Result<(), Failed> {
    let baseline = Baseline::parse("# instructions\n3.13 add1 100\n")?;
    let with = |python: &str, rust| {
        baseline.judge(&Measured { python: python.to_owned(), name: "add1", limit: 900.0, rust })
    };
    let judged = |rust| with("3.13", rust);
    assert_eq!(judged(1029.0), Judgement::Same);
    assert_eq!(judged(971.0), Judgement::Same);
    let is_said = |judgement: &Judgement, text: &str| match judgement {
        Judgement::Worse(said) | Judgement::Better(said) | Judgement::Unknown(said) => {
            said.contains(text)
        }
        Judgement::Same => false,
    };
    let worse = judged(1031.0);
    assert!(matches!(worse, Judgement::Worse(_)) && is_said(&worse, "3.1 % more"));
    let better = judged(960.0);
    assert!(matches!(better, Judgement::Better(_)) && is_said(&better, "4.0 % less"));
    let unknown = with("3.13t", 1031.0);
    assert!(matches!(unknown, Judgement::Unknown(_)) && is_said(&unknown, "EMBEDCHECK_BLESS=1"));
    Ok(())
}

fn what_is_no_case_is_named() -> Result<(), Failed> {
    for wrong in ["add1", "add1 1", "3.13 add1", "3.13 add1 many", "3.13 add1 1 2"] {
        assert_eq!(Baseline::parse(wrong), Err(wrong.to_owned()));
    }
    Ok(())
}
