//! Plans that nobody would write, from files and from standard input.

use std::io::Write;
use std::process::Stdio;

use crate::common::{Place, Seen};

/// FILE:LINE:COLUMN, for both hosts the same.
#[test]
fn every_mistake_has_a_place() {
    let place = Place::new();
    let deep = "fork a\n".repeat(100_000) + &"end\n".repeat(100_000);
    let long = format!("chdir \"{}\"\n", "x".repeat(4 << 20));
    let cases: [(&[u8], &str); 10] = [
        (b"sleep 1\0\n", ":2:8: control character 0x00"),
        (b"\0\0", ":2:1: control character 0x00"),
        (b"sleep 1\r\n", ":2:8: control character 0x0d"),
        (b"chdir \xff\n", ":2:7: not UTF-8"),
        (b"chdir \"abc\n", ":2:7: the string is not closed"),
        (b"end\n", ":2:1: `end` without"),
        (b"fork a\n", ":2:1: this block has no `end`"),
        (b"sleep 99999999999999999999999\n", ":2:7: "),
        (deep.as_bytes(), "nested more than"),
        (long.as_bytes(), "a line has at most"),
    ];
    for (steps, message) in cases {
        let text = [b"embedcheck-plan 1\n", steps].concat();
        let file = place.file("plan.txt", &text);
        for host in ["c", "rust"] {
            let seen = place.run(["run", file.to_str().unwrap(), "--host", host]);
            seen.expect_error(2, &["plan.txt:", message]);
        }
    }
    for text in ["", "\u{feff}embedcheck-plan 1\n", "embedcheck-plan 2\n"] {
        let file = place.file("plan.txt", text);
        place.run(["run", file.to_str().unwrap(), "--host", "c"]).expect_error(2, &["plan.txt:1:"]);
    }
}

#[test]
fn what_has_no_end_is_not_read_to_the_end() {
    let place = Place::new();
    place.run(["run", "/dev/zero", "--host", "c"]).expect_error(2, &["/dev/zero", "MiB"]);
    place.run(["run", ".", "--host", "c"]).expect_error(2, &["Is a directory"]);
    let mut command = place.command(["run", "-", "--host", "c"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"embedcheck-plan 1\nnonsense\n").unwrap();
    let seen = Seen::new("a plan on standard input".to_owned(), &child.wait_with_output().unwrap());
    seen.expect_error(2, &["<stdin>:2:1:"]);
}
