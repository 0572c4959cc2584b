//! The host's parser never crashes, whatever the bytes are.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::support::Scratch;

/// Pieces of plans, so that random texts get past the first token.
const PIECES: &[&str] = &[
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
    "a",
    "default",
    "self",
    "NOW|LOCAL",
    "NOW|",
    "newlm",
    "in=a",
    "i(ii)",
    "v()",
    "s(s)",
    "d(ddpp)",
    "l(",
    "1",
    "-1",
    "0x10",
    "1e5",
    "nan",
    "null",
    "@a",
    "@",
    "errno=3",
    "timeout=1",
    "stack=",
    "0:i8=1",
    "0:f64",
    ":",
    "=",
    "8:i64=0xff",
    "\"text\"",
    "\"\\x41\\n\"",
    "\"\\",
    "\"",
    "#",
    "images",
    "initialize",
    "run",
    "now",
    "17",
    " ",
    "\t",
    "\n",
    "\n",
    "\n",
    "é",
    "\u{1}",
];

fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let separated = (piece, prop::sample::select(&[" ", " ", " ", "\n", ""]))
        .prop_map(|(piece, separator)| [&piece[..], separator.as_bytes()].concat());
    prop::collection::vec(separated, 0..60)
        .prop_map(|pieces| [b"embedcheck-plan 1\n".to_vec(), pieces.concat()].concat())
}

/// Checks a text; the helper asserts 0 and silence or 2 and a message. Returns its line and column.
fn place(scratch: &Scratch, plan: &[u8]) -> Option<(usize, usize)> {
    let error = scratch.check(plan)?;
    let prefix = format!("{}:", scratch.path("plan").display());
    let rest = error.strip_prefix(&prefix).expect("the name of the file");
    let mut parts = rest.splitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("a number");
    Some((number(), number()))
}

fn assert_inside(plan: &[u8], (line, column): (usize, usize)) -> Result<(), TestCaseError> {
    let lines: Vec<_> = plan.split(|byte| *byte == b'\n').collect();
    prop_assert!((1..=lines.len()).contains(&line), "line {}", line);
    prop_assert!((1..=lines[line - 1].len() + 1).contains(&column), "column {}", column);
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn arbitrary_bytes_are_refused_at_a_place(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(place) = place(&Scratch::new(), &bytes) {
            assert_inside(&bytes, place)?;
        }
    }

    #[test]
    fn plausible_plans_are_read_or_refused_at_a_place(plan in plausible()) {
        if let Some(place) = place(&Scratch::new(), &plan) {
            assert_inside(&plan, place)?;
        }
    }
}
