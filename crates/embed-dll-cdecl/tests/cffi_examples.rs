//! The declarations of CFFI's documentation, all accepted, with what they declare.

use embed_dll_cdecl::{Declarations, Dialect, FunctionKind};

/// Text, functions, and everything that one type string of it says.
const EXAMPLES: &[(&str, &[&str], &str, &str)] = &[
    // Overview.
    ("int printf(const char *format, ...);   // copy-pasted from the man page",
     &["printf: int(char *, ...)"], "int", "int"),
    ("/* some declarations from the man page */
      struct passwd {
          char *pw_name;
          ...;     // literally dot-dot-dot
      };
      struct passwd *getpwuid(int uid);     // defined in <pwd.h>",
     &["getpwuid: struct passwd *(int)"], "struct passwd *", "struct passwd *"),
    ("typedef struct { unsigned char r, g, b; } pixel_t;", &[], "pixel_t[800]", "pixel_t[800]"),
    ("float myfunc(int a[], int n); typedef struct _foo_s foo_t; extern \"Python\" int foo(int, int);",
     &["myfunc: float(int *, int)", "foo: int(int, int)"], "foo_t *", "struct _foo_s *"),
    // Preparing and distributing modules.
    ("struct foo_s { int a; struct foo_s *next; ...; }; enum foo { A, B, C, ... }; enum foo2 { D = ..., E };",
     &[], "enum foo2", "enum foo2"),
    ("typedef ... FILE_t; typedef ... *handle_t; typedef int... my_int; typedef unsigned long... size_x; typedef float... real;
      handle_t open_it(FILE_t *); my_int count(real);",
     &["open_it: struct $$handle_t *(FILE_t *)", "count: my_int(real)"], "handle_t", "struct $$handle_t *"),
    ("#define MYCONST ...\n#define OTHER 0x2aUL\nstatic const int FOO; static char *const NAME; extern int n[...];",
     &[], "int[OTHER]", "int[42]"),
    ("extern int array[]; extern int (*foo_callback)(int, int); typedef int foo_cb(int); foo_cb direct; foo_cb *by_pointer(void);",
     &["direct: int(int)", "by_pointer: int(*())(int)"], "foo_cb *", "int(*)(int)"),
    // Using the ffi and lib objects.
    ("extern \"Python\" { int foo(int); void bar(void *, struct s1 *); }
      extern \"Python+C\" void my_callback(struct my_event *, void *userdata);",
     &["foo: int(int)", "bar: void(void *, struct s1 *)", "my_callback: void(struct my_event *, void *)"],
     "struct s1 *", "struct s1 *"),
    ("long (__stdcall *callback)(int); int WINAPI function(int); int __stdcall other(void);",
     &["function: int(int)", "other: int()"], "int(*)(int)", "int(*)(int)"),
    ("void foo(short *p, int n[10]); struct foo { int n; char data[]; }; union both { int i; float f; };",
     &["foo: void(short *, int *)"], "union both[2]", "union both[2]"),
    // Embedding.
    ("typedef struct { int x, y; } point_t; extern int do_stuff(point_t *); int mycb(int);",
     &["do_stuff: int(point_t *)", "mycb: int(int)"], "point_t *", "point_t *"),
];

#[test]
fn the_examples_of_the_documentation() {
    for (text, functions, string, name) in EXAMPLES {
        let mut declarations = Declarations::new();
        if let Err(error) = declarations.parse(text, Dialect::Cdef) {
            panic!("{error}\n{text}");
        }
        let shown = declarations.functions().iter();
        let shown: Vec<_> = shown
            .map(|function| format!("{}: {}", function.name, declarations.name(function.ty)))
            .collect();
        assert_eq!(shown, *functions, "{text}");
        let id = declarations.parse_type(string).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(declarations.name(id), *name);
    }
}

#[test]
fn the_api_and_the_cdef_of_one_module() {
    let mut declarations = Declarations::new();
    let api = "typedef struct { int x, y; } point_t; int do_stuff(point_t *);";
    declarations.parse(api, Dialect::Api).unwrap();
    declarations.parse(api, Dialect::Cdef).unwrap_err();
    let cdef = "int do_stuff(point_t *); extern \"Python\" int mycb(int); point_t *helper(void);";
    declarations.parse(cdef, Dialect::Cdef).unwrap();
    let kinds: Vec<_> = declarations.functions().iter().map(|function| function.kind).collect();
    assert_eq!(kinds, [FunctionKind::Exported, FunctionKind::Python, FunctionKind::C]);
    let again = "extern \"Python\" int do_stuff(point_t *);";
    let error = declarations.parse(again, Dialect::Cdef).unwrap_err().to_string();
    assert_eq!(
        error,
        "1:21: multiple declarations of `do_stuff`: first as exported function `int(point_t *)`, \
         now as extern \"Python\" function `int(point_t *)`; the first is on line 1 of `api`, \
         whose declarations are known here: delete this one"
    );
}
