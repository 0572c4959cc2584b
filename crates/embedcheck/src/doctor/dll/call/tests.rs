//! Declarations and arguments as people write them.

use embedcheck_plan::{Plan, PlanBuilder};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn call(words: &[&str]) -> Result<Call, String> {
    let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    read(&words).map_err(|error| error.to_string())
}

/// The steps for the Rust host, and those for the C host or why there are none.
fn steps(words: &[&str]) -> [String; 2] {
    let call = call(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let mut any = PlanBuilder::new();
    call.add(&mut any, "x");
    let mut simple = PlanBuilder::new();
    call.add_simple(&mut simple, "x");
    let text = |plan: PlanBuilder| {
        let text = plan.finish().to_string();
        assert!(Plan::parse(text.as_bytes()).is_ok(), "{text}");
        text.lines().skip(1).collect::<Vec<_>>().join("; ")
    };
    [text(any), call.beyond_c().map_or_else(|| text(simple), str::to_owned)]
}

const POINT: &str = "typedef struct { int x, y; } point_t; ";

#[test]
fn calls_become_steps() {
    let point = |rest: &str| format!("{POINT}{rest}");
    let cases: &[(&[&str], &str, &str)] = &[
        (
            &["int add1(int, int)", "40", "2"],
            "ffi x add1 i32(i32,i32) 40 2",
            "call x add1 i(ll) 40 2",
        ),
        (
            &[&point("int do_stuff(point_t *)"), "{20, 22}"],
            "ffi x do_stuff i32(*{i32,i32}) & { 20 22 }",
            "buffer memory1 8 0:i32=20 4:i32=22; call x do_stuff i(p) @memory1",
        ),
        (
            &[&point("int do_stuff(point_t *);"), "NULL"],
            "ffi x do_stuff i32(ptr) null",
            "call x do_stuff i(p) null",
        ),
        (
            &[&point("point_t move(point_t, float)"), "{1}", "1.5f"],
            "ffi x move {i32,i32}({i32,i32},f32) { 1 0 } 1.5e0",
            "it returns a structure by value, and the C host knows int, long, double, pointers and strings",
        ),
        (
            &["size_t len(const char *, unsigned char, _Bool)", "a b", "0xff", "true"],
            r#"ffi x len u64(str,u8,bool) "a b" 255 1"#,
            r#"call x len l(sll) "a b" 255 1"#,
        ),
        (
            &["char *join(char **, int[2])", r#"{"a", NULL}"#, "{1,-2}"],
            r#"ffi x join str(*{str,ptr},*[2]i32) & { "a" null } & { 1 -2 }"#,
            "it takes a pointer inside of a structure or array, and the C host knows flat memory only",
        ),
        (
            &[&point("void all(point_t *, int)"), "{{1,2},{3,4}}", "2"],
            "ffi x all void(*[2]{i32,i32},i32) & { { 1 2 } { 3 4 } } 2",
            "buffer memory1 16 0:i32=1 4:i32=2 8:i32=3 12:i32=4; call x all v(pl) @memory1 2",
        ),
        (
            &[
                "enum color { RED, GREEN = 5 }; long double f(enum color, long double)",
                "GREEN",
                "-1e3",
            ],
            "ffi x f f80(u32,f80) 5 -1e3",
            "it returns a long double, and the C host knows int, long, double, pointers and strings",
        ),
        (
            &["struct s { char name[4]; double d; }; int f(struct s *)", r#"{"ab", 0.5}"#],
            "ffi x f i32(*{[4]i8,f64}) & { { 97 98 0 0 } 5e-1 }",
            "buffer memory1 16 0:i8=97 1:i8=98 2:i8=0 3:i8=0 8:f64=5e-1; call x f i(p) @memory1",
        ),
        (
            &["void *f(void *, char)", "0x10", "'x'"],
            "ffi x f ptr(ptr,i8) 0x10 120",
            "call x f p(pl) 0x10 120",
        ),
        (
            &["int f(uint64_t)", "18446744073709551615"],
            "ffi x f i32(u64) 18446744073709551615",
            "call x f i(l) -1",
        ),
        (&["int f(void)"], "ffi x f i32()", "call x f i()"),
        (
            &["int f(const uint8_t *, const char *)", "{1, 255}", "{1}"],
            r#"ffi x f i32(*[2]u8,str) & { 1 255 } "{1}""#,
            r#"buffer memory1 2 0:i8=1 1:i8=255; call x f i(ps) @memory1 "{1}""#,
        ),
        (
            &["int f(uint8_t *, signed char *, char *)", "0x10", "0", "0x10"],
            r#"ffi x f i32(ptr,ptr,str) 0x10 null "0x10""#,
            r#"call x f i(pps) 0x10 null "0x10""#,
        ),
        (
            &["int f(double, float)", "-inf", "3e38"],
            "ffi x f i32(f64,f32) -inf 3e38",
            "it takes a float, and the C host knows int, long, double, pointers and strings",
        ),
    ];
    for (words, any, simple) in cases {
        assert_eq!(steps(words), [*any, *simple], "{words:?}");
    }
}

#[test]
fn what_cannot_be_called_is_told_with_what_to_do() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "--call without a declaration; write --call 'int add1(int, int)' 40 2"),
        (&["int add1(int"], "--call `int add1(int`: 1:13: unexpected `;`: expected `,` or `)`"),
        (
            &["typedef int t"],
            "--call `typedef int t`: it declares no function; write the whole declaration, as in 'int add1(int, int)'",
        ),
        (
            &["int f(void); int g(void)"],
            "--call `int f(void); int g(void)`: it declares f, g; name the one that is to be called",
        ),
        (&["int f(int)"], "--call: `f` takes 1 argument, and 0 are given: int(int)"),
        (
            &["int f(int)", "x"],
            "--call: argument 1 of `f`, `x` for `int`: `x` is no `int`; write it in decimal or as 0x…",
        ),
        (
            &["int f(int)", "010"],
            "--call: argument 1 of `f`, `010` for `int`: `010` is no `int`; write it in decimal or as 0x…",
        ),
        (
            &["int f(int, unsigned char)", "1", "256"],
            "--call: argument 2 of `f`, `256` for `unsigned char`: 256 does not fit `unsigned char` (0 to 255)",
        ),
        (
            &["int f(int *)", "5"],
            "--call: argument 1 of `f`, `5` for `int *`: `int *` takes NULL, 0x… or the values behind it in braces",
        ),
        (
            &["struct s { int x; }; int f(struct s)", "{1, 2}"],
            "--call: argument 1 of `f`, `{1, 2}` for `struct s`: `struct s` has 1 fields, and 2 values are given",
        ),
        (
            &["struct s { int x:3; }; int f(struct s)", "{1}"],
            "--call: argument 1 of `f`, `{1}` for `struct s`: `struct s` has the bit field `x`, which libffi does not pass",
        ),
        (
            &["union u { int x; }; union u f(void)"],
            "--call: the result of `f` cannot be received: `union u` is a union, which libffi does not pass; use a pointer to it",
        ),
        (
            &["struct s { int x[2]; }; int f(struct s *)", "{{1, y}}"],
            "--call: argument 1 of `f`, `{{1, y}}` for `struct s *`: field `x`: item 2: `y` is no `int`; write it in decimal or as 0x…",
        ),
        (
            &["struct s { int x[4096][4096]; }; int f(struct s *)", "{}"],
            "--call: argument 1 of `f`, `{}` for `struct s *`: field `x`: an array of more than 65536 bytes cannot be passed",
        ),
        (
            &["struct s { char x[64][65]; }; int f(struct s *)", "{}"],
            "--call `struct s { char x[64][65]; }; int f(struct s *)`: the types have more than 4096 numbers",
        ),
        (
            &["int f(float)", "1e39"],
            "--call: argument 1 of `f`, `1e39` for `float`: `1e39` does not fit `float`; write inf if that is meant",
        ),
        (
            &["int f(double)", "-1e999"],
            "--call: argument 1 of `f`, `-1e999` for `double`: `-1e999` does not fit `double`; write inf if that is meant",
        ),
        (
            &["int f(double)", "{1}"],
            "--call: argument 1 of `f`, `{1}` for `double`: `double` takes one number",
        ),
    ];
    for (words, expected) in cases {
        assert_eq!(call(words).err().as_deref(), Some(*expected), "{words:?}");
    }
    let variadic = call(&["int printf(const char *, ...)", "x"]).expect_err("variadic");
    assert!(variadic.contains("which types it expects there"), "{variadic}");
}

