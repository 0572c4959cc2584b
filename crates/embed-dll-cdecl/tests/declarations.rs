//! What texts declare: tables of real inputs and of each construct.

use embed_dll_cdecl::{
    Constant, ConstantOrigin, Declarations, Dialect, FunctionKind, Primitive, Record, Type,
};

fn api(text: &str) -> Declarations {
    parsed(text, Dialect::Api)
}

fn cdef(text: &str) -> Declarations {
    parsed(text, Dialect::Cdef)
}

#[track_caller]
fn parsed(text: &str, dialect: Dialect) -> Declarations {
    let mut declarations = Declarations::new();
    if let Err(error) = declarations.parse(text, dialect) {
        panic!("{error}\n{text}");
    }
    declarations
}

/// Each function as `name: type`.
fn functions(declarations: &Declarations) -> Vec<String> {
    let shown = declarations.functions().iter();
    shown.map(|found| format!("{}: {}", found.name, declarations.name(found.ty))).collect()
}

fn constants(declarations: &Declarations) -> Vec<(&str, Option<i128>)> {
    let all = declarations.constants().iter();
    all.map(|Constant { name, value, .. }| (name.as_str(), *value)).collect()
}

#[track_caller]
fn record<'d>(declarations: &'d Declarations, name: &str) -> &'d Record {
    let found = declarations.records().iter().find(|record| record.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", declarations.records()))
}

/// The seed's header, as CFFI's documentation has it.
const PLUGIN_H: &str = r#"/* file plugin.h, Windows-friendly version */
typedef struct { int x, y; } point_t;

/* When including this file from ffibuilder.set_source(), the
   following macro is defined to '__declspec(dllexport)'.  When
   including this file directly from your C program, we define
   it to 'extern __declspec(dllimport)' instead.
*/
#ifndef CFFI_DLLEXPORT
#  if defined(_MSC_VER)
#    define CFFI_DLLEXPORT  extern __declspec(dllimport)
#  else
#    define CFFI_DLLEXPORT  extern
#  endif
#endif

CFFI_DLLEXPORT int do_stuff(point_t *);
"#;

#[test]
fn the_header_of_the_documentation() {
    let declarations = api(PLUGIN_H);
    assert_eq!(functions(&declarations), ["do_stuff: int(point_t *)"]);
    let function = &declarations.functions()[0];
    assert_eq!((function.kind, function.line), (FunctionKind::Exported, 17));
    assert_eq!(constants(&declarations), []);
    let point = record(&declarations, "point_t");
    let fields = point.fields.as_ref().unwrap();
    assert_eq!((fields[1].name.as_str(), fields[1].offset), ("y", 4));
    assert_eq!(point.layout.unwrap().size, 8);

    let mut declarations = Declarations::new();
    let error = declarations.parse(PLUGIN_H, Dialect::Cdef).unwrap_err();
    assert_eq!((error.line, error.column), (9, 1));
    assert!(error.to_string().contains("directives not supported yet: `#ifndef`"), "{error}");
}

#[test]
fn the_headers_of_all_fixtures() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["python-fixtures", "tests/contract/dll"].map(|folder| root.join(folder));
    let mut count = 0;
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path().join("api.h")) else {
            continue;
        };
        let declarations = api(&text);
        assert!(!declarations.functions().is_empty() || !text.contains('('), "{text}");
        count += 1;
    }
    assert!(count > 5, "only {count} fixtures have an api.h");
}

#[test]
fn headers_shared_with_c_and_cpp() {
    let declarations = api(r#"
#ifndef H
#define H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define VERSION 0x10
#define NEGATIVE (-3)
#define FLAG (1 << 4 | VERSION) // one bit
#define LONG_LINE \
    7
#define NAME "text"
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define TOP LAST
#define HALF 'x
enum kind { FIRST, LAST = 9 };
#define one one
int32_t CFFI_DLLEXPORT one(int a[VERSION]);
#ifdef __cplusplus
}
#endif
extern "C" int two(void);
#endif
"#);
    assert_eq!(functions(&declarations), ["one: int32_t(int *)", "two: int()"]);
    let expected = [
        ("VERSION", 16),
        ("NEGATIVE", -3),
        ("FLAG", 16),
        ("LONG_LINE", 7),
        ("FIRST", 0),
        ("LAST", 9),
        ("TOP", 9),
    ];
    assert_eq!(constants(&declarations), expected.map(|(name, value)| (name, Some(value))));
}

#[test]
fn a_define_that_only_hosts_could_choose_is_no_constant() {
    let text = "#ifdef WIDE\n#define SEP 1\n#else\n#define SEP 2\n#endif\n";
    assert_eq!(constants(&api(text)), []);
    let error = Declarations::new().parse(&format!("{text}int f(int[3][SEP]);"), Dialect::Api);
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("6:14: `#define SEP` has several values"), "{message}");
}

