//! Building, loading and linking, the backend module.

use super::{Case, Check, Lines, Proof, Row, Test, better, lines, not_yet, same};

/// The refusals of the parser of declarations.
const REFUSED: Proof = Test("crates/embed-dll-cdecl/tests/refused.rs", "messages_and_places");
/// Headers as they are shared with C.
const HEADERS: Proof =
    Test("crates/embed-dll-cdecl/tests/declarations.rs", "headers_shared_with_c_and_cpp");
/// Conditionals, against the preprocessor of the C compiler.
const CONDITIONALS: Proof =
    Test("crates/embed-dll-cdecl/tests/conditionals.rs", "the_c_compiler_reads_the_same");
/// What `...` stands for.
const OPEN: &str = "crates/embed-dll-cdecl/tests/open.rs";
/// What the compiler says about mistakes.
const COMPILE_ERRORS: Proof = Test("crates/embed-dll/tests/compile_errors.rs", "compile_errors");
/// The macro.
const MACRO: &str = "crates/embed-dll-macros/src/tests.rs";
/// The indentation of init code.
const DEDENT: &str = "crates/embed-dll-macros/src/dedent.rs";

pub(super) const BUILDING: &[Row] = &[
    same("A01", "every function of the API is exported", &[Case("types"), Case("seed")]),
    same(
        "A02",
        "the API may also declare types, constants, enums and variables",
        lines!["types", "globals"],
    ),
    better(
        "A03",
        "a constant with another value than C has is found when Python starts",
        "a constant has one value: where the header leaves it to the code, it is taken from there",
        &[Test(OPEN, "constants_and_enumerators"), Case("globals")],
    ),
    better(
        "A04",
        "a variable that is only declared makes a DLL that cannot be loaded",
        "it is a compile error",
        &[COMPILE_ERRORS],
    ),
    better(
        "A05",
        "a type that the C code lacks is an error of the C compiler",
        "an error that points at the line of the header",
        &[REFUSED, COMPILE_ERRORS],
    ),
    same(
        "A06",
        "`...` in structs",
        &[Lines("partial"), Test(OPEN, "a_partial_record_and_what_contains_it")],
    ),
    better(
        "A07",
        "`#ifdef` and `#include` are refused",
        "in the API conditionals are decided as for a C host on this platform, or refused where declarations depend on a macro that is not known; `#include` is not followed; in the cdef both are refused with their place",
        &[REFUSED, HEADERS, CONDITIONALS],
    ),
    better(
        "A08",
        "lines with `#` and `CFFI_DLLEXPORT` must be taken out of a header by hand",
        "a header is read as it stands",
        &[HEADERS, Case("globals")],
    ),
    better("A09", "`extern \"C\" { }` is not accepted", "it is, in headers", &[HEADERS]),
    same("A10", "`extern \"Python+C\"` functions are exported", &[Case("partial"), Case("seed")]),
    same("A11", "variadic functions cannot be implemented", &[REFUSED]),
    same("A12", "a prototype that contradicts the code does not compile", &[COMPILE_ERRORS]),
    same("A13", "two different declarations of one name are refused", &[REFUSED]),
    same(
        "A14",
        "the init code is dedented, and must be valid Python at build time",
        &[
            Test(DEDENT, "common_indentation_and_blank_first_lines_go"),
            Test(MACRO, "mistakes_in_init_code_point_at_their_line"),
        ],
    ),
    better(
        "A15",
        "a string that reaches further left breaks the dedenting",
        "it does not",
        &[Test(DEDENT, "a_string_may_reach_further_left")],
    ),
    same("A16", "it may be given once", &[Test(MACRO, "arguments_are_checked")]),
    same("A17", "the code is taken byte for byte", lines!["unicode"]),
    same("A18", "no init code, no API: both may be left out", lines!["odd"]),
    same("A19", "dotted module names", lines!["odd"]),
    same("A20", "a DLL needs a compiler: `set_source(name, None)` is refused", &[Case("odd")]),
    better(
        "A21",
        "the file is `<name>.so`, which `-l` does not find",
        "Cargo writes `lib<name>.so`",
        &[Case("types")],
    ),
    better(
        "A22",
        "`target=` names the file",
        "a file may have any name, since it has no soname that says otherwise",
        &[Case("import")],
    ),
    better(
        "A23",
        "`compile()` prints what it does",
        "`cargo build` does, and builds again what has changed",
        &[Case("types")],
    ),
    not_yet(
        "A24",
        "`emit_c_code()`: C code of the DLL",
        "there is none; a `staticlib` takes its place",
    ),
    same("A25", "the DLL's code inside an application", &[Check("rust/static-host")]),
    same("A26", "linker and compiler options pass through", &[Case("types")]),
    better(
        "A27",
        "from C++ source the functions have mangled names",
        "the code is Rust, the names are C's",
        &[Case("types")],
    ),
    same(
        "A28",
        "`__stdcall`, `WINAPI` are accepted, and mean nothing here",
        &[Test(
            "crates/embed-dll-cdecl/tests/cffi_examples.rs",
            "the_examples_of_the_documentation",
        )],
    ),
    same("A29", "`def_extern` exists on the `ffi` of a DLL only", &[Case("odd")]),
];