/// A step of a report is one line, whatever the text is.
#[test]
fn a_call_is_written_as_in_c() {
    let written = |words: &[&str]| call(words).map(|call| call.text);
    let text = written(&["int f(const char *, int, void *)", "é\n\"", " 2 ", "NULL"]);
    assert_eq!(text.as_deref(), Ok(r#"f("é\n\"", 2, NULL)"#));
}

#[test]
fn results_are_shown_as_c_writes_them() {
    let shown = |text: &str, value| call(&[text]).map(|call| call.show(&value, false));
    let declared = "typedef struct { int x, y; char c[2]; } point_t; ";
    let point = shown(&format!("{declared} point_t f(void)"), json!([1, 2, [97, 0]]));
    assert_eq!(point.as_deref(), Ok("{x=1, y=2, c={'a' (97), 0}}"));
    assert_eq!(shown("char *f(void)", json!("a\"b")).as_deref(), Ok("\"a\\\"b\""));
    assert_eq!(shown("char *f(void)", json!(null)).as_deref(), Ok("NULL"));
    assert_eq!(shown("int *f(void)", json!("0x10")).as_deref(), Ok("0x10"));
    assert_eq!(shown("double f(void)", json!("nan")).as_deref(), Ok("nan"));
    assert_eq!(shown("enum e { A, B }; enum e f(void)", json!(1)).as_deref(), Ok("B (1)"));
    // The C host has read a whole register.
    let simple = |text: &str, value| call(&[text]).map(|call| call.show(&value, true));
    assert_eq!(simple("unsigned char f(void)", json!(-1)).as_deref(), Ok("255"));
    assert_eq!(simple("uint64_t f(void)", json!(-1)).as_deref(), Ok("18446744073709551615"));
    assert_eq!(simple("_Bool f(void)", json!(256)).as_deref(), Ok("false"));
}

proptest! {
    #[test]
    fn any_words_are_a_call_or_an_error(
        declaration in prop_oneof![
            Just("int f(int *)".to_owned()),
            Just("struct s { int x; char *y[2]; }; int f(struct s)".to_owned()),
            "[a-z(){}*;,. ]{0,30}",
        ],
        argument in "[-{},\"'0-9a-fx. ]{0,30}",
    ) {
        if let Ok(call) = read(&[declaration, argument]) {
            let mut plan = PlanBuilder::new();
            call.add(&mut plan, "x");
            let text = plan.finish().to_string();
            prop_assert!(Plan::parse(text.as_bytes()).is_ok(), "{}", text);
        }
    }
}
