//! Plans that break the rules: every error has a line and a column, and nothing runs.

use crate::support::Scratch;

/// What comes behind the first line, where the error is, and a part of its text.
const WRONG: &[(&str, u32, u32, &str)] = &[
    // Tokens.
    ("call default f v() \"abc", 2, 20, "not closed"),
    ("call default f v() a\"b\"", 2, 21, "a quote may only begin a token"),
    ("call default f v() \"a\"b", 2, 23, "a blank must follow"),
    ("call default f v() \"a\"#", 2, 23, "a blank must follow"),
    ("call default f#v", 2, 15, "a comment needs a blank"),
    ("call default f v() \"\\q\"", 2, 21, "unknown escape"),
    ("call default f v() \"\\", 2, 21, "unknown escape"),
    ("call default f v() \"\\x4", 2, 21, "two hexadecimal digits"),
    ("call default f v() \"\\x4g\"", 2, 21, "two hexadecimal digits"),
    ("call default f v() \"\\x00\"", 2, 21, "would end a C string"),
    ("call default f v() \"a\x01\"", 2, 22, "control character"),
    ("sleep 1\r\n", 2, 8, "control character"),
    ("sleep\x7f1", 2, 6, "control character"),
    ("sleep \0", 2, 7, "control character"),
    // Structure.
    ("\n\n  dance", 4, 3, "unknown step \"dance\""),
    ("\"open\" a", 2, 1, "a step is expected, without quotes"),
    ("end", 2, 1, "without a block"),
    ("thread 1", 2, 1, "may only stand in `threads`"),
    ("fork c\nthread 1", 3, 1, "may only stand in `threads`"),
    ("threads\nsleep 1", 3, 1, "must be a `thread` section"),
    ("threads\n  fork c", 3, 1, "must be a `thread` section"),
    ("threads\n  end", 3, 3, "without a `thread` section"),
    ("threads\nthread 1\nsleep 1", 2, 1, "has no `end`"),
    ("fork a\nfork b\nend", 2, 1, "has no `end`"),
    ("threads 3", 2, 9, "nothing more"),
    ("fork a b", 2, 8, "nothing more"),
    ("fork a\nend 1", 3, 5, "nothing more"),
    ("threads\nthread 1 2", 3, 10, "nothing more"),
    ("threads\nthread 0", 3, 8, "between 1 and 1000"),
    ("threads\nthread 1001", 3, 8, "between 1 and 1000"),
    ("threads\nthread 1 stack=x", 3, 16, "a stack size"),
    ("threads\nthread 1 stack=-1", 3, 16, "a stack size"),
    // Names.
    ("open 1a \"x\" NOW", 2, 6, "no name"),
    ("open a-b \"x\" NOW", 2, 6, "no name"),
    ("open aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \"x\" NOW", 2, 6, "at most 31"),
    ("open default \"x\" NOW", 2, 6, "RTLD_DEFAULT"),
    ("close default", 2, 7, "RTLD_DEFAULT"),
    ("open \"a\" \"x\" NOW", 2, 6, "without quotes"),
    // open, promote.
    ("open", 2, 5, "is missing here"),
    ("open a", 2, 7, "is missing here"),
    ("open a me NOW", 2, 8, "in double quotes, or self"),
    ("open a \"x\"", 2, 11, "dlopen flags is missing"),
    ("open a \"x\" NEVER", 2, 12, "no dlopen flags"),
    ("open a \"x\" NOW|NOW", 2, 12, "each once"),
    ("open a \"x\" NOW|", 2, 12, "no dlopen flags"),
    ("open a \"x\" NOW newlmx", 2, 16, "newlm or in=HANDLE"),
    ("open a \"x\" NOW in=1", 2, 19, "no name"),
    ("open a \"x\" NOW newlm in=a", 2, 22, "nothing more"),
    ("promote x", 2, 9, "in double quotes"),
    ("promote \"x\" LATER", 2, 13, "no dlopen flags"),
    // call.
    ("call a f", 2, 9, "a signature"),
    ("call a f i", 2, 10, "looks like i(ii)"),
    ("call a f ii(i)", 2, 10, "unknown result type"),
    ("call a f (i) 1", 2, 10, "unknown result type"),
    ("call a f x()", 2, 10, "unknown result type"),
    ("call a f i(v)", 2, 10, "unknown argument type"),
    ("call a f i(()", 2, 10, "unknown argument type"),
    ("call a f i(iiiiiii) 1 2 3 4 5 6 7", 2, 10, "at most 6"),
    ("call a f i(i)", 2, 14, "an argument of type i is missing"),
    ("call a f i(i) x", 2, 15, "no such number"),
    ("call a f i(i) \"1\"", 2, 15, "without quotes"),
    ("call a f i(i) +1", 2, 15, "no such number"),
    ("call a f i(i) 2147483648", 2, 15, "does not fit an int"),
    ("call a f i(l) 9223372036854775808", 2, 15, "no such number"),
    ("call a f i(l) 0x10000000000000000", 2, 15, "at most 64 bits"),
    ("call a f i(l) 0x", 2, 15, "at most 64 bits"),
    ("call a f i(d) 1.2.3", 2, 15, "is no number"),
    ("call a f i(d) 0x1p3", 2, 15, "is no number"),
    ("call a f i(d) .", 2, 15, "is no number"),
    ("call a f i(d) 1e", 2, 15, "is no number"),
    ("call a f i(s) abc", 2, 15, "or null"),
    ("call a f i(p) 5", 2, 15, "@BUFFER"),
    ("call a f i(p) @1", 2, 16, "no name"),
    ("call a f i() errno=", 2, 20, "an errno"),
    ("call a f i() errno=2147483648", 2, 20, "an errno"),
    ("call a f i(i) 1 2", 2, 17, "nothing more"),
    // buffer, peek.
    ("buffer b 0", 2, 10, "between 1 and 1048576"),
    ("buffer b 1048577", 2, 10, "between 1 and 1048576"),
    ("buffer b 8 0:i8", 2, 12, "OFFSET:TYPE=VALUE"),
    ("buffer b 8 0=1", 2, 12, "OFFSET:TYPE"),
    ("buffer b 8 0:u8=1", 2, 14, "is no type"),
    ("buffer b 8 x:i8=1", 2, 12, "an offset"),
    ("buffer b 8 0:i8=x", 2, 17, "an integer"),
    ("buffer b 8 0:f64=x", 2, 18, "is no number"),
    ("buffer b 8 5:i32=1", 2, 12, "behind the buffer"),
    ("buffer b 1 0:i16=1", 2, 12, "behind the buffer"),
    ("buffer b 8 9223372036854775807:i8=1", 2, 12, "behind the buffer"),
    ("peek b", 2, 7, "OFFSET:TYPE is missing"),
    ("peek b 0", 2, 8, "OFFSET:TYPE"),
    // The rest.
    ("hook a v f", 2, 11, "is missing"),
    ("hook a v f x", 2, 12, "no such number"),
    ("wait c timeout=x", 2, 16, "milliseconds"),
    ("wait c later", 2, 8, "nothing more"),
    ("chdir sub", 2, 7, "in double quotes"),
    ("setenv A=B \"x\"", 2, 8, "has no ="),
    ("setenv A x", 2, 10, "in double quotes"),
    ("unsetenv \"A\"", 2, 10, "without quotes"),
    ("sleep -1", 2, 7, "between"),
    ("python a dance", 2, 10, "one of initialize"),
    ("python a initialize x", 2, 21, "Py_InitializeEx"),
    ("python a run x", 2, 14, "in double quotes"),
    ("python a finalize 1", 2, 19, "nothing more"),
    ("facts", 2, 6, "is missing"),
    ("facts weather", 2, 7, "unknown kind"),
    ("facts images images", 2, 14, "named twice"),
    ("exit 256", 2, 6, "between 0 and 255"),
    ("exit 1 later", 2, 8, "nothing more"),
    ("exit 1 nowhere", 2, 8, "now is expected"),
];

