//! The shape of the prebuilt libraries for benchmarks. What they do is tested with the measuring host,
//! which is made for them.

use embedcheck_c_harness::{
    LIMIT, LINKED, NAIVE, NEEDED_PLACEHOLDER, PLAIN, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER,
};
use object::elf;

use crate::file::{
    Names, defined, dynamic, functions, names, placeholders_are_whole_strings, wanted,
};
use crate::pythons::all_or_skip;

/// What the header of the fixture `bench` declares, and others.
fn api(others: &[&str]) -> Names {
    let api =
        ["add1", "nop", "scale", "len", "sum", "raises", "round_trip", "init_time"].as_slice();
    names(&[api, others].concat())
}

#[test]
fn they_export_the_functions_of_the_fixture() {
    assert_eq!(defined(PLAIN), api(&[]));
    assert_eq!(defined(LIMIT), api(&["limit_initialise", "limit_hold", "limit_release"]));
    assert_eq!(defined(NAIVE), api(&["naive_initialise"]));
    assert_eq!(defined(LINKED), names(&["linked_add1"]));
}

#[test]
fn the_files_have_the_shape_that_is_patched() {
    for file in [LIMIT, NAIVE, LINKED] {
        assert_eq!(dynamic(file, elf::DT_NEEDED)[0], NEEDED_PLACEHOLDER);
        assert_eq!(dynamic(file, elf::DT_RUNPATH), [SEARCH_PLACEHOLDER]);
        assert_eq!(dynamic(file, elf::DT_SONAME), [SONAME_PLACEHOLDER]);
        placeholders_are_whole_strings(file);
        // The rest belongs to libc: `__tls_get_addr` is in ld.so.
        for name in &dynamic(file, elf::DT_NEEDED)[1..] {
            let libc = ["libc.so.", "ld-linux-", "libpthread.so."];
            assert!(libc.iter().any(|prefix| name.starts_with(prefix)), "{name}");
        }
    }
    assert_eq!(dynamic(PLAIN, elf::DT_NEEDED), ["libc.so.6"]);
}

#[test]
fn they_use_functions_of_every_cpython_from_3_7_on() {
    for file in [LIMIT, NAIVE] {
        let wanted = wanted(file);
        assert!(wanted.len() > 25, "{wanted:?}");
        for python in all_or_skip("they_use_functions_of_every_cpython_from_3_7_on") {
            let minor = python.version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
            if minor.unwrap_or(0) < 7 {
                continue;
            }
            let bytes = std::fs::read(&python.library).expect("a libpython can be read");
            let exported = functions(&bytes);
            let missing: Vec<_> = wanted.difference(&exported).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", python.path());
        }
    }
    assert!(wanted(PLAIN).is_empty() && wanted(LINKED).is_empty());
}
