//! The macro without a compiler around it: what it refuses, in which words, and the shape of what
//! it writes.

use std::fs;

use quote::ToTokens;
use syn::visit::Visit;

use crate::expand;
use crate::source::Base;

fn expansion(arguments: &str) -> Result<String, String> {
    expansion_in(&std::env::temp_dir(), arguments)
}

fn expansion_in(folder: &std::path::Path, arguments: &str) -> Result<String, String> {
    let messages = |error: syn::Error| {
        error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n---\n")
    };
    let tokens = arguments.parse().map_err(syn::Error::from).map_err(messages)?;
    let expanded = expand(tokens, &Base::folder(folder)).map_err(messages)?;
    let file: syn::File = syn::parse2(expanded).map_err(messages)?;
    Ok(file.into_token_stream().to_string())
}

/// The expansion of declarations that must be accepted, with the white space of the tokens
/// removed.
fn accepted(api: &str) -> String {
    let expanded = expansion(&format!("module: \"m\", api: r#\"{api}\"#"));
    expanded.unwrap_or_else(|error| panic!("{api} is refused: {error}")).replace(' ', "")
}

#[track_caller]
fn refused(arguments: &str, message: &str) {
    let error = expansion(arguments).expect_err("it is refused");
    assert!(error.starts_with(message), "{error}\nis not\n{message}");
}

#[test]
fn arguments_are_checked() {
    refused("api: \"int f(int);\"", "`module` is missing: write `module: \"name\"`");
    refused(
        "modul: \"m\"",
        "unknown key `modul`: the keys are module, api, cdef, init, rust, libpython,",
    );
    refused("module: \"m\", module: \"n\"", "`module` is given twice: it may be given once");
    refused("module: \"m\", init: \"\", init: \"\"", "`init` is given twice");
    refused("module: \"a/b\"", "the module name \"a/b\" must not contain '/': use a dotted name");
    refused("module: \"a-b\"", "the module name \"a-b\" must be identifiers of ASCII letters");
    refused("module: \"\"", "the module name \"\" must be");
    refused("module: \"m\", api: fil \"x\"", "expected `api: file \"path\"` or `api: \"text\"`");
    refused("module: \"m\", api: 42", "expected `api: file \"path\"` or `api: \"text\"`");
    refused("module: \"m\", sigpipe: off", "expected `sigpipe: keep` or `sigpipe: block`");
    refused("module: \"m\", venv: \"\"", "expected a path: this is no name of a file");
    refused("module: \"m\" api: \"\"", "expected `,`");
    refused("module: \"m\", init: \"plugin.py\"", "did you mean `file \"plugin.py\"`?");
    refused("module: \"m\", api: \"../my-plugin.h\"", "did you mean `file \"../my-plugin.h\"`?");
    refused("module: \"m\", cdef: \"x.h\"", "did you mean `file \"x.h\"`?");
    for code in ["import plugin.py", "x=plugin.h", "plugin.py\\n", "print(a.h)", ""] {
        let init = format!("module: \"m\", init: \"{code}\"");
        expansion(&init).unwrap_or_else(|error| panic!("{code} is refused: {error}"));
    }
}

#[test]
fn every_argument_but_the_module_may_be_left_out() {
    for arguments in ["", ", api: \"int f(int);\"", ", init: \"x = 1\"", ", cdef: \"\","] {
        expansion(&format!("module: \"m\"{arguments}")).expect("it is accepted");
    }
    let all = "module: \"a.b\", api: \"\", cdef: \"\", init: \"\", libpython: \"$ORIGIN/x\", \
               home: \"h\", venv: \"v\", sigpipe: block, use_environment: false, \
               import_site: false, flush_after_calls: true, check_init: false";
    let all = expansion(all).expect("it is accepted").replace(' ', "");
    for part in [
        "name:c\"a.b\"",
        "libpython:::core::option::Option::Some(\"$ORIGIN/x\")",
        "sigpipe:__rt::SigPipe::BlockDuringCalls",
        "use_environment:false,import_site:false,flush_after_calls:true",
        "export_name=\"a_b_start\"",
        "export_name=\"PyInit_b\"",
    ] {
        assert!(all.contains(part), "{part} is not in {all}");
    }
}

