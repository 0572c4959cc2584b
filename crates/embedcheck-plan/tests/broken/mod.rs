//! Plans with one error each. Both hosts must find it in the same place.

/// The lines behind the first one (`|` stands for a newline), line and column, and the message of the
/// Rust parser.
pub(crate) type Broken = (&'static str, (u32, usize), &'static str);

/// The text of a plan of [`ERRORS`].
pub(crate) fn text(lines: &str) -> String {
    // `|` joins flags too, but then nothing else.
    let newline = if lines.contains("NOW|") { "|" } else { "\n" };
    format!("embedcheck-plan 1\n{}\n", lines.replace('|', newline))
}

/// Every kind of error.
pub(crate) const ERRORS: &[Broken] = &[
    // Lexical.
    (r#"chdir "x"#, (2, 7), "the string is not closed"),
    (r#"chdir "x"y"#, (2, 10), "a blank must follow the closing quote"),
    (r#"chdir x"y""#, (2, 8), "a quote may only begin a token"),
    (r"sleep 1#x", (2, 8), "a comment needs a blank in front"),
    ("sleep \x011", (2, 7), "control character 0x01"),
    ("sleep 1\r", (2, 8), "control character 0x0d"),
    ("chdir \"\x7f\"", (2, 8), r"control character 0x7f: write \x7f"),
    (r#"chdir "\q""#, (2, 8), r#"unknown escape: one of \\ \" \n \t \r \xHH"#),
    (r#"chdir "\x4g""#, (2, 8), r"\x needs two hexadecimal digits"),
    (r#"chdir "\x4"#, (2, 8), r"\x needs two hexadecimal digits"),
    (r#"chdir "ab\x00""#, (2, 10), r"\x00 would end a C string"),
    // Lines.
    ("frobnicate 1", (2, 1), r#"unknown step "frobnicate"; `--list` of a host names the steps"#),
    (r#""open" x"#, (2, 1), "a step is expected, without quotes"),
    ("sleep 1 2", (2, 9), "nothing more is expected on this line"),
    ("  sleep", (2, 8), "milliseconds is missing here"),
    // Blocks.
    ("end", (2, 1), "`end` without a block to close"),
    ("threads|end", (3, 1), "`threads` without a `thread` section"),
    ("threads|sleep 1", (3, 1), "the first line in `threads` must be a `thread` section"),
    ("threads|fork x", (3, 1), "the first line in `threads` must be a `thread` section"),
    ("threads|thread 1", (2, 1), "this block has no `end`"),
    ("fork x|fork y|end", (2, 1), "this block has no `end`"),
    ("thread 1", (2, 1), "`thread` may only stand in `threads`"),
    ("fork x|  thread 1", (3, 3), "`thread` may only stand in `threads`"),
    ("threads|thread 0", (3, 8), "a section has 1 to 1000 threads"),
    ("threads|thread 1001", (3, 8), "a section has 1 to 1000 threads"),
    ("threads|thread 1 stack=x", (3, 16), r#"a stack size: "x" is no such number"#),
    ("threads|thread 1 pile=1", (3, 10), "nothing more is expected on this line"),
    (
        "fork a|fork b|fork c|fork d|fork e|fork f|fork g|fork h|fork i",
        (10, 1),
        "blocks are nested more than 8 deep",
    ),
    ("fork 1x", (2, 6), r#""1x" is no name: letters, digits and _, at most 31, no digit first"#),
    // open, promote, close.
    (r#"open default "x" NOW"#, (2, 6), "`default` stands for RTLD_DEFAULT; take another name"),
    ("open x y NOW", (2, 8), "a path in double quotes, or self, is expected"),
    ("open x", (2, 7), "a path in double quotes, or self, is missing here"),
    ("open x self", (2, 12), "dlopen flags is missing here"),
    (
        "open x self NOW|NOW",
        (2, 13),
        r#""NOW|NOW" are no dlopen flags: LAZY NOW LOCAL GLOBAL NOLOAD NODELETE DEEPBIND, each once, joined by |"#,
    ),
    (
        "open x self now",
        (2, 13),
        r#""now" are no dlopen flags: LAZY NOW LOCAL GLOBAL NOLOAD NODELETE DEEPBIND, each once, joined by |"#,
    ),
    (
        r#"promote "x" NOW|"#,
        (2, 13),
        r#""NOW|" are no dlopen flags: LAZY NOW LOCAL GLOBAL NOLOAD NODELETE DEEPBIND, each once, joined by |"#,
    ),
    ("open x self NOW newlmx", (2, 17), "newlm is expected"),
    (
        "open x self NOW in=1",
        (2, 20),
        r#""1" is no name: letters, digits and _, at most 31, no digit first"#,
    ),
    ("open x self NOW newlm in=x", (2, 23), "nothing more is expected on this line"),
    ("promote x", (2, 9), "a path or soname is expected, in double quotes"),
    ("close default", (2, 7), "`default` stands for RTLD_DEFAULT; take another name"),
    // call, resolve.
    ("resolve", (2, 8), "a handle is missing here"),
    ("resolve default", (2, 16), "the name of a symbol is missing here"),
    ("call x f i", (2, 10), r#"a signature looks like i(ii), not "i""#),
    ("call x f x(i)", (2, 10), r#"unknown result type "x": one of v i l d p s"#),
    ("call x f (i)", (2, 10), r#"unknown result type "": one of v i l d p s"#),
    ("call x f i(v)", (2, 10), "unknown argument type 'v': one of i l d p s"),
    ("call x f i(iiiiiii)", (2, 10), "7 arguments, at most 6 are possible"),
    ("call x f i(ii) 1", (2, 17), "an argument of type i is missing here"),
    ("call x f i() 1", (2, 14), "nothing more is expected on this line"),
    ("call x f i(i) 2147483648", (2, 15), "2147483648 does not fit an int"),
    ("call x f i(i) 0xffffffff", (2, 15), "0xffffffff does not fit an int"),
    ("call x f i(i) +1", (2, 15), r#"an integer: "+1" is no such number"#),
    ("call x f i(i) 1.5", (2, 15), r#"an integer: "1.5" is no such number"#),
    (
        "call x f i(l) 9223372036854775808",
        (2, 15),
        r#"an integer: "9223372036854775808" is no such number"#,
    ),
    (
        "call x f i(l) 0x10000000000000000",
        (2, 15),
        r#""0x10000000000000000" has no value of at most 64 bits"#,
    ),
    ("call x f i(l) 0x", (2, 15), r#""0x" has no value of at most 64 bits"#),
    ("call x f i(l) 0xg", (2, 15), r#"an integer: "0xg" is no such number"#),
    (r#"call x f i(i) "1""#, (2, 15), "an argument of type i is expected, without quotes"),
    ("call x f i(d) 1,5", (2, 15), r#""1,5" is no number"#),
    ("call x f i(d) 0x1p3", (2, 15), r#""0x1p3" is no number"#),
    ("call x f i(p) 12", (2, 15), "a pointer is null, @BUFFER or 0x…"),
    (
        "call x f i(p) @",
        (2, 16),
        r#""" is no name: letters, digits and _, at most 31, no digit first"#,
    ),
    ("call x f i(s) x", (2, 15), "a string in double quotes, or null, is expected"),
    ("call x f i() errno=x", (2, 20), r#"an errno: "x" is no such number"#),
    ("call x f i() errno=2147483648", (2, 20), r#"an errno: "2147483648" is no such number"#),
    // buffer, peek.
    ("buffer b 0", (2, 10), "a buffer has 1 to 1048576 bytes"),
    ("buffer b 1048577", (2, 10), "a buffer has 1 to 1048576 bytes"),
    ("buffer b 8 0:i32", (2, 12), r#""0:i32" must look like OFFSET:TYPE=VALUE"#),
    ("buffer b 8 0=1", (2, 12), r#""0" must look like OFFSET:TYPE"#),
    ("buffer b 8 0:u8=1", (2, 14), r#""u8" is no type: i8 i16 i32 i64 f32 f64"#),
    ("buffer b 8 x:i8=1", (2, 12), r#"an offset: "x" is no such number"#),
    ("buffer b 8 0:i8=x", (2, 17), r#"an integer: "x" is no such number"#),
    ("buffer b 8 0:f64=x", (2, 18), r#""x" is no number"#),
    ("buffer b 8 1:i64=1", (2, 12), "the field ends behind the buffer of 8 bytes"),
    ("buffer b 4 0:i64=1", (2, 12), "the field ends behind the buffer of 4 bytes"),
    ("peek b 0", (2, 8), r#""0" must look like OFFSET:TYPE"#),
    ("peek b -1:i8", (2, 8), r#"an offset: "-1" is no such number"#),
    // The others.
    ("hook x v f", (2, 11), "an int is missing here"),
    ("hook x v f 1.0", (2, 12), r#"an int: "1.0" is no such number"#),
    ("wait x timeout=soon", (2, 16), r#"milliseconds: "soon" is no such number"#),
    ("wait x 100", (2, 8), "nothing more is expected on this line"),
    ("chdir x", (2, 7), "a path is expected, in double quotes"),
    (r#"setenv A=B "x""#, (2, 8), "the name of an environment variable has no ="),
    ("setenv A B", (2, 10), "a value is expected, in double quotes"),
    (r#"unsetenv "A""#, (2, 10), "the name of an environment variable is expected, without quotes"),
    ("sleep -1", (2, 7), r#"milliseconds: "-1" is no such number"#),
    (
        "python x dance",
        (2, 10),
        r#""dance": one of initialize finalize save-thread restore-thread ensure release run"#,
    ),
    ("python x initialize x", (2, 21), r#"the argument of Py_InitializeEx: "x" is no such number"#),
    ("python x run x", (2, 14), "Python code is expected, in double quotes"),
    ("facts", (2, 6), "a kind of facts is missing here"),
    (
        "facts moon",
        (2, 7),
        r#"unknown kind of facts "moon": one of images symbols signals locale python prefix threads"#,
    ),
    ("facts python python", (2, 14), "python is named twice"),
    ("exit 256", (2, 6), "an exit code lies between 0 and 255"),
    ("exit -1", (2, 6), "an exit code lies between 0 and 255"),
    ("exit x", (2, 6), r#"an exit code: "x" is no such number"#),
    ("exit 1 nowhere", (2, 8), "now is expected"),
];
