//! Conditionals of headers: what survives is what survives the preprocessor of a real C compiler,
//! and what no one can know is refused.

use std::io::Write as _;
use std::process::{Command, Stdio};

use embed_dll_cdecl::{Declarations, Dialect};
use proptest::prelude::*;
use proptest::sample::select;

fn parsed(text: &str) -> Result<Declarations, String> {
    let mut declarations = Declarations::new();
    declarations.parse(text, Dialect::Api).map_err(|error| error.to_string())?;
    Ok(declarations)
}

/// All that C code can link to or lay out, as one line.
fn shown(declarations: &Declarations) -> String {
    let mut parts = Vec::new();
    for record in declarations.records() {
        let fields = record.fields.iter().flatten();
        let fields: Vec<_> =
            fields.map(|field| format!("{} {}", declarations.name(field.ty), field.name)).collect();
        parts.push(format!("{} {{{}}}", record.name, fields.join(", ")));
    }
    for variable in declarations.variables() {
        parts.push(format!("{} {}", declarations.name(variable.ty), variable.name));
    }
    for function in declarations.functions() {
        parts.push(function.name.clone());
    }
    parts.join("; ")
}

/// Headers, and what they declare.
const HEADERS: &[(&str, &str)] = &[
    ("#ifndef H\n#define H\nint f(void);\n#endif\n", "f"),
    ("#if !defined(H)\n#define H 1\nint f(void);\n#endif /* H */\n", "f"),
    (
        "#if !defined H /* once */\n#pragma once\n#include <stddef.h>\n# define H\nint f(void);\n#endif\n",
        "f",
    ),
    ("#ifndef H\n#define H\nint f(void);\n#endif\n#ifndef H\nint g(void);\n#endif\n", "f"),
    ("#if 0\nint dead(void);\n#endif\nint f(void);\n", "f"),
    ("#if 1\nint f(void);\n#else\nint dead(void);\n#endif\n", "f"),
    (
        "#if 0\n#if 1\nint a(void);\n#else\nint b(void);\n#endif\n#elif 1\nint f(void);\n#endif\n",
        "f",
    ),
    ("#if 0\ndon't\n\"/*\"\n\n#elif 0\n#error no\n#else\nint f(void);\n#endif\n", "f"),
    ("#if 0 /* a\n#endif */\nint dead(void);\n#endif\nint f(void);\n", "f"),
    ("#if 0\n#define N 3\n#endif\n#define N 2\nint v[N];\n", "int[2] v"),
    ("struct s {\nint x;\n#ifdef __cplusplus\nint extra;\n#endif\n};\n", "struct s {int x}"),
    (
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n",
        "f",
    ),
    (
        "#if defined(_WIN32) || defined(_MSC_VER)\nint w(void);\n#elif defined(__APPLE__)\nint m(void);\n#elif defined __linux__\nint l(void);\n#else\nint o(void);\n#endif\n",
        "l",
    ),
    ("#if defined(__GNUC__) && !defined(__cplusplus) && __x86_64__\nint f(void);\n#endif\n", "f"),
    (
        "#ifdef _WIN32\nint w(void);\n#elif __LP64__ && __SIZEOF_POINTER__ == 8\nint f(void);\n#endif\n",
        "f",
    ),
    (
        "#define VERSION 3\n#if VERSION >= 2\nint two(void);\n#endif\n#if VERSION < 3\nint old(void);\n#endif\n",
        "two",
    ),
    ("#define A B\n#define B (1 + 1)\n#if A * 2 == 4\nint f(void);\n#endif\n", "f"),
    ("#define A 1 + 1\n#if A * 2 == 3\nint f(void);\n#endif\n", "f"),
    ("#define A A\n#if A\nint a(void);\n#endif\n#ifdef A\nint f(void);\n#endif\n", "f"),
    ("#define A\n#undef A\n#ifdef A\nint a(void);\n#endif\n#ifndef A\nint f(void);\n#endif\n", "f"),
    ("#undef EXTRA\nstruct s { int x;\n#ifdef EXTRA\nint extra;\n#endif\n};\n", "struct s {int x}"),
    ("#ifndef SIZE\n#define SIZE 4\n#endif\n#if SIZE > 3\nint v[SIZE];\n#endif\n", "int[4] v"),
    ("#if -1 > 0u\nint f(void);\n#endif\n#if -1 > 0\nint g(void);\n#endif\n", "f"),
    (
        "#if (2 ? 3 : 0) == 3 && 'a' == 97 && ~0 == -1 && 7 / 2 % 2 == 1 && 1 << 4 == 0x10\nint f(void);\n#endif\n",
        "f",
    ),
    ("#if 0 && 1 / 0 || 1\nint f(void);\n#endif\n", "f"),
    ("#if 1 - 1u - 1 > 5 && (0 ? 1u : -1) > 0\nint f(void);\n#endif\n", "f"),
    ("#define EMPTY\n#if defined EMPTY && \\\n    defined(EMPTY)\nint f(void);\n#endif\n", "f"),
    ("#ifdef FOO\n#define MODE 1\n#else\n#define MODE 2\n#endif\nint f(void);\n", "f"),
    (
        "#if FOO > 3 && __has_include(<foo.h>)\n#include <foo.h>\n#define HAS_FOO 1\n#endif\nint f(void);\n",
        "f",
    ),
    ("#ifdef FOO\n# ifdef __cplusplus\nextern \"C\" {\n# endif\n#endif\nint f(void);\n", "f"),
    (
        "#if FOO && 0\nint a(void);\n#elif 1 || FOO\nint f(void);\n#elif FOO\nint b(void);\n#endif\n",
        "f",
    ),
    (
        "#ifndef CFFI_DLLEXPORT\n#  if defined(_MSC_VER)\n#    define CFFI_DLLEXPORT extern __declspec(dllimport)\n#  else\n#    define CFFI_DLLEXPORT extern\n#  endif\n#endif\nCFFI_DLLEXPORT int f(void);\n",
        "f",
    ),
];