#[test]
fn mistakes_in_declarations_point_at_their_place() {
    refused(
        "module: \"m\", api: \"int f(int);\\nint g(nosuch_t);\"",
        "api:2:7: unknown type name `nosuch_t`: declare it before its use\n  |\n2 | int g(nosuch_t);\n  |       ^",
    );
    refused("module: \"m\", cdef: \"\\n#ifdef A\"", "cdef:2:1: directives not supported yet");
    let variadic = "module: \"m\", api: \"int f(int, ...);\"";
    refused(variadic, "api:1:5: function `f` is variadic, which a function implemented in Python");
}

#[test]
fn files_are_named_as_the_author_names_them() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("p.h"), "int f(int);\n\tint g(\n\t  what);\n").expect("written");
    let error = expansion_in(folder.path(), "module: \"m\", api: file \"p.h\"").unwrap_err();
    assert_eq!(
        error,
        "p.h:3:4: unknown type name `what`: declare it before its use\n  |\n3 | \t  what);\n  | \t  ^"
    );
    let error = expansion_in(folder.path(), "module: \"m\", api: file \"q.h\"").unwrap_err();
    let tried = folder.path().join("q.h");
    assert!(error.starts_with(&format!("cannot read `{}`: ", tried.display())), "{error}");
    assert!(error.contains("a relative path starts at the folder"), "{error}");
    fs::write(folder.path().join("p.h"), b"\xff").expect("written");
    let error = expansion_in(folder.path(), "module: \"m\", api: file \"p.h\"").unwrap_err();
    assert!(error.contains("invalid utf-8"), "{error}");
}

#[test]
fn files_are_watched_and_a_byte_order_mark_is_no_text() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("p.h");
    fs::write(&file, "\u{feff}int f(int);").expect("written");
    let expanded = expansion_in(folder.path(), "module: \"m\", api: file \"p.h\"").expect("fine");
    let expanded = expanded.replace(' ', "");
    assert!(expanded.contains(&format!("::core::include_bytes!({:?})", file.to_str().unwrap())));
    assert!(expanded.contains("text:\"intf(int);\""), "{expanded}");
}

#[test]
fn mistakes_in_api_and_init_are_told_together() {
    let error = expansion("module: \"m\", api: \"in f();\", init: \"x = = 1\"").unwrap_err();
    assert_eq!(error.matches("\n---\n").count(), usize::from(cfg!(feature = "check-init")));
    assert!(error.starts_with("api:1:1: "), "{error}");
    let error = expansion("module: \"m\", api: \"long double f();\", init: \"\\0\"").unwrap_err();
    assert_eq!(error.matches("\n---\n").count(), 1, "{error}");
}

#[cfg(feature = "check-init")]
#[test]
fn mistakes_in_init_code_point_at_their_line() {
    refused(
        "module: \"m\", init: \"\n\n    x = 1\n    if x\n        y = 2\n\"",
        "init:4:9: invalid syntax: Expected `:`, found newline\n  |\n4 |     if x\n  |         ^",
    );
    let off = expansion("module: \"m\", check_init: false, init: \"if x\"");
    off.expect("the check can be turned off");
    refused(
        "module: \"m\", init: \"\nx = (1\n\n\"",
        "init:2:7: invalid syntax: unexpected EOF while parsing\n  |\n2 | x = (1\n  |       ^",
    );
    refused("module: \"m\", init: \"'a\"", "init:1:1: invalid syntax: missing closing quote");
}

#[test]
fn init_code_without_its_indentation_is_what_runs() {
    let expanded = expansion("module: \"m\", init: \"\n    x = '''\n  y'''\n    z = 1\"");
    let expanded = expanded.expect("a string may reach further left");
    assert!(expanded.contains("c\"x = '''\\n  y'''\\nz = 1\\n\""), "{expanded}");
    refused("module: \"m\", init: \"x = '\\0'\"", "init:1:1: invalid syntax: source code cannot");
}

