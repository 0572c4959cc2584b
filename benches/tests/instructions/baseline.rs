//! What calls took when somebody last looked.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};

/// Parts of the instructions of a call by which they may differ.
const TOLERANCE: f64 = 0.03;

const HEADING: &str = "\
# Instructions of a call that embed-dll's DLL takes beyond `limit`, the C API by hand.
# `EMBEDCHECK_BLESS=1 cargo test -p benches --test instructions` writes this file.
";

/// Instructions of one call, without those of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) limit: f64,
    pub(crate) rust: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limit, rust } = self;
        write!(f, "{name:<10} limit {limit:7.1}, rust {rust:7.1}, beyond {:6.1}", rust - limit)
    }
}

/// Instructions beyond `limit`, by the name of the case.
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline(BTreeMap<String, f64>);

/// What came out.
#[derive(Debug, PartialEq)]
pub(crate) enum Judgement {
    Same,
    Better(String),
    Worse(String),
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
            let (name, number) = line.split_once(' ')?;
            Some((name.to_owned(), number.trim().parse().ok()?))
        };
        lines
            .map(|line| case(line).ok_or_else(|| line.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Replaces the cases that were measured.
    pub(crate) fn write(file: &Path, measured: &[Measured]) -> Result<(), String> {
        let mut all = Self::read(file).map_or_else(|_| BTreeMap::new(), |known| known.0);
        let beyond = |one: &Measured| (one.name.to_owned(), (one.rust - one.limit).round());
        all.extend(measured.iter().map(beyond));
        let lines: String = all.iter().map(|(name, beyond)| format!("{name} {beyond}\n")).collect();
        let written = fs::write(file, format!("{HEADING}{lines}"));
        written.map_err(|error| format!("{}: {error}", file.display()))
    }

    pub(crate) fn judge(&self, measured: &Measured) -> Result<Judgement, String> {
        let Measured { name, limit, rust } = *measured;
        let beyond = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no {name} in the file; EMBEDCHECK_BLESS=1 adds it"))?;
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
        Ok(if change > TOLERANCE {
            Judgement::Worse(text("more"))
        } else if change < -TOLERANCE {
            Judgement::Better(text("less"))
        } else {
            Judgement::Same
        })
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
    let baseline = Baseline::parse("# instructions\nadd1 100\n")?;
    let judged = |rust| baseline.judge(&Measured { name: "add1", limit: 900.0, rust });
    assert_eq!(judged(1029.0)?, Judgement::Same);
    assert_eq!(judged(971.0)?, Judgement::Same);
    let is_said = |judgement, text: &str| match judgement {
        Judgement::Worse(said) | Judgement::Better(said) => said.contains(text),
        Judgement::Same => false,
    };
    let worse = judged(1031.0)?;
    assert!(matches!(worse, Judgement::Worse(_)) && is_said(worse, "3.1 % more"));
    let better = judged(960.0)?;
    assert!(matches!(better, Judgement::Better(_)) && is_said(better, "4.0 % less"));
    let missing = Baseline::parse("")?.judge(&Measured { name: "add1", limit: 1.0, rust: 1.0 });
    assert!(missing.is_err_and(|error| error.contains("EMBEDCHECK_BLESS=1")));
    Ok(())
}

fn what_is_no_case_is_named() -> Result<(), Failed> {
    for wrong in ["add1", "add1 many"] {
        assert_eq!(Baseline::parse(wrong), Err(wrong.to_owned()));
    }
    Ok(())
}
