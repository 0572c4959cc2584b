//! Constants: their values and types are those of a real C compiler.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output};

use embed_dll_cdecl::{Constant, Declarations, Dialect};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Expressions in one run of the compiler.
const COUNT: usize = 600;

/// What the expressions may use.
const PRELUDE: &str = "#define MINUS (-1)\n#define ALL (~0u)\n#define FLAG (1 << 31)\n\
                       #define LONGER -5L\n#define ALIAS ALL\n\
                       enum { SMALL = 7, BELOW = -3 };\nenum { LARGE = 0xfffffffe, ABOVE };\n";

/// Types of constants, other than those of expressions.
const TYPES: &[&str] = &[
    "_Bool",
    "char",
    "signed char",
    "unsigned char",
    "short",
    "uint16_t",
    "int",
    "unsigned int",
    "long",
    "size_t",
    "long long",
    "uint64_t",
    "wchar_t",
    "enum { SIGNED%, NEGATIVE% = -1 }",
    "enum { UNSIGNED% }",
];

const NAMES: &[&str] =
    &["MINUS", "ALL", "FLAG", "LONGER", "ALIAS", "SMALL", "BELOW", "LARGE", "ABOVE"];
const OTHERS: &[&str] =
    &["'a'", "'\\xff'", "'\\n'", "sizeof(int)", "sizeof(struct { char c; long l; })"];
const UNARY: &[&str] = &["-", "~", "!", "+"];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "%", "<<", ">>", "<<", ">>", "&", "|", "^", "==", "!=", "<", ">", "<=",
    ">=", "&&", "||",
];

/// A number, in one of C's spellings.
fn literal() -> impl Strategy<Value = String> {
    let near = (0..64_u32, -1..2_i128).prop_map(|(bit, by)| (1_i128 << bit) + by);
    let value = prop_oneof![0..40_i128, near, Just(i128::from(u64::MAX))];
    let suffix = select(&["", "", "u", "U", "l", "L", "ul", "LU", "ll", "LL", "ull"][..]);
    (value, 0..3_u8, suffix).prop_map(|(value, radix, suffix)| {
        let value = value.max(0);
        // Compilers differ in what type this is.
        let suffix = if radix == 0 && value > i64::MAX.into() { "u" } else { suffix };
        match radix {
            0 => format!("{value}{suffix}"),
            1 => format!("{value:#x}{suffix}"),
            _ => format!("0{value:o}{suffix}"),
        }
    })
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => literal(),
        2 => select(NAMES).prop_map(str::to_owned),
        1 => select(OTHERS).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 16, 3, move |inner| {
        prop_oneof![
            2 => (select(UNARY), inner.clone()).prop_map(|(op, e)| format!("{op} ({e})")),
            1 => (select(UNARY), inner.clone()).prop_map(|(op, e)| format!("({op} {e})")),
            3 => (inner.clone(), select(BINARY), inner.clone())
                .prop_map(|(l, op, r)| format!("({l}) {op} ({r})")),
            3 => (inner.clone(), select(BINARY), inner.clone())
                .prop_map(|(l, op, r)| format!("{l} {op} {r}")),
            // So that many shifts have a value.
            2 => (inner.clone(), select(&["<<", ">>"][..]), 0..40_u8)
                .prop_map(|(l, op, r)| format!("({l}) {op} {r}")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(c, a, b)| format!("(({c}) ? {a} : {b})")),
        ]
    })
}

/// The same expressions in every run.
fn expressions() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = expression();
    (0..COUNT).map(|_| strategy.new_tree(&mut runner).expect("no limits").current()).collect()
}

fn parsed(text: &str) -> BTreeMap<String, Constant> {
    let mut declarations = Declarations::new();
    declarations.parse(text, Dialect::Api).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let all = declarations.constants().iter();
    all.map(|constant| (constant.name.clone(), constant.clone())).collect()
}

/// Type, and the value as 64 bits.
fn shown(constant: &Constant) -> String {
    let value = constant.value.expect("it was declared").rem_euclid(1 << 64);
    format!("{} {value}", constant.ty.name())
}

/// Runs the compiler; `None` without one.
#[expect(clippy::disallowed_methods, reason = "one variable forbids skips")]
fn cc(folder: &Path, arguments: &[&str], text: &str) -> Option<Output> {
    let source = folder.join("constants.c");
    fs::write(&source, text).unwrap();
    let output = Command::new("cc")
        .args(["-std=gnu11", "-fmax-errors=0", "-fdiagnostics-plain-output"])
        .args(arguments)
        .arg(&source)
        .arg("-o")
        .arg(folder.join("constants"))
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required =
                std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
            assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but no C compiler `cc` was found");
            // Not `eprintln!`, which is swallowed for a test that passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no C compiler `cc` was found");
            None
        }
        Err(error) => panic!("cc: {error}"),
    }
}