#[test]
fn signatures_are_exact() {
    for (c, rust) in [
        (
            "int f(int a, unsigned long);",
            "(__argument_0:::core::ffi::c_int,__argument_1:::core::ffi::c_ulong)->::core::ffi::c_int",
        ),
        ("void f(void);", "()"),
        (
            "const char *f(const void *, char *);",
            "(__argument_0:*const::core::ffi::c_void,__argument_1:*mut::core::ffi::c_char)->*const::core::ffi::c_char",
        ),
        (
            "_Bool f(wchar_t, int8_t, size_t);",
            "(__argument_0:::core::primitive::i32,__argument_1:::core::primitive::i8,__argument_2:::core::primitive::usize)->::core::primitive::u8",
        ),
        (
            "int f(int m[2][3], int (*g)(double));",
            "(__argument_0:*mut[::core::ffi::c_int;3],__argument_1:::core::option::Option<unsafeextern\"C\"fn(::core::ffi::c_double,)->::core::ffi::c_int>)->::core::ffi::c_int",
        ),
        (
            "enum e { A = -1 }; enum e f(enum e *);",
            "(__argument_0:*mut::core::ffi::c_int)->::core::ffi::c_int",
        ),
        ("struct s; typedef struct s *t; t f(t);", "(__argument_0:*muts)->*muts"),
    ] {
        let expanded = accepted(c);
        let exported = format!("#[unsafe(export_name=\"f\")]unsafeextern\"C\"fn__exported{rust}{{");
        assert!(expanded.contains(&exported), "{exported}\nis not in\n{expanded}");
        assert!(expanded.contains(&format!("pubunsafeextern\"C\"fnf{rust}{{")), "{expanded}");
    }
}

#[test]
fn names_that_only_c_has_are_refused_where_they_are_declared() {
    let name = |name: &str| format!("`{name}` cannot be a name in Rust, which has no `$` in names");
    for (api, place, wrong) in [
        ("int f(int);\n  int a$b(int);", "api:2:3: ", "a$b"),
        ("\nextern int $v;", "api:2:1: ", "$v"),
        ("#define N$ 1", "api:1:1: ", "N$"),
        ("enum e {\n A,\n B$ };", "api:3:2: ", "B$"),
        ("static const int C$ = 1;", "api:1:1: ", "C$"),
        ("struct s { int a, b$; };", "", "b$"),
        ("typedef int t$;", "", "t$"),
        ("typedef struct { int x; } $t;", "", "$t"),
    ] {
        refused(&format!("module: \"m\", api: \"{api}\""), &(place.to_owned() + &name(wrong)));
    }
    // Of a tag only a part of a name is made, and a parameter has none.
    accepted("struct a$b { int x; }; enum c$ { A }; int f(struct a$b *, enum c$ d$);");
    let both = expansion("module: \"m\", api: \"int a$(int); int b$(int);\"").unwrap_err();
    assert_eq!(both.matches("cannot be a name").count(), 2, "{both}");
}

#[test]
fn constants_have_the_type_and_value_of_c() {
    let expanded = accepted(
        "#define ALL (~0u)\n#define FLAG (1 << 31)\n#define SIZE 1L\n#define BIG 0xffffffffffffffff\n\
         static const unsigned WRAPPED = -1; static const unsigned char BYTE = 300;\n\
         static const char LETTER = 200; static const _Bool YES = 7;",
    );
    for part in [
        "constALL:::core::ffi::c_uint=4294967295;",
        "constFLAG:::core::ffi::c_int=-2147483648;",
        "constSIZE:::core::ffi::c_long=1;",
        "constBIG:::core::ffi::c_ulong=18446744073709551615;",
        "constWRAPPED:::core::ffi::c_uint=4294967295;",
        "constBYTE:::core::ffi::c_uchar=44;",
        "constLETTER:::core::ffi::c_char=-56;",
        "constYES:::core::primitive::u8=1;",
    ] {
        assert!(expanded.contains(part), "{part} is not in {expanded}");
    }
}

#[test]
fn what_rust_cannot_pass_is_refused_where_it_is_declared() {
    refused(
        "module: \"m\", api: \"int f(int);\n  long double g(double);\"",
        "api:2:3: `g`: cannot pass `long double` by value: Rust has no type like it; use a pointer, `long double *`",
    );
    refused(
        "module: \"m\", api: \"typedef struct { long double d; } t; void f(t);\nvoid g(float _Complex);\"",
        "api:1:1: `f`: cannot pass `t` by value: it has a `long double` in it, and Rust has no type like that; use a pointer, `t *`\n  |\n1 | typedef struct { long double d; } t; void f(t);\n  | ^\n---\napi:2:1: `g`: cannot pass `float _Complex` by value",
    );
    refused(
        "module: \"m\", api: \"struct s { float f; int :32; float g; }; void f(struct s);\"",
        "api:1:1: `f`: cannot pass `struct s` by value: with both floating-point fields and unnamed",
    );
    accepted("struct s { float f; int :32; float g; long double d; }; void f(struct s *);");
    accepted("struct s { long double (*f)(long double); };");
}