#[test]
fn extern_python_and_plain_functions() {
    let declarations = cdef(
        r#"
        int plain(int, ...);
        extern "Python" int one(int);
        extern "Python" { int two(void); void three(char *p); }
        extern "Python+C" int four(void);
        int after(void);
    "#,
    );
    let kinds: Vec<_> = declarations
        .functions()
        .iter()
        .map(|function| (function.name.as_str(), function.kind))
        .collect();
    use FunctionKind::{C, Python, PythonAndC};
    assert_eq!(
        kinds,
        [
            ("plain", C),
            ("one", Python),
            ("two", Python),
            ("three", Python),
            ("four", PythonAndC),
            ("after", C)
        ]
    );
    let exported = api(r#"extern "Python" int f(void);"#);
    assert_eq!(exported.functions()[0].kind, FunctionKind::Exported);
}

#[test]
fn spellings_of_integers() {
    for (text, name) in [
        ("long unsigned int", "unsigned long"),
        ("int unsigned long long", "unsigned long long"),
        ("long int long", "long long"),
        ("char signed", "signed char"),
        ("short", "short"),
        ("unsigned", "unsigned int"),
        ("signed", "int"),
        ("unsigned volatile char const", "unsigned char"),
        ("bool", "_Bool"),
        ("double long", "long double"),
        ("_Complex float", "float _Complex"),
        ("uint_fast32_t", "uint_fast32_t"),
        ("wchar_t", "wchar_t"),
    ] {
        let declarations = cdef(&format!("extern {text} x;"));
        assert_eq!(declarations.name(declarations.variables()[0].ty), name, "{text}");
    }
}

#[test]
fn declarators_of_any_nesting() {
    for (text, name) in [
        ("int *(*f)(int);", "int *(*)(int)"),
        ("int (*(*f)(int a, char *b))[5];", "int(*(*)(int, char *))[5]"),
        ("char *(*(**f[3][8])(void))[10];", "char *(*(* *[3][8])())[10]"),
        ("void (*signal(int, void (*)(int)))(int);", "void(*(int, void(*)(int)))(int)"),
        ("int ((((f))))(int);", "int(int)"),
        ("int (WINAPI *f)(int __stdcall g(void));", "int(*)(int(*)())"),
        ("const char *const *const f;", "char * *"),
        (
            "int f(int a[static 3], int b[const], int c[], int d(int));",
            "int(int *, int *, int *, int(*)(int))",
        ),
        ("int f(int (x), int (size_t), int());", "int(int, int(*)(size_t), int(*)())"),
        ("int f(void);", "int()"),
        ("int f(int [2][3]);", "int(int(*)[3])"),
    ] {
        let declarations = cdef(text);
        let function = declarations.functions().first().map(|function| function.ty);
        let ty = function.unwrap_or_else(|| declarations.variables()[0].ty);
        assert_eq!(declarations.name(ty), name, "{text}");
    }
}

#[test]
fn const_pointees_are_kept_beside_the_types() {
    let text = "
        typedef const char *text_t;
        typedef const int cint;
        const char *f(const char *, char *const, char const *p, text_t, cint *, const int[3],
                      const int, const char **);";
    let declarations = cdef(text);
    let function = &declarations.functions()[0];
    let found: Vec<_> = function.params.iter().map(|param| param.const_pointee).collect();
    assert_eq!(found, [true, false, true, true, true, true, false, false]);
    assert!(function.const_result_pointee);
    assert_eq!(function.params[2].name.as_deref(), Some("p"));
}

#[test]
fn records_as_cffi_names_them() {
    let declarations = cdef(
        "
        typedef struct { int x, y; } point_t;
        struct foo { int a; struct { int b; union { int c; float d; }; } in; struct { int z, w; }; };
        typedef struct { int q; } *pointer_t;
        typedef enum { X1 = -1, X2 } e2;
        typedef enum { Y1, Y2 } *pe;
        typedef struct node { struct node *next; } node;
        struct opaque; typedef struct later later_t; struct later { int x; };
        typedef ... dots_t; typedef ... *dots_p;
        extern FILE *stream;
    ",
    );
    let names: Vec<_> = declarations.records().iter().map(|record| &record.name).collect();
    assert_eq!(
        names,
        [
            "point_t",
            "struct foo",
            "struct $1",
            "union $2",
            "struct $3",
            "struct $4",
            "struct node",
            "struct opaque",
            "struct later",
            "dots_t",
            "struct $$dots_p",
            "FILE",
        ]
    );
    let typedefs: Vec<_> = declarations.typedefs().map(|(name, _)| name).collect();
    let expected = ["point_t", "pointer_t", "e2", "pe", "node", "later_t", "dots_t", "dots_p"];
    assert_eq!(typedefs, expected);
    let enums: Vec<_> = declarations.enums().iter().map(|found| &found.name).collect();
    assert_eq!(enums, ["e2", "enum $5"]);
    let Type::Record(foo) = *declarations.ty({
        let mut declarations = declarations.clone();
        declarations.parse_type("struct foo").unwrap()
    }) else {
        panic!()
    };
    let offset = |name| declarations.field(foo, name).map(|path| path.offset);
    assert_eq!(
        ["a", "in", "z", "w", "b"].map(offset),
        [Some(0), Some(4), Some(12), Some(16), None]
    );
    assert!(record(&declarations, "struct opaque").fields.is_none());
    assert_eq!(record(&declarations, "struct later").layout.unwrap().size, 4);
}

#[test]
fn enums_and_their_base_types() {
    let text = "enum a { A, B = 5, C }; enum b { D = -1 }; enum c { E = 0x100000000 };
        enum d { F = 0x80000000 }; enum e { G = 0x80000000, H = -1 };
        enum { I = C * 2 + (B << 1), J = 'a', K = ~0, L = sizeof(int), M = D ? 3 : 4, };";
    let declarations = cdef(text);
    let bases: Vec<_> = declarations.enums().iter().map(|found| found.base).collect();
    use Primitive::{Int, Long, UnsignedInt, UnsignedLong};
    assert_eq!(bases, [UnsignedInt, Int, UnsignedLong, UnsignedInt, Long, Int]);
    let last = &declarations.enums()[5].enumerators;
    let values: Vec<_> = last.iter().map(|&(_, value)| value).collect();
    assert_eq!(values, [22, 97, -1, 4, 3]);
}

#[test]
fn constants_and_variables() {
    let declarations = cdef(
        "
        #define N 42
        #define OPEN ...
        static const int FIVE = 5; static const long UNKNOWN; static const int M = -N;
        extern int x, *y; extern const int z; static const char *const text; extern int a[N];
        extern int open[...]; extern int none[]; int (*callback)(int); extern const double d;
    ",
    );
    assert_eq!(
        constants(&declarations),
        [("N", Some(42)), ("OPEN", None), ("FIVE", Some(5)), ("UNKNOWN", None), ("M", Some(-42))]
    );
    assert!(matches!(declarations.constants()[2].origin, ConstantOrigin::Static(_)));
    let found: Vec<_> = declarations
        .variables()
        .iter()
        .map(|found| {
            (found.name.as_str(), declarations.name(found.ty), found.constant, found.open_length)
        })
        .collect();
    let expected = [
        ("x", "int", false, false),
        ("y", "int *", false, false),
        ("z", "int", true, false),
        ("text", "char *", true, false),
        ("a", "int[42]", false, false),
        ("open", "int[]", false, true),
        ("none", "int[]", false, false),
        ("callback", "int(*)(int)", false, false),
        ("d", "double", true, false),
    ];
    let expected = expected.map(|(name, ty, constant, open)| (name, ty.to_owned(), constant, open));
    assert_eq!(found, expected);
}

#[test]
fn the_same_texts_give_the_same_ids() {
    let text = "typedef struct { int x; } a; enum e { P, Q }; a f(enum e, a *, int(*)(a));";
    let (first, second) = (api(text), api(text));
    assert_eq!(first.functions()[0].ty, second.functions()[0].ty);
    assert_eq!(format!("{:?}", first.records()), format!("{:?}", second.records()));
}

#[test]
fn a_backslash_continues_a_line_comment() {
    let mut declarations = Declarations::new();
    let header =
        "int f(int); // one \\\nint hidden(int);\n// two \\\r\nint too(int);\r\nint g(int);\n";
    declarations.parse(header, Dialect::Api).expect("accepted");
    let names: Vec<_> = declarations.functions().iter().map(|function| &*function.name).collect();
    assert_eq!(names, ["f", "g"]);
}

#[test]
fn macros_that_are_no_constants_are_remembered() {
    let mut declarations = Declarations::new();
    let api = "#define HALF 0.5\n#define BIG (1 << 32)\n#define TEXT \"x\"\n#define F(x) x\n\
               #define ONE 1\n#define GUARD\n#define f f\nint f(int);\n#define LATER A\nenum { A };";
    declarations.parse(api, Dialect::Api).unwrap();
    for name in ["HALF", "BIG", "TEXT", "F", "GUARD"] {
        assert!(declarations.is_macro(name), "{name}");
    }
    for name in ["ONE", "f", "LATER", "A", "NONE"] {
        assert!(!declarations.is_macro(name), "{name}");
    }
}
