//! Type strings: names, sizes and errors as CFFI 2.1.1 has them.

use embed_dll_cdecl::{Declarations, Dialect, Type, TypeErrorKind};

/// Declared in the same words to CFFI when the tables below were taken from it.
const CDEF: &str = "
    typedef struct { int x, y; } point_t;
    struct foo { int a; };
    typedef struct bar bar_t;
    typedef struct named { int q; } named_t;
    typedef struct { int q; } *panon_t;
    enum e1 { A, B=5, C }; typedef enum { X1=-1, X2 } e2;
    typedef int myint; typedef myint myint2; typedef char *str_t; typedef int arr_t[5];
    typedef int (*fn_t)(int, char *); typedef int raw_t(int);
    typedef ... opaq_t; typedef ... *popaq_t;
    #define N 42
    static const int SC = 9;
";

fn declarations() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.parse(CDEF, Dialect::Cdef).unwrap();
    declarations
}

#[test]
fn names_and_sizes() {
    let mut declarations = declarations();
    for (text, name, size) in [
        ("int", "int", 4),
        ("int32_t", "int32_t", 4),
        ("signed int", "int", 4),
        ("long unsigned int", "unsigned long", 8),
        ("unsigned", "unsigned int", 4),
        ("long", "long", 8),
        ("short int", "short", 2),
        ("bool", "_Bool", 1),
        ("long double", "long double", 16),
        ("int_fast16_t", "int_fast16_t", 8),
        ("double _Complex", "double _Complex", 16),
        ("point_t", "point_t", 8),
        ("named_t", "struct named", 4),
        ("struct named", "struct named", 4),
        ("bar_t", "struct bar", 0),
        ("panon_t", "struct $1 *", 8),
        ("popaq_t", "struct $$popaq_t *", 8),
        ("opaq_t", "opaq_t", 0),
        ("enum e1", "enum e1", 4),
        ("e2", "e2", 4),
        ("myint2", "int", 4),
        ("str_t", "char *", 8),
        ("arr_t", "int[5]", 20),
        ("fn_t", "int(*)(int, char *)", 8),
        ("fn_t[3]", "int(*[3])(int, char *)", 24),
        ("fn_t *", "int(* *)(int, char *)", 8),
        ("int(*(*)(int))[5]", "int(*(*)(int))[5]", 8),
        ("int*(*)(void)", "int *(*)()", 8),
        ("int(*)(...)", "int(*)(...)", 8),
        ("int(*)(int,...)", "int(*)(int, ...)", 8),
        ("int (*)(int[5], int(int))", "int(*)(int *, int(*)(int))", 8),
        ("char const *const *", "char * *", 8),
        ("struct foo const *", "struct foo *", 8),
        ("int[]", "int[]", 0),
        ("int[][5]", "int[][5]", 0),
        ("int[5][6]", "int[5][6]", 120),
        ("int(*)[5]", "int(*)[5]", 8),
        ("int *[5]", "int *[5]", 40),
        ("int [N]", "int[42]", 168),
        ("int[0x10]", "int[16]", 64),
        ("int[010]", "int[8]", 32),
        ("int[A]", "int[0]", 0),
        ("int[B]", "int[5]", 20),
        ("int[SC]", "int[9]", 36),
        ("int x", "int", 4),
        ("int(*x)(int y)", "int(*)(int)", 8),
        ("  int  ", "int", 4),
        ("int $", "int", 4),
        ("FILE *", "FILE *", 8),
        ("int(__stdcall*)(int)", "int(*)(int)", 8),
        ("int *restrict", "int *", 8),
        ("int*volatile*", "int * *", 8),
        ("int(const *)(const int)", "int(*)(int)", 8),
        ("int(*)(int[][3])", "int(*)(int(*)[3])", 8),
        ("int(*(*))(int)", "int(* *)(int)", 8),
        ("unsigned point_t", "unsigned int", 4),
        ("raw_t *", "int(*)(int)", 8),
        ("char[9223372036854775807]", "char[9223372036854775807]", 9_223_372_036_854_775_807),
    ] {
        let id = declarations.parse_type(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(declarations.name(id), name, "{text}");
        assert_eq!(declarations.size_of(id).unwrap_or(0), size, "{text}");
        // A name without `$` means the type it names.
        if !name.contains('$') {
            assert_eq!(declarations.parse_type(name).unwrap(), id, "{text}: {name}");
        }
    }
    let id = declarations.parse_type("int *(int)").unwrap();
    assert!(matches!(declarations.ty(id), Type::Function(_)));
    assert_eq!(declarations.name(id), "int *(int)");
}

#[test]
fn which_types_are_one() {
    let mut declarations = declarations();
    for (left, right, same) in [
        ("int", "int32_t", false),
        ("long", "int64_t", false),
        ("unsigned", "unsigned int", true),
        ("named_t", "struct named", true),
        ("myint", "int", true),
        ("bool", "_Bool", true),
        ("size_t", "unsigned long", false),
        ("const int", "int", true),
        ("int(*)(int[5])", "int(*)(int*)", true),
        ("str_t", "char*", true),
        ("fn_t", "int(*)(int,char*)", true),
        ("long", "long long", false),
        ("ptrdiff_t", "intptr_t", false),
        ("uint8_t", "unsigned char", false),
    ] {
        let [left_id, right_id] = [left, right].map(|text| declarations.parse_type(text).unwrap());
        assert_eq!(left_id == right_id, same, "{left} and {right}");
    }
}

#[test]
fn errors_in_the_words_of_cffi() {
    let mut declarations = declarations();
    for (text, message) in [
        ("poimt_t *", "undefined type name\npoimt_t *\n^"),
        ("int unsigned", "unexpected symbol\nint unsigned\n    ^"),
        ("struct nosuch *", "undefined struct/union name\nstruct nosuch *\n       ^"),
        ("int[2+3]", "expected ']'\nint[2+3]\n     ^"),
        ("int[-1]", "expected a positive integer constant\nint[-1]\n    ^"),
        ("int[zzz]", "expected a positive integer constant\nint[zzz]\n    ^"),
        ("int[...]", "expected a positive integer constant\nint[...]\n    ^"),
        ("int[99999999999999999999]", "number too large\nint[99999999999999999999]\n    ^"),
        ("int[08]", "invalid number\nint[08]\n    ^"),
        ("int[1u]", "expected ']'\nint[1u]\n     ^"),
        ("*", "identifier expected\n*\n^"),
        ("int )", "unexpected symbol\nint )\n    ^"),
        ("int(", "identifier expected\nint(\n    ^"),
        ("int[", "expected a positive integer constant\nint[\n    ^"),
        ("int[5", "expected ']'\nint[5\n     ^"),
        ("struct", "struct or union name expected\nstruct\n      ^"),
        ("enum zz", "undefined enum name\nenum zz\n     ^"),
        ("enum", "enum name expected\nenum\n    ^"),
        ("unsigned float", "invalid combination of types\nunsigned float\n         ^"),
        ("long long long", "'long long long' is too long\nlong long long\n          ^"),
        ("short long", "'long' after 'short'\nshort long\n      ^"),
        ("long short", "'short' after another 'short' or 'long'\nlong short\n     ^"),
        ("signed unsigned", "multiple 'signed' or 'unsigned'\nsigned unsigned\n       ^"),
        ("long char", "invalid combination of types\nlong char\n     ^"),
        ("  poimt_t", "undefined type name\n  poimt_t\n  ^"),
        ("int /* c */ *", "unexpected symbol\nint /* c */ *\n    ^"),
        ("union foo", "wrong kind of tag: struct vs union\nunion foo\n      ^"),
        ("struct e1", "undefined struct/union name\nstruct e1\n       ^"),
        ("int[5](int)", "unexpected symbol\nint[5](int)\n      ^"),
        ("int...", "unexpected symbol\nint...\n   ^"),
        ("int(*)(int,)", "identifier expected\nint(*)(int,)\n           ^"),
        ("int (((*)))", "identifier expected\nint (((*)))\n     ^"),
        ("int(*)(...,int)", "expected ')'\nint(*)(...,int)\n          ^"),
        ("int(*", "expected ')'\nint(*\n     ^"),
        ("extern int", "undefined type name\nextern int\n^"),
        ("int;", "unexpected symbol\nint;\n   ^"),
        ("", "identifier expected\n\n^"),
        ("foo\nbar *", "undefined type name\nfoo bar *\n^"),
        ("int\t*(", "identifier expected\nint *(\n      ^"),
        ("int *é", "unexpected symbol\nint *??\n     ^"),
    ] {
        let error = declarations.parse_type(text).expect_err(text);
        assert_eq!(error.to_string(), message);
        assert_eq!(error.kind, TypeErrorKind::Ffi, "{text}");
    }
    let long = declarations.parse_type(&"a".repeat(501)).unwrap_err().to_string();
    assert_eq!(long, "undefined type name");
}

#[test]
fn errors_that_are_other_exceptions() {
    use TypeErrorKind::{Overflow, Type, Value};
    let mut declarations = declarations();
    for (text, kind, message) in [
        ("void[5]", Value, "array item of unknown size: 'void'"),
        ("int[5][]", Value, "array item of unknown size: 'int[]'"),
        ("opaq_t[5]", Value, "array item of unknown size: 'opaq_t'"),
        ("int(*)(void, int)", Type, "ctype 'void' has incomplete type"),
        ("int(*)(bar_t)", Type, "ctype 'struct bar' has incomplete type"),
        ("FILE(*)(int)", Type, "result type 'FILE' is not yet initialized"),
        ("int(*)(void)[5]", Type, "invalid result type: 'int[5]'"),
        ("int[9223372036854775807][2]", Overflow, "array size would overflow a Py_ssize_t"),
    ] {
        let error = declarations.parse_type(text).expect_err(text);
        assert_eq!((error.kind, error.to_string().as_str()), (kind, message), "{text}");
    }
}

#[test]
fn names_with_something_inside() {
    let mut declarations = declarations();
    for (text, inner, expected) in [
        ("int[5]", "*x", "int(*x)[5]"),
        ("int[5]", "x", "int x[5]"),
        ("int", "x", "int x"),
        ("int*", "[5]", "int *[5]"),
        ("int(*)(int)", "foo", "int(* foo)(int)"),
        ("int", "*", "int *"),
        ("int", "", "int"),
        ("int*", "x[3]", "int * x[3]"),
        ("int(*)(int)", "[3]", "int(*[3])(int)"),
        ("int[5]", "*", "int(*)[5]"),
        ("int[5]", "[3]", "int[3][5]"),
        ("int", " x ", "int x"),
    ] {
        let id = declarations.parse_type(text).unwrap();
        assert_eq!(declarations.name_with(id, inner), expected, "{text} with {inner:?}");
    }
}