/// Whole plans.
const WRONG_WHOLE: &[(&[u8], u32, u32, &str)] = &[
    (b"", 1, 1, "first line must be"),
    (b"\n", 1, 1, "first line must be"),
    (b"# embedcheck-plan 1\n", 1, 1, "first line must be"),
    (b"\xef\xbb\xbfembedcheck-plan 1\n", 1, 1, "first line must be"),
    (b"embedcheck-plan 1 2\n", 1, 1, "first line must be"),
    (b"embedcheck-plan \"1\"\n", 1, 1, "first line must be"),
    (b"embedcheck-plan 2\n", 1, 17, "format \"2\" is not supported"),
    (b"embedcheck-plan one\n", 1, 17, "not supported"),
    (b"embedcheck-plan 1\nsleep\xff\n", 2, 6, "not UTF-8"),
    (b"embedcheck-plan 1\nchdir \"\xc3\"\n", 2, 7, "not UTF-8"),
    (b"embedcheck-plan 1\nchdir \"\xed\xa0\x80\"\n", 2, 7, "not UTF-8"),
];

fn assert_wrong(scratch: &Scratch, plan: &[u8], line: u32, column: u32, text: &str) {
    let shown = String::from_utf8_lossy(&plan[..plan.len().min(200)]);
    let error = scratch.check(plan).unwrap_or_else(|| panic!("no error in {shown:?}"));
    let place = format!("{}:{line}:{column}: ", scratch.path("plan").display());
    assert!(error.starts_with(&place), "{shown:?}: {error:?} does not start with {place:?}");
    assert!(error.contains(text), "{shown:?}: {error:?} does not say {text:?}");
    assert_eq!(error.matches('\n').count(), 1, "one line: {error:?}");
}