#[test]
fn what_a_host_reads_is_declared() {
    for (text, expected) in HEADERS {
        let declarations = parsed(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(shown(&declarations), *expected, "{text}");
    }
}

/// The text behind the preprocessor, as the DLL's own side has it; `None` without a compiler.
#[expect(clippy::disallowed_methods, reason = "one variable forbids skips")]
fn preprocessed(text: &str) -> Option<String> {
    let cc = Command::new("cc")
        .args(["-E", "-P", "-std=gnu11", "-DCFFI_DLLEXPORT=", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut cc = match cc {
        Ok(cc) => cc,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let required =
                std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
            assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but no C compiler `cc` was found");
            // Not `eprintln!`, which is swallowed for a test that passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no C compiler `cc` was found");
            return None;
        }
        Err(error) => panic!("cc: {error}"),
    };
    // Standard headers would bring their own declarations.
    let lines: String = text
        .split_inclusive('\n')
        .map(|line| if line.starts_with("#include") { "\n" } else { line })
        .collect();
    cc.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = cc.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{text}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_c_compiler_reads_the_same() {
    for (text, _) in HEADERS {
        let Some(theirs) = preprocessed(text) else { return };
        let theirs = parsed(&theirs).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(shown(&parsed(text).unwrap()), shown(&theirs), "{text}");
    }
}

#[test]
fn what_cannot_be_decided_is_refused_where_declarations_depend_on_it() {
    for (text, expected) in [
        (
            "struct s { int x;\n  #ifdef WITH_EXTRA\n  int extra;\n  #endif\n};\n",
            "2:10: `#ifdef` depends on the macro `WITH_EXTRA`, which hosts may define or not, and declarations depend on it: write `#define WITH_EXTRA` or `#undef WITH_EXTRA` before it",
        ),
        ("#ifndef A\nint f(void);\n#endif\n", "1:9: `#ifndef` depends on the macro `A`"),
        ("#ifdef A\n#else\nint f(void);\n#endif\n", "1:8: `#ifdef` depends on the macro `A`"),
        (
            "#if 0\n#elif defined(A)\n#else\nint f(void);\n#endif\n",
            "2:15: `#elif` depends on the macro `A`",
        ),
        ("#if 1 && A > 2\nint f(void);\n#endif\n", "1:10: `#if` depends on the macro `A`"),
        ("#if __GNUC__ > 9\nint f(void);\n#endif\n", "1:5: `#if` depends on the macro `__GNUC__`"),
        (
            "#ifdef A\n#define B\n#endif\n#ifdef B\nint f(void);\n#endif\n",
            "4:8: `#ifdef` depends on the macro `B`",
        ),
        (
            "#ifdef A\n#if 1\nint f(void);\n#endif\n#endif\n",
            "1:8: `#ifdef` depends on the macro `A`",
        ),
        ("#ifdef A\n#pragma pack(1)\n#endif\n", "1:8: `#ifdef` depends on the macro `A`"),
        ("#define B A\n#if B\nint f(void);\n#endif\n", "2:5: `#if` depends on the macro `A`"),
        (
            "#if __has_include(<x.h>)\nint f(void);\n#endif\n",
            "1:5: `#if` cannot be decided, and declarations depend on it: calls of macros",
        ),
        (
            "#if 1 / 0\nint f(void);\n#endif\n",
            "1:7: `#if` cannot be decided, and declarations depend on it: a division by zero",
        ),
        (
            "#if 1 +\nint f(void);\n#endif\n",
            "1:1: `#if` cannot be decided, and declarations depend on it: it is no expression",
        ),
        ("#if\nint f(void);\n#endif\n", "1:1: `#if` cannot be decided"),
        ("#ifdef\n#endif\n", "1:1: `#ifdef` without the name of a macro"),
        ("int x;\n#endif\n", "2:1: `#endif` without an `#if` before it"),
        ("#else\n", "1:1: `#else` without an `#if` before it"),
        ("#if 1\n#else\n#elif 1\n#endif\n", "3:1: `#elif` after the `#else`"),
        ("int x;\n#if 1\nint f(void);\n", "2:1: `#if` without an `#endif`"),
        (
            "#ifndef _WIN32\n#error Windows only\n#endif\n",
            "2:1: a host that includes this header on this platform stops at `#error Windows only`",
        ),
        (
            "#ifdef A\n#define N 2\n#endif\nint v[N];\n",
            "4:7: `#define N` has several values in this text, or depends on",
        ),
    ] {
        let error = parsed(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(error.starts_with(expected), "{text}\n  got      {error}\n  expected {expected}");
    }
}

#[test]
fn macros_of_macros_end() {
    let mut text = String::from("#define M0 1\n");
    for level in 1..40 {
        text += &format!("#define M{level} M{0} + M{0}\n", level - 1);
    }
    for top in ["M30", "M39"] {
        let error = parsed(&format!("{text}#if {top}\nint f(void);\n#endif\n")).unwrap_err();
        assert!(error.contains("its macros stand for too much"), "{error}");
    }
    let deep = format!("#if {}1\nint f(void);\n#endif\n", "(".repeat(1000));
    assert!(parsed(&deep).unwrap_err().contains("it is no expression"));
    let many = format!("{}int f(void);\n{}", "#if 1\n".repeat(10_000), "#endif\n".repeat(10_000));
    assert_eq!(shown(&parsed(&many).unwrap()), "f");
}

/// Lines of which texts are made that are sometimes headers.
const LINES: &[&str] = &[
    "#if 0",
    "#if 1",
    "#if A",
    "#if A > B",
    "#ifdef A",
    "#ifndef A",
    "#elif B",
    "#elif 1",
    "#else",
    "#endif",
    "#endif",
    "#endif",
    "#define A",
    "#define A 1",
    "#define B A",
    "#define A B",
    "#define A(x) x",
    "#undef A",
    "#undef B",
    "#if defined(A) && (B || !A)",
    "#if A(",
    "#if '",
    "int f(void);",
    "struct s {",
    "int x;",
    "};",
    "/*",
    "*/",
    "#error",
    "\"",
    "'",
    "\\",
    "#",
    "# 1",
];

proptest! {
    #[test]
    fn arbitrary_lines_are_read_or_refused(
        lines in prop::collection::vec(select(LINES), 0..24),
        noise in any::<String>(),
    ) {
        let _ = parsed(&lines.join("\n"));
        let _ = parsed(&format!("{}\n#if {noise}\n{noise}", lines.join("\n")));
    }
}

/// Random nestings of conditions that can be decided, against the compiler in one run each.
#[test]
fn random_nestings_are_read_as_the_c_compiler_does() {
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..40 {
        // Both macros are known from the start, so everything can be decided.
        let (mut text, mut depth, mut names) =
            (String::from("#define A 1\n#undef B\n"), Vec::new(), 0);
        for _ in 0..60 {
            let condition = ["A", "!A", "defined(B)", "A > 0 && !defined B", "B + 1 == 2", "0"]
                [usize::try_from(random(6)).unwrap()];
            match random(9) {
                0 | 1 => {
                    depth.push(false);
                    text += &format!("#if {condition}\n");
                }
                2 if depth.last() == Some(&false) => text += &format!("#elif {condition}\n"),
                3 if depth.last() == Some(&false) => {
                    *depth.last_mut().unwrap() = true;
                    text += "#else\n";
                }
                4 if depth.pop().is_some() => text += "#endif\n",
                5 => {
                    text += ["#undef A\n#define A 0\n", "#undef A\n#define A 1\n"]
                        [usize::try_from(random(2)).unwrap()]
                }
                6 => {
                    text += ["#undef B\n#define B 1\n", "#undef B\n"]
                        [usize::try_from(random(2)).unwrap()]
                }
                _ => {
                    names += 1;
                    text += &format!("int f{names}(void);\n");
                }
            }
        }
        text += &"#endif\n".repeat(depth.len());
        let ours = parsed(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let Some(theirs) = preprocessed(&text) else { return };
        assert_eq!(shown(&ours), shown(&parsed(&theirs).unwrap()), "{text}");
    }
}

/// Headers that say in their own way what is exported.
#[test]
fn what_marks_exported_functions_is_dropped() {
    for marker in [
        "#define API",
        "#define API extern",
        "#define API __attribute__((visibility(\"default\")))",
        "#define API __attribute__ (( __visibility__ ( \"default\" ) ))",
        "#define EXPORT __declspec(dllimport)\n#define API EXPORT",
        "#define API CFFI_DLLEXPORT",
        "#define EXPORT\n#define API extern __declspec(dllimport) EXPORT",
        "#ifdef __cplusplus\n#define API extern \"C\"\n#else\n#define API extern\n#endif",
        "#if defined(_WIN32)\n#  ifdef API_BUILD\n#    define API __declspec(dllexport)\n#  else\n\
         #    define API __declspec(dllimport)\n#  endif\n#elif __GNUC__ >= 4\n\
         #  define API __attribute__((visibility(\"default\")))\n#else\n#  define API\n#endif",
    ] {
        let declarations =
            parsed(&format!("{marker}\nAPI int f(int API);\nAPI int v;")).expect(marker);
        let f = declarations.function("f").expect(marker);
        assert_eq!(declarations.name(f.ty), "int(int)", "{marker}");
        assert!(declarations.variable("v").is_some(), "{marker}");
    }
    let declarations = parsed(
        "__attribute__((visibility(\"default\"))) int f(int);\nint __declspec(dllexport) g(int);",
    )
    .unwrap();
    assert_eq!(declarations.functions().len(), 2);
}
