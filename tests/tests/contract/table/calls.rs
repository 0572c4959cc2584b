//! Calls, globals, handles.

use super::{Case, Proof, Row, Test, better, lines, not_yet, same};

pub(super) const CALLS: &[Row] = &[
    same(
        "D01",
        "signed integers: int in, and out `int`, `bool`, what has `__int__`, integer cdata; overflow is an `OverflowError`",
        lines!["types", "results"],
    ),
    same(
        "D02",
        "unsigned integers: the same; negative numbers are an `OverflowError`",
        lines!["types", "results"],
    ),
    same(
        "D03",
        "`_Bool`: `True`/`False` in, 0/1 out; another byte is a `ValueError`",
        lines!["types", "results"],
    ),
    same("D04", "`char`: `bytes` of length 1", lines!["types", "results"]),
    same("D05", "`signed char`, `unsigned char`, `int8_t`: int", lines!["types", "results"]),
    same("D06", "`wchar_t`: `str` of length 1, also outside the BMP", lines!["types", "results"]),
    same(
        "D07",
        "`float`, `double`: float in; out what has `__float__` or `__index__`",
        lines!["types", "results"],
    ),
    not_yet(
        "D08",
        "`long double`: a cdata that keeps all bits",
        "by value Rust has no such type, and `embedding!` refuses it at compile time; pointers to it work",
    ),
    same("D09", "enums: int, also values without a name", lines!["types", "results"]),
    same("D10", "`void`: the result must be `None`", lines!["types", "results"]),
    same(
        "D11",
        "`char *`, `const char *`: cdata pointers, `const` dropped; no `bytes`, `str` or `None` out",
        lines!["types", "results"],
    ),
    same(
        "D12",
        "`void *`, `T *`: cdata; what Python writes C sees; `None` is refused",
        lines!["types", "results"],
    ),
    same("D13", "`int a[3]`, `int *`: cdata pointer, `unpack`, index, writes", lines!["types"]),
    better(
        "D14",
        "structs by value in: a view of the caller's stack",
        "a copy that Python may keep",
        lines!["keep"],
    ),
    better(
        "D15",
        "structs and unions by value out: cdata, tuple, list, dict, of any size; fields that Python does not give have any value",
        "they are zero",
        lines!["types", "results", "short-tuples"],
    ),
    same("D16", "function pointers in and out, callable", lines!["types", "results"]),
    same("D17", "19 arguments of mixed types", lines!["types"]),
    not_yet(
        "D18",
        "`double _Complex`: complex",
        "Rust has no type that is passed as C passes a complex number; `embedding!` refuses it at compile time",
    ),
    same("D19", "no arguments: `f(void)`, `f()`", lines!["types"]),
    same("D20", "opaque types: cdata pointers", lines!["types"]),
    better(
        "D21",
        "a layout that differs from the C compiler's is found at the first access to a field",
        "at compile time: the macro asserts size, alignment and offsets of every record",
        &[Test("crates/embed-dll/tests/layout.rs", "rust_lays_out_records_as_c_does")],
    ),
    same(
        "D22",
        "errno: readable and writable as `ffi.errno`, else kept across calls and the first call",
        lines!["threads", "first-errno"],
    ),
    same("D23", "a Python function of wrong arity: `TypeError`, 0", lines!["errors"]),
    same("D24", "calling a NULL function pointer from Python: `RuntimeError`, 0", lines!["errors"]),
];

pub(super) const GLOBALS: &[Row] = &[
    same(
        "F01",
        "variables shared both ways: integers, floats, `const char *`, structs, arrays, pointers",
        lines!["globals"],
    ),
    same(
        "F02",
        "a header with the export macro serves DLL and host",
        &[Case("globals"), Case("seed")],
    ),
    same(
        "F03",
        "function-pointer and `void *` variables set by the host, used from Python",
        lines!["globals"],
    ),
    same(
        "F04",
        "API and cdef together: cdef names are not exported, and Python sees both",
        lines!["globals", "seed"],
    ),
    same(
        "F05",
        "an exported function that is written by hand must not be in the API: a compile error",
        &[Case("seed")],
    ),
    same("F06", "`extern \"Python\"`: called by the DLL's own code, not exported", lines!["seed"]),
    same("F07", "`extern \"Python+C\"`: exported too", lines!["seed"]),
    same("F08", "`extern \"Python\" { … }`", lines!["seed"]),
    same("F09", "several modules in one program: no names clash", &[Case("odd")]),
    not_yet(
        "F10",
        "`ffi.callback`: a C function made at run time",
        "it would be machine code made at run time; `extern \"Python\"` and `def_extern` do it without, and `ffi.callback` says so",
    ),
];

pub(super) const FFI: &[Row] = &[better(
    "X01",
    "`new`, `cast`, `string`, `unpack`, `buffer`, `typeof`, `sizeof`, `alignof`, `offsetof`, `getctype`, `addressof`, `NULL`, `error`; what cdata can do, and the messages when it cannot. Fields behind NULL, and those of opaque types, end the host",
    "the same values and messages; what ended the host raises, or is `None`",
    lines!["ffi", "ffi-crashes"],
)];

pub(super) const HANDLES: &[Row] = &[
    same("J01", "`new_handle` gives unique pointers, none of them NULL", lines!["handles"]),
    same("J02", "`from_handle` in another call, while the handle lives", lines!["handles"]),
    same("J03", "a handle is a key of dicts, equal pointers are equal keys", lines!["handles"]),
    better(
        "J04",
        "`from_handle` of a dead handle aborts the process",
        "it raises, and the host goes on",
        lines!["dead-handle"],
    ),
];