#[test]
fn every_error_has_its_line_and_column() {
    let scratch = Scratch::new();
    for (steps, line, column, text) in WRONG {
        let plan = format!("embedcheck-plan 1\n{steps}");
        assert_wrong(&scratch, plan.as_bytes(), *line, *column, text);
    }
    for (plan, line, column, text) in WRONG_WHOLE {
        assert_wrong(&scratch, plan, *line, *column, text);
    }
}

#[test]
fn limits_are_kept() {
    let scratch = Scratch::new();
    let lines = |count: usize| format!("embedcheck-plan 1{}", "\n".repeat(count)).into_bytes();
    assert_eq!(scratch.check(&lines(10_000)), None);
    assert_wrong(&scratch, &lines(10_001), 10_001, 1, "at most 10000 lines");

    let mut long = b"embedcheck-plan 1\n#".to_vec();
    long.resize(18 + (1 << 20), b'x');
    assert_eq!(scratch.check(&long), None);
    long.push(b'x');
    assert_wrong(&scratch, &long, 2, (1 << 20) + 1, "at most 1 MiB");

    let nested = |depth: usize| {
        format!("embedcheck-plan 1\n{}{}", "fork c\n".repeat(depth), "end\n".repeat(depth))
    };
    assert_eq!(scratch.check(nested(8).as_bytes()), None);
    assert_wrong(&scratch, nested(9).as_bytes(), 10, 1, "more than 8 deep");
}

#[test]
fn what_is_allowed_is_accepted() {
    let scratch = Scratch::new();
    let plan = "embedcheck-plan\t1 # the first line\n\n \t\n#any \x01 bytes\n\
                open grün_ \"x\" NOW\n";
    assert_wrong(&scratch, plan.as_bytes(), 5, 6, "no name");
    let plan = b"embedcheck-plan 1\n# \xff \"\n  open _aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \"a\tb\" \
                 LAZY|NOW|LOCAL|GLOBAL|NOLOAD|NODELETE|DEEPBIND newlm # end\n\
                 call h f v(dddddd) 1 -1. .5 +1e-3 NaN -Infinity errno=-1\n\
                 call h f v(il) 0xffffffffffffffff 0x00000000000000000000001\n\
                 wait never\nexit 0 now";
    assert_eq!(scratch.check(plan), None);
}

#[test]
fn nothing_runs_if_anything_is_wrong() {
    let scratch = Scratch::new();
    let run = scratch.run("call default abort v()\nsleep x\n");
    assert_eq!(run.code, Some(2));
    assert!(run.events.is_empty(), "{run:#?}");
    assert!(run.stderr.contains("plan:3:7: milliseconds"), "{run:#?}");
}
