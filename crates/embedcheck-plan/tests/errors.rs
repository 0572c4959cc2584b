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

/// Apart from the corpus that both hosts read: the C host has no `ffi`.
#[test]
fn errors_in_calls_of_any_type() {
    let types = "one of void bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 f80 ptr str *T {T,T} [N]T";
    for (line, column, message) in [
        ("ffi x f", 8, "a signature such as i32(i32,f64) is missing here".to_owned()),
        ("ffi x f i()", 9, format!("unknown type \"i\": {types}")),
        ("ffi x f {}()", 9, format!("unknown type \"\": {types}")),
        ("ffi x f i8", 9, "a signature looks like i32(i32,*{f64}): '(' is missing".to_owned()),
        ("ffi x f i8(i8", 9, "a signature looks like i32(i32,*{f64}): ',' is missing".to_owned()),
        ("ffi x f i8(i8}", 9, "',' is expected before \"}\"".to_owned()),
        ("ffi x f i8()x", 9, "\"x\" after the signature".to_owned()),
        ("ffi x f i8(void) 1", 9, "an argument is not void".to_owned()),
        ("ffi x f {void}()", 9, "a field is not void".to_owned()),
        ("ffi x f {[2]void}()", 9, "an item is not void".to_owned()),
        ("ffi x f i8(*void) null", 9, "a pointer to void is ptr".to_owned()),
        ("ffi x f [2]i8()", 9, "a function returns no array".to_owned()),
        ("ffi x f {*i8}()", 9, "a result has ptr or str, not *".to_owned()),
        ("ffi x f i8([2]i8)", 9, "an argument is no array, but *[N]T".to_owned()),
        ("ffi x f i8(*[0]i8)", 9, "an array has 1 to 4096 items".to_owned()),
        ("ffi x f i8(*[4097]i8)", 9, "an array has 1 to 4096 items".to_owned()),
        ("ffi x f i8(*[64][65]i8)", 9, "the types have more than 4096 numbers".to_owned()),
        ("ffi x f i8(i8)", 15, "a value of i8 is missing here".to_owned()),
        ("ffi x f i8(i8) 128", 16, "128 does not fit i8".to_owned()),
        ("ffi x f i8(u8) -1", 16, "-1 does not fit u8".to_owned()),
        (
            "ffi x f i8(i64) 0xffffffffffffffff",
            17,
            "0xffffffffffffffff does not fit i64".to_owned(),
        ),
        ("ffi x f i8(u64) x", 17, "\"x\" is no integer of 64 bits".to_owned()),
        ("ffi x f i8(bool) 2", 18, "a bool is 0 or 1".to_owned()),
        ("ffi x f i8(f32) x", 17, "\"x\" is no number".to_owned()),
        ("ffi x f i8(ptr) 1", 17, "a pointer is null or 0x…".to_owned()),
        ("ffi x f i8(str) x", 17, "a string in double quotes, or null, is expected".to_owned()),
        ("ffi x f i8(i8) \"1\"", 16, "a value of i8 is expected, without quotes".to_owned()),
        ("ffi x f i8(*i8) 1", 17, "& and the value behind it, null or 0x… is expected".to_owned()),
        ("ffi x f i8({i8}) 1", 18, "{ before the values is expected".to_owned()),
        ("ffi x f i8({i8}) { 1 2 }", 22, "} after the values is expected".to_owned()),
        ("ffi x f i8({i8}) { 1", 21, "} is missing here".to_owned()),
        ("ffi x f i8({i8,i8}) { 1 }", 25, "\"}\" is no integer of 64 bits".to_owned()),
        ("ffi x f i8() 1", 14, "nothing more is expected on this line".to_owned()),
    ] {
        assert_error(format!("embedcheck-plan 1\n{line}\n").as_bytes(), (2, column), &message);
    }
    let deep = format!("embedcheck-plan 1\nffi x f i8({}i8) null\n", "*".repeat(40));
    assert_error(deep.as_bytes(), (2, 9), "types are nested more than 16 deep");
    let arguments = ["i8"; 128].join(",");
    let many = format!("embedcheck-plan 1\nffi x f i8({arguments})\n");
    assert_error(many.as_bytes(), (2, 9), "at most 127 arguments are possible");
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
