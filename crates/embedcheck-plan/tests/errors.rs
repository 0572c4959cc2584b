//! Every kind of error in a plan, with its place and its words.

mod broken;

use broken::{ERRORS, text};
use embedcheck_plan::Plan;

#[test]
fn errors_name_their_place_and_reason() {
    for (lines, place, message) in ERRORS {
        assert_error(text(lines).as_bytes(), *place, message);
    }
}

#[test]
fn the_first_line_says_the_format() {
    let wanted = "the first line must be: embedcheck-plan 1";
    assert_error(b"", (1, 1), wanted);
    assert_error(b"\nembedcheck-plan 1\n", (1, 1), wanted);
    assert_error(b"# comment\nembedcheck-plan 1\n", (1, 1), wanted);
    assert_error(b"embedcheck-plan\n", (1, 1), wanted);
    assert_error(b"embedcheck-plan 1 2\n", (1, 1), wanted);
    assert_error(b"embedcheck-plan \"1\"\n", (1, 1), wanted);
    for version in ["2", "+1", "x", "-1", "99999999999999999999"] {
        assert_error(
            format!("embedcheck-plan {version}\n").as_bytes(),
            (1, 17),
            &format!("plan format {version:?} is not supported; this is format 1"),
        );
    }
    assert!(Plan::parse(b"embedcheck-plan 1").is_ok(), "a last newline is not needed");
    assert!(Plan::parse(b"\tembedcheck-plan  1 # comment\n\n").is_ok());
}

#[test]
fn bytes_that_are_not_utf8_are_named() {
    assert_error(
        b"embedcheck-plan 1\nchdir \"a\xff\"",
        (2, 7),
        "not UTF-8: write other bytes as \\xHH",
    );
    assert_error(b"embedcheck-plan 1\nresolve x a\xc3", (2, 12), "not UTF-8");
    // A comment may hold anything.
    assert!(Plan::parse(b"embedcheck-plan 1\nsleep 1 # \xff\x00\"\n").is_ok());
}

#[test]
fn sizes_are_limited() {
    let header = "embedcheck-plan 1\n";
    let lines = |count| format!("{header}{}", "\n".repeat(count));
    assert!(Plan::parse(lines(9_999).as_bytes()).is_ok());
    assert_error(lines(10_000).as_bytes(), (10_001, 1), "a plan has at most 10,000 lines");
    let line = |length: usize| format!("{header}#{}", "x".repeat(length - 1));
    assert!(Plan::parse(line(1 << 20).as_bytes()).is_ok());
    assert_error(line((1 << 20) + 1).as_bytes(), (2, (1 << 20) + 1), "a line has at most 1 MiB");
}

fn assert_error(text: &[u8], (line, column): (u32, usize), message: &str) {
    let text_for_people = String::from_utf8_lossy(&text[..text.len().min(200)]);
    match Plan::parse(text) {
        Ok(plan) => panic!("no error in:\n{text_for_people}\n{plan:?}"),
        Err(error) => {
            let found = (error.line, error.column, error.message.as_str());
            assert_eq!(found, (line, column, message), "in:\n{text_for_people}");
        }
    }
}