#[test]
fn functions_that_every_dll_has_may_be_declared_for_hosts() {
    let expanded = accepted(
        "int m_start(void); int m_enter(void); int m_leave(void); const char *m_last_error(void);",
    );
    assert_eq!(expanded.matches("export_name=\"m_start\"").count(), 1);
    assert!(!expanded.contains("__FUNCTION_"), "{expanded}");
    refused(
        "module: \"m\", api: \"void m_start(void);\"",
        "api:1:1: `m_start` is a function that every embedding DLL has: declare it in `api` as `int m_start(void);`",
    );
    refused("module: \"m\", api: \"int PyInit_m(void);\"", "api:1:1: `PyInit_m` is the function");
}

#[test]
fn names_of_the_c_library_are_not_exported() {
    refused(
        "module: \"a.b\", api: \"int f(int);\n  long write(int);\nextern char **environ;\"",
        "api:2:3: `write` is a name of the C library: this DLL would export a function that Python and the host take for the library's; give it a prefix, such as `a_b_write`\n  |\n2 |   long write(int);\n  |   ^\n---\napi:3:1: `environ` is a name of the C library: this DLL would export a variable",
    );
    refused("module: \"m\", api: \"int log(int);\", rust: [log]", "api:1:1: `log` is a name");
    refused(
        "module: \"m\", cdef: \"extern \\\"Python+C\\\" int close(int);\"",
        "cdef:1:1: `close` is a name",
    );
    let cdef = "extern \\\"Python\\\" int close(int); int write(int); extern char **environ;";
    let api = "typedef int read; enum { open }; static const int log = 1; int my_write(read);";
    expansion(&format!("module: \"m\", api: \"{api}\", cdef: \"{cdef}\""))
        .expect("nothing of it is exported");
}

#[test]
fn every_type_of_function_has_one_caller() {
    let expanded = accepted(
        "int f(int); int g(int); typedef int (*cb)(int, void (*)(char)); struct s { short (*m[2])(struct s *); };
         extern int (*v)(double); extern int (*dots)(int, ...);",
    );
    let mut types: Vec<_> =
        expanded.split("ctype:").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    types.sort_unstable();
    let own = ["int(*)()", "char*(*)()"];
    types.retain(|name| !own.contains(name));
    assert_eq!(
        types,
        [
            "int(*)(double)",
            "int(*)(int)",
            "int(*)(int,void(*)(char))",
            "short(*)(structs*)",
            "void(*)(char)"
        ]
    );
}

#[test]
fn only_what_is_exported_is_visible() {
    let expanded = expansion(
        "module: \"m\", api: \"int a(int);\", cdef: r#\"extern \"Python\" int b(int); extern \"Python+C\" int c(int); int d(int);\"#",
    );
    let expanded = expanded.expect("it is accepted").replace(' ', "");
    let exported = |name: &str| expanded.contains(&format!("export_name=\"{name}\""));
    assert_eq!(["a", "b", "c", "d"].map(exported), [true, false, true, false]);
    assert!(expanded.contains("functions:&[&__FUNCTION_a,&__FUNCTION_b,&__FUNCTION_c]"));
    assert!(expanded.contains("usesuper::*;"));
    let visible = expanded.split("pubuseself::__embed_dll_m::").nth(1).expect("names are given");
    assert!(visible.starts_with("{a,b,c,m_enter,m_last_error,m_leave,m_start}"), "{visible}");
}

#[test]
fn only_variables_of_the_api_are_promised_to_hosts() {
    let expanded = expansion("module: \"m\", api: \"extern int a;\", cdef: \"extern int b;\"");
    let expanded = expanded.expect("it is accepted").replace(' ', "");
    let linked = |name: &str| expanded.contains(&format!("#[link_name=\"{name}\"]"));
    assert_eq!(["a", "b"].map(linked), [true, false]);
}

#[test]
fn declarations_can_stand_for_items_in_rust() {
    let api = "typedef struct { int x; } p; int f(p *); int g(int);\n#define N 3\n";
    let expanded = expansion(&format!("module: \"m\", api: \"{api}\", rust: [p, f, N]"));
    let expanded = expanded.expect("it is accepted").replace(' ', "");
    for absent in ["pubstructp", "export_name=\"f\"", "constN", "{N,"] {
        assert!(!expanded.contains(absent), "{absent} is in {expanded}");
    }
    for part in [
        "offset_of!(p,x)==0",
        "fn(*mutp,)->::core::ffi::c_int=f;",
        "assert!(Nas::core::primitive::i128==3",
        "functions:&[&__FUNCTION_g]",
        "__rt::field::<::core::ffi::c_int,_,__field_x>",
    ] {
        assert!(expanded.contains(part), "{part} is not in {expanded}");
    }
    refused("module: \"m\", rust: [nothing]", "`nothing` is no function, constant, structure or");
    refused("module: \"m\", rust: [a, a]", "`a` is listed twice");
    refused("module: \"m\", api: \"extern int v;\", rust: [v]", "`v` is a variable, which");
    refused("module: \"m\", rust: v", "expected square brackets");
}

