//! The names that belong to the C library.

use std::io::Write as _;
use std::process::Command;

use embed_dll_cdecl::is_reserved;

#[test]
fn names_of_the_c_library_are_reserved_and_others_are_not() {
    for name in ["write", "malloc", "getenv", "close", "log", "environ", "open64", "_exit", "yn"] {
        assert!(is_reserved(name), "{name}");
    }
    for name in ["my_plugin_write", "add1", "do_stuff", "Write", "step", "index", "", " "] {
        assert!(!is_reserved(name), "{name}");
    }
}

/// Nothing of C11 was forgotten: what the system's own headers declare is reserved.
#[test]
#[expect(clippy::disallowed_methods, reason = "one variable forbids skips")]
fn what_the_headers_of_c_declare_is_reserved() {
    let Some(text) = preprocessed() else {
        let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but no C compiler `cc` was found");
        // Not `eprintln!`, which is swallowed for a test that passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no C compiler `cc` was found");
        return;
    };
    let declared: Vec<_> = text.split(';').filter_map(function).collect();
    assert!(declared.len() > 400, "only {} functions", declared.len());
    let forgotten: Vec<_> = declared.iter().filter(|name| !is_reserved(name)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

/// The headers of C11 (7.1.2) without extensions, or `None` without a compiler.
fn preprocessed() -> Option<String> {
    const HEADERS: &str = "complex ctype fenv inttypes locale math setjmp signal stdio stdlib \
                           string time uchar wchar wctype";
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("all.c");
    let lines = HEADERS.split(' ').map(|header| format!("#include <{header}.h>\n"));
    std::fs::write(&source, lines.collect::<String>()).unwrap();
    let output = Command::new("cc").args(["-std=c11", "-E", "-P"]).arg(&source).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The function that a declaration names, unless it is the compiler's own.
fn function(declaration: &str) -> Option<&str> {
    // What stands before may be the body of a structure or of an inline function.
    let declaration = &declaration[declaration.find("extern ")?..];
    let word = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    declaration
        .match_indices('(')
        .find_map(|(at, _)| {
            let before = declaration[..at].trim_end();
            let name = &before[before.rfind(|byte| !word(byte)).map_or(0, |at| at + 1)..];
            // `void (*signal(int, …` starts with the parenthesis of a declarator.
            let pointer = declaration[at + 1..].trim_start().starts_with('*');
            (!name.is_empty() && (!pointer || name != "void")).then_some(name)
        })
        .filter(|name| !name.starts_with("__"))
}
