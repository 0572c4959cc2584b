//! Texts that are refused: what the message names, and where it points.

use embed_dll_cdecl::{Declarations, Dialect};

#[track_caller]
fn refused(text: &str, dialect: Dialect) -> String {
    let mut declarations = Declarations::new();
    match declarations.parse(text, dialect) {
        Ok(()) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn messages_and_places() {
    for (text, expected) in [
        ("int f(poimt_t *);", "1:7: unknown type name `poimt_t`"),
        (
            "struct S { int a; }; int at(S *s);",
            "1:29: unknown type name `S`: C++ knows `struct S` by it, C does not; write `struct S`, or add `typedef struct S S;`",
        ),
        ("union U; U *f(void);", "1:10: unknown type name `U`: C++ knows `union U`"),
        ("enum E { A }; struct s { E e; };", "1:26: unknown type name `E`: C++ knows `enum E`"),
        ("int x\nint y;", "2:1: unexpected `int`: expected `,` or `;` after line 1"),
        ("int x int y;", "1:7: unexpected `int`: expected `,` or `;`"),
        ("struct s {\nint x\nint y; };", "3:1: unexpected `int`: expected `,` or `;` after line 2"),
        ("struct s { int x; }\n\nint y;", "3:1: unexpected `int`: expected a name after line 1"),
        ("#ifdef FOO\n#endif", "1:1: directives not supported yet: `#ifdef`"),
        ("int a;\n  #include <x.h>", "2:3: directives not supported yet: `#include`"),
        ("CFFI_DLLEXPORT int f(int);", "1:1: unknown type name `CFFI_DLLEXPORT`"),
        ("extern \"C\" { int f(int); }", "1:8: `extern \"C\"` is C++"),
        ("extern \"Fortran\" int f(int);", "1:8: unknown linkage \"Fortran\""),
        ("extern \"C++\" int f(int);", "1:8: unknown linkage \"C++\""),
        ("extern \"Python\" int va(int, ...);", "1:21: function `va` is variadic"),
        ("extern \"Python\" int x;", "1:21: `x` is inside extern \"Python\""),
        ("extern \"Python\" {\nint f(int);", "2:12: unexpected end of the text"),
        (
            "int f(int); int f(long);",
            "1:17: multiple declarations of `f`: first as C function `int(int)`, now as C function `int(long)`; the first is on line 1",
        ),
        ("typedef int t; typedef long t;", "1:29: multiple declarations of `t`"),
        ("#define N 1\n#define N 2", "2:9: multiple declarations of `N`: first as the constant 1"),
        ("#define N 1.5", "1:9: unsupported `#define N`"),
        ("#define F(x) 1", "1:9: unsupported `#define F`"),
        ("struct a { int x; }; struct a { int x; };", "1:29: duplicate declaration of struct a"),
        ("struct a { int x; }; union a *f(void);", "1:28: `a` is a struct, not a union"),
        ("struct a { struct a inner; };", "1:21: field `inner` has the incomplete type `struct a`"),
        ("struct a { int x, x; };", "1:8: duplicate field `x`"),
        ("struct a { int x; struct { int x; }; };", "1:8: duplicate field `x`"),
        ("struct a { void x; };", "1:17: field `x` has the incomplete type `void`"),
        ("struct a { int f(int); };", "1:16: field `f` has the incomplete type `int(int)`"),
        ("struct a { int x[]; int y; };", "1:21: the flexible array `x` must be the last"),
        ("struct a { int x:33; };", "1:18: bit field `x` of type `int` cannot be 33 bits"),
        ("struct a { float x:3; };", "1:18: bit field `x` has type `float`"),
        ("struct a { int x:3; ...; };", "1:8: struct a has both bit fields and `...`"),
        ("struct a { ...; int x; };", "1:17: unexpected `int`: expected `}`"),
        ("struct a { struct b { int x; }; };", "1:12: this declaration names nothing"),
        ("struct __attribute__((packed)) a { int x; };", "1:8: `__attribute__` is not supported"),
        ("int f(int) __attribute__((noreturn));", "1:12: `__attribute__` is not supported"),
        ("#pragma pack(1)\nint x;", "1:1: `#pragma pack` changes the layout"),
        ("int f(int x) { return x; }", "1:14: function `f` has a body"),
        ("int f(int a[...]);", "1:7: `[...]` cannot be used here"),
        ("typedef int t[...];", "1:13: `[...]` cannot be used here"),
        ("int f(...);", "1:7: unexpected `...`: expected a type"),
        ("int f(int, ..., int);", "1:15: unexpected `,`: expected `)` after `...`"),
        ("int a[-1];", "1:7: an array cannot have -1 items"),
        ("int a[M];", "1:7: unknown constant `M`"),
        ("#define M ...\nint a[M];", "2:7: the value of `M` is not known here"),
        ("int a[08];", "1:7: `08` is not an integer"),
        ("int a[1/0];", "1:8: not an integer constant: division by zero"),
        ("int a[0xffffffffffffffff];", "1:6: `int[18446744073709551615]` is larger"),
        ("enum e { A = 0x8000000000000000, B = -1 };", "1:1: the values of enum e fit neither"),
        ("enum e;", "1:6: enum e has no values yet"),
        (
            "enum { A, A };",
            "1:11: multiple declarations of `A`: first as the constant 0, now as the constant 1",
        ),
        ("enum { A, A = 0 };", "1:11: multiple declarations of `A`: first as the constant 0"),
        ("int f(int)(int);", "1:6: a function cannot return `int(int)`"),
        ("int f(void)[3];", "1:6: a function cannot return `int[3]`"),
        ("int f(void, int);", "1:7: a parameter cannot have type `void`"),
        ("typedef int t; int f(t t, t u);", "1:27: unknown type name `t`"),
        ("void a[3];", "1:7: an array cannot have items of type `void`"),
        ("int a[3](int);", "1:6: an array cannot have items of type `int(int)`"),
        ("long char c;", "1:1: these type names do not make up a type: `long char`"),
        ("f(int x);", "1:1: a type is missing before `f`"),
        ("int;", "1:1: this declaration names nothing"),
        ("extern void v;", "1:13: variable `v` has the incomplete type `void`"),
        ("static int n = 5;", "1:12: `n` has a value"),
        ("typedef long double... t;", "1:20: `...` cannot be used here"),
        ("long double _Complex z;", "1:1: `long double _Complex` is not supported"),
        ("typedef extern int t;", "1:9: only one storage class"),
        ("int x; /* open", "1:8: unexpected end of the text: expected `*/`"),
        ("int é;", "1:5: unexpected `é`"),
    ] {
        let message = refused(text, Dialect::Cdef);
        assert!(
            message.starts_with(expected),
            "{text}\n  got      {message}\n  expected {expected}"
        );
    }
}

#[test]
fn messages_of_headers() {
    for (text, expected) in [
        ("#define API static\nAPI int f(int);", "2:1: `API` is a macro"),
        ("#define API __attribute__((packed))\nint API f(int);", "2:5: `API` is a macro"),
        ("#define API() \nAPI int f(int);", "2:1: `API` is a macro"),
        ("#define A B\n#define B A\nA int f(int);", "3:1: `A` is a macro"),
        ("#define API\n#undef API\nAPI int f(int);", "3:1: `API` is a macro"),
        ("API int f(int);\n#define API", "1:1: `API` is a macro"),
        (
            "#ifdef X\n#define API\n#else\n#define API int\n#endif\nAPI f(int);",
            "6:1: `API` is a macro",
        ),
        (
            "#ifdef X\n__attribute__((visibility(\"default\"))) int f(int);\n#endif",
            "1:8: `#ifdef` depends on the macro `X`",
        ),
        ("int f(int, ...);", "1:5: function `f` is variadic"),
        ("extern \"C\" { int f(int);", "1:25: unexpected end of the text"),
        ("int f(int) API;", "1:12: unexpected `API`"),
        ("#pragma pack(push, 1)\n", "1:1: `#pragma pack`"),
        ("struct a { int x; } __attribute__((packed));", "1:21: `__attribute__`"),
        ("int f(int); }", "1:13: unexpected `}`: expected a type"),
        (
            "#include \"own.h\"\nint f(point_t *);",
            "2:7: unknown type name `point_t`: declare it before its use; `#include` is not followed",
        ),
        (
            "#if 0\n#include <x.h>\n#endif\nint f(t);",
            "4:7: unknown type name `t`: declare it before its use",
        ),
    ] {
        let message = refused(text, Dialect::Api);
        assert!(
            message.starts_with(expected),
            "{text}\n  got      {message}\n  expected {expected}"
        );
    }
}

/// What `cdef` need not repeat, because it is read after `api`.
#[test]
fn the_second_text_knows_the_first() {
    let api = "\n#define N 10\ntypedef struct { int x; } t; struct s { int x; };\nint f(int);\n\
               extern int v; enum e { A };";
    let parsed = |cdef: &str| {
        let mut declarations = Declarations::new();
        declarations.parse(api, Dialect::Api).unwrap();
        declarations.parse(cdef, Dialect::Cdef).map_err(|error| error.to_string())?;
        Ok::<_, String>(declarations)
    };
    let of_api = |line: usize| {
        format!(
            "; the first is on line {line} of `api`, whose declarations are known here: delete this one"
        )
    };
    for (cdef, expected) in [
        ("#define N 11", "first as the constant 10, now as the constant 11".to_owned() + &of_api(2)),
        (
            "typedef struct { int x; } t;",
            "first as typedef `t`, now as another type of that name".to_owned() + &of_api(3),
        ),
        (
            "struct s { int x; };",
            "duplicate declaration of struct s: its fields were given before; delete one of the two, this one if the other is in `api`, whose types are known here".to_owned(),
        ),
        ("int f(long);", "now as C function `int(long)`".to_owned() + &of_api(4)),
        ("extern long v;", "now as variable `long`".to_owned() + &of_api(5)),
        ("enum { A };", "now as the constant 0".to_owned() + &of_api(5)),
        ("enum { A = ... };", "now as a constant".to_owned() + &of_api(5)),
        ("int g(int); int g(long);", "now as C function `int(long)`; the first is on line 1".to_owned()),
    ] {
        let message = parsed(cdef).expect_err(cdef);
        assert!(message.ends_with(&expected), "{cdef}\n  got      {message}\n  expected {expected}");
    }
    for cdef in ["#define N ...", "static const int N;", "static const int A;", "int f(int);"] {
        let declarations = parsed(cdef).expect(cdef);
        assert_eq!(declarations.constant("N").unwrap().value, Some(10), "{cdef}");
        assert_eq!(declarations.constants().len(), 2, "{cdef}");
    }
    // In one text a value and `...` contradict each other, as in CFFI.
    refused("#define N 1\n#define N ...", Dialect::Cdef);
}

/// On a stack as small as threads of foreign hosts have it, for the run time parses in such threads.
#[test]
fn nesting_has_a_limit() {
    // Frames without optimisation are about four times as large.
    let kilobytes = if cfg!(debug_assertions) { 512 } else { 128 };
    let small = std::thread::Builder::new().stack_size(kilobytes << 10);
    small.spawn(deep_texts).unwrap().join().unwrap();
}

fn deep_texts() {
    let deep = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(100_000), close.repeat(100_000))
    };
    for text in [
        format!("int {};", deep("(", "x", ")")),
        format!("int a[{}];", deep("(", "1", ")")),
        format!("int a[{}1];", "-".repeat(100_000)),
        format!("int a[1{}];", "?1:1".repeat(100_000)),
        deep("struct {", "int x;", "} y;"),
        deep("int f(int x(", "int", "));"),
    ] {
        let message = refused(&text, Dialect::Cdef);
        assert!(message.contains("nested too deeply"), "{message}");
    }
    let mut chain = String::from("typedef void f0(void);");
    for level in 1..100 {
        chain += &format!("typedef void f{level}(f{0} *, f{0} *);", level - 1);
    }
    for text in [format!("int {}x;", "*".repeat(1_000_000)), chain] {
        assert!(refused(&text, Dialect::Cdef).contains("too complex"));
    }
    // As deep as is accepted.
    let mut chain = String::from("typedef void f0(void);");
    for level in 1..64 {
        chain += &format!("typedef void f{level}(f{} *);", level - 1);
    }
    let mut declarations = Declarations::new();
    declarations.parse(&chain, Dialect::Cdef).unwrap();
    let id = declarations.typedef("f63").unwrap();
    assert_eq!(declarations.name(id).matches("(*)").count(), 63);
    let text = format!("int {}x{};", "(".repeat(32), ")".repeat(32));
    declarations.parse(&text, Dialect::Cdef).unwrap();
    for text in [
        format!("int({}", "*(".repeat(100_000)),
        format!("int{}", "(int".repeat(100_000)),
        format!("int{}", "*".repeat(100_000)),
    ] {
        let error = declarations.parse_type(&text).unwrap_err();
        assert_eq!(error.message, "internal type complexity limit reached");
    }
}
