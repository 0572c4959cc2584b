//! The embedded sources, and hosts that are made from them at check time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck_c_harness::{HOST_COMPILE_FLAGS, HOST_SOURCES};
use serde_json::json;

use crate::support::{Scratch, compile};

#[test]
fn every_file_of_the_host_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("host");
    let on_disk: BTreeSet<String> = fs::read_dir(folder)
        .expect("host/")
        .map(|entry| entry.expect("host/").file_name().to_string_lossy().into_owned())
        .collect();
    let embedded: BTreeSet<String> =
        HOST_SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(embedded, on_disk);
    assert_eq!(embedded.len(), HOST_SOURCES.len(), "a file is named twice");
}

/// Unpacks the sources into a scratch folder with one more C file; returns what must be compiled.
fn unpack(scratch: &Scratch, extra: &str) -> Vec<PathBuf> {
    let mut sources = vec![scratch.write("builtins.c", extra)];
    for (name, text) in HOST_SOURCES {
        let path = scratch.write(name, text);
        sources.extend(name.ends_with(".c").then_some(path));
    }
    sources
}

const BUILTINS: &str = "#include \"builtin.h\"\nextern int plus(int, int);\nextern int count(void);\n\
    const struct embedcheck_builtin embedcheck_builtins[] = {\n\
    {\"plus\", (void *)plus}, {\"count\", (void *)count}, {0, 0}};\n";

const PLAN: &str = "open me self NOW\ncall me plus i(ii) 40 2\nresolve me plus\ncall me strlen l(s) \"abc\"\n\
    call default plus i(ii) 1 1\ncall me fire i(i) 1\n";

#[test]
fn a_static_host_has_the_functions_inside() {
    let scratch = Scratch::new();
    let mut sources = unpack(&scratch, BUILTINS);
    sources.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/library.c"));
    compile(&sources, &[HOST_COMPILE_FLAGS, &["-O0"]].concat(), &scratch.path("host"));
    let run = scratch.run(PLAN).normal();
    assert_eq!(*run.value(3), json!(42));
    let host = scratch.path("host").canonicalize().expect("the host");
    assert_eq!(run.value(4)["file"], host.to_str().expect("UTF-8"));
    assert_eq!(*run.value(5), json!(3), "what is not in the table comes from dlsym");
    assert!(run.error(6).starts_with("no symbol \"plus\": "), "only `self` has the table");
    assert!(run.error(7).starts_with("no symbol \"fire\": "), "not in the table, not exported");
}

#[test]
fn a_linked_host_keeps_its_library_under_as_needed() {
    let scratch = Scratch::new();
    let library = scratch.library("library.c", "liblinked.so", &[]);
    let flags = ["-O0", "-Wl,--as-needed", library.to_str().expect("UTF-8")];
    let sources = unpack(&scratch, BUILTINS);
    compile(&sources, &[HOST_COMPILE_FLAGS, &flags].concat(), &scratch.path("host"));
    let run = scratch.run(PLAN).normal();
    assert_eq!(*run.value(3), json!(42));
    assert!(run.value(4)["file"].as_str().expect("a path").ends_with("/liblinked.so"));
    assert_eq!(*run.value(6), json!(2));
    assert_eq!(*run.value(7), json!(-1), "dlsym finds it in the global scope");
}

#[test]
fn compiling_again_gives_no_warning() {
    let scratch = Scratch::new();
    let sources = unpack(&scratch, "#include \"builtin.h\"\n");
    let strict = ["-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wvla"];
    compile(&sources, &[&strict[..], HOST_COMPILE_FLAGS].concat(), &scratch.path("host"));
    assert_eq!(*scratch.run("call default abs i(i) -7\n").normal().value(2), json!(7));
}

/// `.clang-format` is the repository's; the tool may be missing.
#[test]
fn c_files_are_formatted() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["host", "probe", "tests/fixtures"] {
        for entry in fs::read_dir(crate_folder.join(folder)).expect("a folder") {
            files.push(entry.expect("a file").path());
        }
    }
    let result = std::process::Command::new("clang-format")
        .args(["--style=file", "--dry-run", "-Werror"])
        .args(files)
        .output();
    match result {
        Err(error) => {
            crate::support::skip("c_files_are_formatted", &format!("clang-format: {error}"))
        }
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr))
        }
    }
}