pub(super) const LOADING: &[Row] = &[
    same("B01", "`libX.so`", &[Case("types")]),
    better("B02", "the DLL names one libpython in DT_NEEDED", "none", &[Check("rust/one-binary")]),
    same("B03", "dlopen and link time", &[Lines("seed"), Case("types")]),
    better(
        "B04",
        "the linker must be shown the libpython",
        "it need not know of one",
        &[Check("rust/linked-host")],
    ),
    better(
        "B05",
        "at run time the libpython must be found by ld.so",
        "it is looked for in many places, and the places are told if all fail",
        &[Check("rust/search")],
    ),
    better(
        "B06",
        "an rpath in the DLL leads to its libpython",
        "`libpython:` with `$ORIGIN`, `EMBED_DLL_LIBPYTHON`, or the usual places",
        &[Check("rust/search")],
    ),
    better(
        "B07",
        "`$ORIGIN` and the linker",
        "nothing to find at link time",
        &[Check("rust/linked-host")],
    ),
    same("B08", "the host's rpath leads to the DLL", &[Case("types")]),
    better(
        "B09",
        "opened with RTLD_LOCAL, no extension module can be imported",
        "all can",
        lines!["scope-local"],
    ),
    better(
        "B10",
        "the host may open libpython globally first",
        "it need not",
        &[Case("scope-local")],
    ),
    same("B11", "opened with RTLD_GLOBAL it works", lines!["scope-global"]),
    same("B12", "linked hosts work", &[Case("types")]),
    same("B13", "a static libpython in the host needs `-rdynamic`", &[Check("rust/static-host")]),
    same("B14", "a libpython may be moved", &[Check("rust/search")]),
    better(
        "B15",
        "a DLL for 3.12 in a process with 3.13 silently takes that",
        "one file fits every version, and takes what is there",
        &[Check("rust/one-binary")],
    ),
];

/// What all rows about `_cffi_backend` come to.
const NONE_NEEDED: &str = "there is no backend module that could be missing or wrong";

pub(super) const BACKEND: &[Row] = &[
    better("K01", "`_cffi_backend` is not installed", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K02", "only one for another Python is", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K03", "right name, wrong content", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K04", "a plain name, another version", NONE_NEEDED, &[Check("rust/one-binary")]),
    better(
        "K05",
        "another version that is accepted, and hangs",
        NONE_NEEDED,
        &[Check("rust/one-binary")],
    ),
    better("K06", "a truncated file", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K07", "a `_cffi_backend.py` in the way", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K08", "it raises", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K09", "an older backend with a newer DLL", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K10", "a backend that is too old", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K11", "a DLL that is too new", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K12", "RTLD_LOCAL: the backend cannot be loaded", NONE_NEEDED, &[Case("scope-local")]),
    better(
        "K13",
        "packages that need it themselves fail in their own way",
        "that is theirs; the DLL goes on, and the exception is reported",
        &[Case("fails-import")],
    ),
    better("K14", "the usual remedies", NONE_NEEDED, &[Check("rust/one-binary")]),
    better("K15", "a system package of the backend", NONE_NEEDED, &[Check("rust/one-binary")]),
];