/// What a program says about the constants of a text, each in the form of [`shown`].
fn compiled(text: &str, names: &[&str]) -> Option<BTreeMap<String, String>> {
    let mut program = format!(
        "#include <stdint.h>\n#include <stdio.h>\n#include <wchar.h>\n{text}\n\
         #define TYPE(e) _Generic(+(e), int: \"int\", unsigned: \"unsigned int\", long: \"long\", \\\n\
         \tunsigned long: \"unsigned long\", long long: \"long\", \\\n\
         \tunsigned long long: \"unsigned long\")\n\
         int main(void)\n{{\n"
    );
    for name in names {
        writeln!(
            program,
            "  printf(\"{name}: %s %llu\\n\", TYPE({name}), (unsigned long long)({name}));"
        )
        .unwrap();
    }
    program.push_str("  return 0;\n}\n");
    let folder = tempfile::tempdir().unwrap();
    let built = cc(folder.path(), &["-w"], &program)?;
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{errors}\n{program}");
    let ran = Command::new(folder.path().join("constants")).output().unwrap();
    let lines = String::from_utf8(ran.stdout).unwrap();
    let facts = lines.lines().filter_map(|line| line.split_once(": "));
    Some(facts.map(|(name, fact)| (name.to_owned(), fact.to_owned())).collect())
}

#[test]
fn values_and_types_are_those_of_the_c_compiler() {
    let expressions = expressions();
    let mut text = PRELUDE.to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        writeln!(text, "#define D{at} {expression}").unwrap();
    }
    let defines = parsed(&text);
    // The others have no value in C.
    let known = |at: &usize| defines.contains_key(&format!("D{at}"));
    let accepted: Vec<usize> = (0..COUNT).filter(known).collect();
    assert!(accepted.len() > COUNT * 3 / 4, "only {} have a value", accepted.len());
    for at in &accepted {
        let ty = TYPES[at % TYPES.len()].replace('%', &at.to_string());
        let expression = &expressions[*at];
        writeln!(text, "static const {ty} S{at} = {expression};").unwrap();
        writeln!(text, "enum {{ E{at} = {expression} }};").unwrap();
    }
    let ours = parsed(&text);
    let names: Vec<&str> = ours.keys().map(String::as_str).collect();
    let Some(theirs) = compiled(&text, &names) else { return };
    for (name, constant) in &ours {
        let at = name[1..].parse::<usize>().ok();
        let written = at.and_then(|at| expressions.get(at)).unwrap_or(name);
        assert_eq!(Some(&shown(constant)), theirs.get(name), "left: ours\n{name} is {written}");
    }
    let refused: Vec<&String> = expressions
        .iter()
        .enumerate()
        .filter(|(at, _)| !known(at))
        .map(|(_, expression)| expression)
        // Errors in what C does not evaluate are none.
        .filter(|expression| !["?", "&&", "||"].iter().any(|word| expression.contains(word)))
        .collect();
    the_c_compiler_refuses(&refused);
}

/// Each of the expressions is an error, or the warning about an overflow.
fn the_c_compiler_refuses(expressions: &[&String]) {
    assert!(expressions.len() > COUNT / 50, "only {} are refused", expressions.len());
    for operation in ["/", "<<", "+"] {
        assert!(expressions.iter().any(|expression| expression.contains(operation)), "{operation}");
    }
    let mut text = PRELUDE.to_owned();
    let first = text.lines().count() + 1;
    for (at, expression) in expressions.iter().enumerate() {
        writeln!(text, "enum {{ E{at} = {expression} }};").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-Wall", "-Wextra", "-pedantic", "-fsyntax-only"];
    let Some(output) = cc(folder.path(), &arguments, &text) else { return };
    let messages = String::from_utf8(output.stderr).unwrap();
    for (at, expression) in expressions.iter().enumerate() {
        let place = format!("constants.c:{}:", first + at);
        let said = messages.lines().any(|line| line.contains(&place));
        assert!(said, "cc has a value for {expression}");
    }
}

#[test]
fn an_enumerator_does_not_outgrow_the_one_before() {
    for (text, column) in [("A = 0x7fffffff, B", 24), ("A = ~0u, B", 17), ("A = 1UL << 63, B", 0)] {
        let text = format!("enum {{ {text} }};");
        let folder = tempfile::tempdir().unwrap();
        let Some(theirs) = cc(folder.path(), &["-fsyntax-only"], &text) else { return };
        let ours = Declarations::new().parse(&text, Dialect::Api);
        assert_eq!(ours.is_ok(), theirs.status.success(), "{text}");
        if let Err(error) = ours {
            assert_eq!(error.column, column, "{error}");
            assert!(error.to_string().contains("it does not fit in the type"), "{error}");
        }
    }
}

#[test]
fn what_a_macro_stands_for_is_not_taken_apart() {
    let text = "#define BARE 1 + 1\n#define AGAIN BARE\n#define TWICE BARE * 2\n#define ALSO 2 * AGAIN\n\
                #define SIGN -BARE\n#define CHOICE BARE ? 1 : 2\n#define ALONE (BARE)\n\
                int a[BARE];\n#define THREE 3 * ALONE\n#define MINUS -1\n#define LESS 1 -MINUS\n";
    let ours = parsed(text);
    let values: Vec<_> = ours.iter().map(|(name, found)| (&**name, found.value.unwrap())).collect();
    let expected =
        [("AGAIN", 2), ("ALONE", 2), ("BARE", 2), ("LESS", 2), ("MINUS", -1), ("THREE", 6)];
    assert_eq!(values, expected);
    let error = Declarations::new().parse("#define N 1 + 1\nint a[2 * N];", Dialect::Api);
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("2:11: `N` stands for several operands"), "{message}");
}
