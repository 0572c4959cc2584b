//! Both parsers accept the same plans and find the same errors in the same places.

use std::fs;
use std::path::Path;

use embedcheck_plan::Plan;
use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::broken::{ERRORS, text};
use crate::hosts::Host;
use crate::strategy;

/// Random texts for each property: the C host is started for every one.
const CASES: u32 = 300;

/// Line and column of the error, if there is one.
type Verdict = Option<(u32, usize)>;

/// The trials.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("parsing/corpus", broken_plans_are_refused_alike),
        Trial::test("parsing/ffi", the_c_host_refuses_ffi),
        Trial::test("parsing/first line and sizes", first_lines_and_sizes),
        Trial::test("parsing/random plans", random_plans),
        Trial::test("parsing/damaged plans", damaged_plans),
        Trial::test("parsing/random tokens", random_tokens),
    ]
}

/// Both hosts as processes, with what they print.
fn broken_plans_are_refused_alike() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plan");
    for (lines, place, _) in ERRORS {
        let text = text(lines);
        fs::write(&file, &text)?;
        for host in Host::BOTH {
            let output = host.check(&file);
            assert_eq!(output.status.code(), Some(2), "{host:?}: {output:?} for:\n{text}");
            assert!(output.stdout.is_empty(), "{host:?}: {output:?}");
            let found = place_in(&file, &output.stderr);
            assert_eq!(found, Some(*place), "{host:?}: {output:?} for:\n{text}");
        }
    }
    fs::write(&file, "embedcheck-plan 1\n")?;
    for host in Host::BOTH {
        let output = host.check(&file);
        assert!(output.status.success(), "{host:?}: {output:?}");
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{host:?}: {output:?}");
    }
    Ok(())
}

/// What it cannot do it says before anything runs, and what would do it.
fn the_c_host_refuses_ffi() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plan");
    fs::write(&file, "embedcheck-plan 1\nsleep 1\n  ffi x f i8()\n")?;
    let output = Host::C.check(&file);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(place_in(&file, &output.stderr), Some((3, 3)), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the Rust host"), "{output:?}");
    assert!(Host::Rust.check(&file).status.success());
    Ok(())
}

fn first_lines_and_sizes() -> Result<(), Failed> {
    let header = "embedcheck-plan 1\n";
    let mut texts: Vec<Vec<u8>> = [
        "",
        "\n",
        "#",
        "embedcheck-plan",
        "embedcheck-plan 1",
        "embedcheck-plan 1 # x",
        "\t embedcheck-plan\t1 \n",
        "embedcheck-plan 01",
        "embedcheck-plan +1",
        "embedcheck-plan -1",
        "embedcheck-plan 2",
        "embedcheck-plan 1 1",
        "embedcheck-plan \"1\"",
        "\"embedcheck-plan\" 1",
        "embedcheck-plan 99999999999999999999",
        "embedcheck-plan x",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    for newlines in [9_998, 9_999, 10_000] {
        texts.push(format!("{header}{}", "\n".repeat(newlines)).into());
        texts.push(format!("{header}{}sleep 1", "\n".repeat(newlines)).into());
    }
    for length in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1] {
        texts.push(format!("{header}#{}\nsleep 1", "x".repeat(length - 1)).into());
        texts.push(format!("{header}chdir \"{}\"", "x".repeat(length - 8)).into());
    }
    let check = Checker::new()?;
    for text in texts {
        check.agree(&text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn random_plans() -> Result<(), Failed> {
    let check = Checker::new()?;
    run(strategy::plan(), |plan| {
        prop_assert_eq!(check.agree(plan.to_string().as_bytes())?, None);
        Ok(())
    })
}

fn damaged_plans() -> Result<(), Failed> {
    let check = Checker::new()?;
    run((strategy::plan(), strategy::damage()), |(plan, damage)| {
        check.agree(&strategy::damaged(plan.to_string().into_bytes(), &damage))?;
        Ok(())
    })
}

/// Lines made of words that mean something, in an order that mostly means nothing.
fn random_tokens() -> Result<(), Failed> {
    const TOKENS: [&str; 64] = [
        "open",
        "promote",
        "close",
        "resolve",
        "call",
        "buffer",
        "peek",
        "hook",
        "threads",
        "thread",
        "fork",
        "wait",
        "chdir",
        "setenv",
        "unsetenv",
        "sleep",
        "python",
        "facts",
        "exit",
        "end",
        "x",
        "default",
        "self",
        "\"text\"",
        "\"\\x41\"",
        "NOW",
        "NOW|LOCAL",
        "LAZY|LAZY",
        "newlm",
        "in=x",
        "in=",
        "v()",
        "i(ii)",
        "d(d)",
        "s(sp)",
        "i(v)",
        "p(",
        "0",
        "1",
        "-1",
        "-0",
        "007",
        "0x10",
        "0xffffffffffffffff",
        "1.5",
        ".5",
        "5.",
        "1e5",
        "1e",
        "+1",
        "nan",
        "-inf",
        "null",
        "@x",
        "@",
        "8:i32",
        "8:i32=1",
        "0:f64=1e-3",
        "errno=3",
        "stack=65536",
        "timeout=5",
        "initialize",
        "images",
        "now",
    ];
    let token = proptest::sample::select(TOKENS.to_vec());
    let line = proptest::collection::vec(token, 1..8).prop_map(|tokens| tokens.join(" "));
    let lines = proptest::collection::vec(line, 1..4).prop_map(|lines| lines.join("\n"));
    let check = Checker::new()?;
    run(lines, |lines| {
        check.agree(format!("embedcheck-plan 1\n{lines}").as_bytes())?;
        Ok(())
    })
}

fn run<S: Strategy>(
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), Failed> {
    let config =
        ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(&strategy, test).map_err(|error| error.to_string().into())
}

/// Asks the C host by `--check`, and the Rust parser, which is all that `--check` of the Rust host is,
/// directly.
struct Checker {
    folder: tempfile::TempDir,
}

impl Checker {
    fn new() -> Result<Self, Failed> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn agree(&self, text: &[u8]) -> Result<Verdict, TestCaseError> {
        let file = self.folder.path().join("plan");
        fs::write(&file, text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let output = Host::C.check(&file);
        let c = match output.status.code() {
            Some(0) => None,
            Some(2) => place_in(&file, &output.stderr),
            _ => return Err(TestCaseError::fail(format!("{output:?}"))),
        };
        let parsed = Plan::parse(text);
        let rust = parsed.as_ref().err().map(|error| (error.line, error.column));
        prop_assert_eq!(
            (output.status.success(), c),
            (parsed.is_ok(), rust),
            "left: C: {}\nright: Rust: {:?}\nfor: {}",
            String::from_utf8_lossy(&output.stderr),
            parsed.err(),
            text.escape_ascii()
        );
        Ok(rust)
    }
}

/// The place in `FILE:LINE:COLUMN: text`.
fn place_in(file: &Path, stderr: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(stderr);
    let rest = text.strip_prefix(&*file.to_string_lossy())?.strip_prefix(':')?;
    let mut parts = rest.splitn(3, ':');
    let (line, column) = (parts.next()?, parts.next()?);
    parts.next()?.strip_prefix(' ')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}
