//! The diagnosis as people read it, and as JSON.

use embedcheck::doctor::{Diagnosis, to_json, to_text};
use embedcheck::report::TextOptions;

use crate::lab::{Lab, PLUGIN};

#[test]
fn what_matters_is_short_and_everything_is_there_on_demand() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    let dll = lab.library("app/libplugin.so", PLUGIN, &options);
    let diagnosis = lab.look(&target, &dll).0;
    let short = to_text(&diagnosis, &TextOptions { width: 200, ..TextOptions::default() });
    for part in [
        "hand-written C or C++",
        "add1",
        "libpython3.12.so.1.0 => ",
        "(Python 3.12.1)",
        "healthy: 0 problems",
    ] {
        assert!(short.contains(part), "no {part} in\n{short}");
    }
    assert!(!short.contains("TLS"), "{short}");
    let options = TextOptions { width: 200, verbose: true, ..TextOptions::default() };
    let long = to_text(&diagnosis, &options);
    for part in ["TLS", "dlclose unloads it", "not executable", "calls such as Py_"] {
        assert!(long.contains(part), "no {part} in\n{long}");
    }
}

/// Each name once, and libc too where the host has brought it.
#[test]
fn what_is_needed_is_told_once() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    // ld.so itself defines it.
    let libpython =
        "extern void *__tls_get_addr(void *); void *tls(void *p) { return __tls_get_addr(p); }";
    let with_ld_so = ["-Wl,--no-as-needed", "-l:ld-linux-x86-64.so.2", "-Wl,-soname,libown.so"];
    if cfg!(target_arch = "x86_64") {
        lab.library("python/lib/libown.so", libpython, &with_ld_so);
    } else {
        lab.library("python/lib/libown.so", "int own;", &["-Wl,-soname,libown.so"]);
    }
    let options = [
        "{}/python/lib/libpython3.12.so.1.0",
        "{}/python/lib/libown.so",
        "-Wl,-rpath,$ORIGIN/../python/lib",
        if cfg!(target_arch = "x86_64") { "-l:ld-linux-x86-64.so.2" } else { "-lc" },
    ];
    let dll = lab.library("app/libplugin.so", PLUGIN, &options);
    let host = lab.cc("app/host", "int main(void) { return 0; }", &[]);
    let options = TextOptions { width: 200, ..TextOptions::default() };
    for host in [None, Some(&*host)] {
        let text = to_text(&lab.look_with(&target, &dll, host, &[]).0, &options);
        let arrows = text.lines().filter_map(|line| line.split_once(" => /"));
        let mut names: Vec<_> =
            arrows.filter_map(|(name, _)| name.split(' ').next_back()).collect();
        // The line on the libpython tells of it, too.
        names.remove(0);
        assert!(names.contains(&"libc.so.6"), "{text}");
        let number = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), number, "{text}");
    }
}

#[test]
fn a_document_is_read_back_and_does_not_depend_on_time() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let dll = lab.library("app/plugin-1.5.so", PLUGIN, &["-Wl,-rpath,RIGIN:/nowhere"]);
    let text = to_json(&lab.look(&target, &dll).0).unwrap();
    assert_eq!(text, to_json(&lab.look(&target, &dll).0).unwrap());
    let again: Diagnosis = serde_json::from_str(&text).unwrap();
    assert_eq!(to_json(&again).unwrap(), text);
}