#[test]
fn names_of_c_that_are_words_of_rust_can_be_used() {
    let expanded = accepted(
        "struct match { int type; }; int type(struct match *fn); int self(int crate);\n#define loop 3",
    );
    for part in [
        "pubstructr#match{pubr#type:",
        "fnr#type(",
        "export_name=\"type\"",
        "fnself_(",
        "export_name=\"self\"",
        "constr#loop:",
    ] {
        assert!(expanded.contains(part), "{part} is not in {expanded}");
    }
}

#[test]
fn tags_and_typedefs_of_one_name_are_two_types() {
    let expanded = accepted(
        "struct a { int x; }; typedef struct a *a; typedef struct b { a p; } b; enum c { C }; typedef int c; a f(b); union u8 { int i; };",
    );
    for part in [
        "pubstructstruct_a{",
        "pubtypea=*mutstruct_a;",
        "pubstructb{pubp:*mutstruct_a,}",
        "pubtypeenum_c=::core::ffi::c_uint;",
        "pubtypec=::core::ffi::c_int;",
        "pubunionu8{",
    ] {
        assert!(expanded.contains(part), "{part} is not in {expanded}");
    }
    assert!(!expanded.contains("pubtypeb="), "{expanded}");
    assert!(!accepted("typedef unsigned char u8; u8 f(u8);").contains("pubtypeu8"));
}

#[test]
fn beside_the_macro_stand_one_module_and_one_import() {
    struct Items(Vec<&'static str>);
    impl<'a> Visit<'a> for Items {
        fn visit_item(&mut self, item: &'a syn::Item) {
            self.0.push(match item {
                syn::Item::Mod(_) => "mod",
                syn::Item::Use(_) => "use",
                _ => "other",
            });
        }
    }
    let expanded = accepted_file("int f(int);");
    let mut items = Items(Vec::new());
    items.visit_file(&expanded);
    assert_eq!(items.0, ["mod", "use"]);
}

/// A function of the macro inside of a block would hide a declared one that the block calls.
#[test]
fn items_in_blocks_have_names_that_c_reserves() {
    #[derive(Default)]
    struct Names {
        in_block: bool,
        found: Vec<String>,
    }
    impl<'a> Visit<'a> for Names {
        fn visit_block(&mut self, block: &'a syn::Block) {
            let outer = std::mem::replace(&mut self.in_block, true);
            syn::visit::visit_block(self, block);
            self.in_block = outer;
        }
        fn visit_item(&mut self, item: &'a syn::Item) {
            let name = match item {
                syn::Item::Const(item) => Some(&item.ident),
                syn::Item::Enum(item) => Some(&item.ident),
                syn::Item::Fn(item) => Some(&item.sig.ident),
                // In the place of a variable, for a block that looks for the author's first.
                syn::Item::Static(item)
                    if item.ty.to_token_stream().to_string() == "__rt :: NoItem" =>
                {
                    None
                }
                syn::Item::Static(item) => Some(&item.ident),
                syn::Item::Struct(item) => Some(&item.ident),
                _ => None,
            };
            self.found.extend(name.filter(|_| self.in_block).map(ToString::to_string));
            syn::visit::visit_item(self, item);
        }
        fn visit_foreign_item_static(&mut self, item: &'a syn::ForeignItemStatic) {
            self.found.push(item.ident.to_string());
        }
    }
    let mut names = Names::default();
    names.visit_file(&accepted_file(
        "int exported(int); extern int v; struct s { int a; char b[...]; }; int f(struct s *);",
    ));
    // The doors of `exported`, `f`, the four functions of every DLL and the module; the rest.
    assert!(names.found.len() > 7, "{:?}", names.found);
    for name in names.found {
        assert!(name.starts_with("__") || name == "_", "{name}");
    }
}

fn accepted_file(api: &str) -> syn::File {
    let arguments = format!("module: \"m\", api: \"{api}\"");
    let expanded = expansion(&arguments).unwrap_or_else(|error| panic!("{error}"));
    syn::parse_str(&expanded).expect("it is Rust")
}
