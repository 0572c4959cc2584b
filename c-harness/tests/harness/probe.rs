//! The prebuilt probe: the shape of its file, and what it does with every CPython that is here.

use embedcheck_c_harness::{
    HOST, NEEDED_PLACEHOLDER, PROBE, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER,
};
use object::Endianness;
use object::elf;
use object::read::elf::{Dyn as _, FileHeader as _};
use serde_json::{Value, json};

use crate::file::{defined, dynamic, functions, names, placeholders_are_whole_strings, wanted};
use crate::pythons::{all_or_skip, write_probe};
use crate::support::Scratch;

#[test]
fn the_file_has_the_shape_that_is_patched() {
    let needed = dynamic(PROBE, elf::DT_NEEDED);
    assert_eq!(needed[0], NEEDED_PLACEHOLDER);
    let rest: Vec<_> = needed[1..].iter().filter(|name| *name != "libpthread.so.0").collect();
    assert_eq!(rest, ["libc.so.6"]);
    assert_eq!(dynamic(PROBE, elf::DT_RUNPATH), [SEARCH_PLACEHOLDER]);
    assert_eq!(dynamic(PROBE, elf::DT_RPATH), [""; 0]);
    assert_eq!(dynamic(PROBE, elf::DT_SONAME), [SONAME_PLACEHOLDER]);
    assert_eq!(
        [NEEDED_PLACEHOLDER, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER].map(str::len),
        [1023, 1023, 255]
    );
    placeholders_are_whole_strings(PROBE);
}

#[test]
fn binding_is_left_to_whoever_opens_it() {
    let header = elf::FileHeader64::<Endianness>::parse(PROBE).expect("an ELF file");
    let endian = header.endian().expect("an endianness");
    let sections = header.sections(endian, PROBE).expect("sections");
    let (entries, _) = sections.dynamic(endian, PROBE).expect("no error").expect("a section");
    let value = |tag: elf::DynamicTag| {
        entries.iter().find(|entry| entry.tag(endian) == tag).map(|e| e.val(endian))
    };
    assert_eq!(value(elf::DT_BIND_NOW), None);
    assert_eq!(value(elf::DT_FLAGS).unwrap_or(0) & elf::DF_BIND_NOW.0, 0);
    assert_eq!(value(elf::DT_FLAGS_1).unwrap_or(0) & elf::DF_1_NOW.0, 0);
    assert!(value(elf::DT_PLTRELSZ).is_some_and(|size| size > 0), "calls go through the PLT");
}

#[test]
fn it_exports_its_header_and_uses_functions_of_every_cpython() {
    let defined = defined(PROBE);
    assert_eq!(
        defined,
        names(&["probe_add", "probe_eval", "probe_import_all", "probe_init", "probe_run"])
    );
    for name in defined {
        assert!(embedcheck_c_harness::PROBE_HEADER.contains(&format!("{name}(")), "{name}");
    }
    let wanted = wanted(PROBE);
    assert!(wanted.len() > 10, "{wanted:?}");
    for python in all_or_skip("it_exports_its_header_and_uses_functions_of_every_cpython") {
        let bytes = std::fs::read(&python.library).expect("a libpython can be read");
        let exported = functions(&bytes);
        let missing: Vec<_> = wanted.difference(&exported).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", python.path());
    }
}

#[test]
fn the_host_needs_libc_only() {
    let mut needed = dynamic(HOST, elf::DT_NEEDED);
    // Before glibc 2.34 these were libraries of their own.
    needed.retain(|name| !["libdl.so.2", "libpthread.so.0"].contains(&&name[..]));
    assert_eq!(needed, ["libc.so.6"]);
}

#[test]
fn functions_do_what_the_header_says() {
    for python in all_or_skip("functions_do_what_the_header_says") {
        let scratch = Scratch::new();
        write_probe(&scratch, "probe.so", python.path(), "/nonexistent");
        for mode in ["LAZY", "NOW"] {
            let run = python
                .run(
                    &scratch,
                    &format!(
                        r#"open p "./probe.so" {mode}|GLOBAL
call p probe_add i(ii) 40 2
call p probe_init i()
call p probe_add i(ii) 2147483647 1
call p probe_run i(s) "result = 6 * 7"
call p probe_run i(s) "pass"
call p probe_run i(s) "x = result"
call p probe_run i(s) "import sys; sys.exit(3)"
call p probe_run i(s) "result = 2 ** 31"
call p probe_run i(s) "syntax error"
call p probe_run i(s) "result = True"
call p probe_eval s(s) "result = u'\\xe4\\u20ac' + u'\\n\"'"
call p probe_eval s(s) "raise ValueError('evaluated')"
call p probe_eval s(s) "result = [1, 2]"
call p probe_eval s(s) ""
call p probe_run i(s) "import __main__; result = len([n for n in dir(__main__) if 'embed' in n])"
call p probe_run i(s) "import sys; sys.stdout.write('printed')"
call p probe_import_all s(s) "sys\nnot there\nos.path\n"
facts images python prefix
"#
                    ),
                )
                .normal();
            let what = format!("{} {mode}: {run:#?}", python.path());
            let expected =
                json!([42, 42, -1, 42, 0, -1, -1, -1, -1, 1, "ä€\n\"", null, "[1, 2]", "", 0, 0]);
            for (step, expected) in (3..).zip(expected.as_array().expect("a list")) {
                assert_eq!(run.value(step), expected, "step {step} of {what}");
            }
            for message in [
                "OverflowError",
                "NameError",
                "SystemExit: 3",
                "SyntaxError",
                "ValueError: evaluated",
            ] {
                assert!(run.stderr.contains(message), "{message} in {what}");
            }
            assert_eq!(run.stdout, "printed", "{what}");
            let imports: Value =
                serde_json::from_str(run.value(19).as_str().expect("text")).expect("JSON");
            assert_eq!(imports["ok"], json!(["sys", "os.path"]), "{what}");
            let failed = imports["failed"]["not there"].as_str().unwrap_or_default();
            assert!(failed.contains("Error: No module named "), "{what}");
            let facts = run.value(20);
            assert_eq!(facts["images"][0]["path"], python.path(), "{what}");
            assert_eq!(facts["images"].as_array().map(Vec::len), Some(1), "{what}");
            assert_eq!(facts["python"], json!({"initialized": true}));
            let version = facts["prefix"]["version"].as_str().expect("a version");
            assert!(version.starts_with(&python.version), "{what}");
            let prefix = python.bin.parent().expect("a prefix").to_str();
            assert_eq!(facts["prefix"]["prefix"].as_str(), prefix, "{what}");
        }
    }
}

#[test]
fn it_works_from_many_threads_and_after_a_fork() {
    for python in all_or_skip("it_works_from_many_threads_and_after_a_fork") {
        let scratch = Scratch::new();
        write_probe(&scratch, "probe.so", python.path(), "/nonexistent");
        let run = python
            .run(
                &scratch,
                "open p \"./probe.so\" NOW|GLOBAL\nthreads\nthread 8\ncall p probe_add i(ii) 40 2\n\
                 call p probe_eval s(s) \"import threading; result = threading.current_thread().name\"\nend\n\
                 fork c\ncall p probe_add i(ii) 1 2\nend\nwait c\ncall p probe_add i(ii) 1 1\n",
            )
            .normal();
        assert!(run.ends(5).iter().all(|end| end["value"] == 42), "{}: {run:#?}", python.path());
        assert!(run.ends(6).iter().all(|end| end["value"].is_string()), "{run:#?}");
        assert_eq!(*run.value(9), json!(3), "{}: {run:#?}", python.path());
        assert_eq!(*run.value(11), json!({"exit": 17}), "{}: {run:#?}", python.path());
        assert_eq!(*run.value(12), json!(2));
    }
}

/// Extension modules that name no libpython need it in the global scope: the reason for the whole tool.
#[test]
fn failed_imports_carry_their_message() {
    let pythons = all_or_skip("failed_imports_carry_their_message");
    for python in
        pythons.iter().filter(|python| ["3.9", "3.11", "3.13"].contains(&&python.version[..]))
    {
        let scratch = Scratch::new();
        write_probe(&scratch, "probe.so", python.path(), "/nonexistent");
        let run = python
            .run(
                &scratch,
                "open p \"./probe.so\" NOW|LOCAL\ncall p probe_import_all s(s) \"_ctypes\"\n\
                 open g \"./probe.so\" NOW|GLOBAL\ncall p probe_import_all s(s) \"_ctypes\"\n",
            )
            .normal();
        let text = |step| run.value(step).as_str().expect("text").to_owned();
        assert!(
            text(3).contains("ImportError: ") && text(3).contains("undefined symbol: Py"),
            "{run:#?}"
        );
        assert_eq!(text(5), r#"{"ok":["_ctypes"],"failed":{}}"#, "{run:#?}");
    }
}

#[test]
fn two_copies_live_in_two_namespaces() {
    for python in all_or_skip("two_copies_live_in_two_namespaces") {
        let scratch = Scratch::new();
        let folder = python.library.parent().expect("a folder").to_str().expect("UTF-8");
        let name = python.library.file_name().expect("a name").to_str().expect("UTF-8");
        // By name and RUNPATH this time.
        write_probe(&scratch, "probe.so", name, folder);
        let open = "open p \"./probe.so\" NOW|GLOBAL\nopen q \"./probe.so\" NOW newlm\n";
        let facts = python.run(&scratch, &format!("{open}facts images symbols\n")).normal();
        let facts = facts.value(4);
        let images = facts["images"].as_array().expect("a list");
        let spaces: Vec<_> = images.iter().map(|image| &image["namespace"]).collect();
        assert_eq!(spaces, [0, 1], "{facts}");
        assert_eq!(images[0]["build_id"], images[1]["build_id"]);
        assert_ne!(facts["symbols"]["p"], facts["symbols"]["q"]);

        // Python 3 before 3.14 finds its thread state through a pthread key (cpython#131185). The keys
        // of two copies of glibc have the same numbers and share their values, so that each Python
        // takes the other's thread state for its own, and crashes.
        let (major, minor) = python.version.split_once('.').expect("two numbers");
        if major == "3" && minor.parse::<u32>().expect("a number") < 14 {
            continue;
        }
        let calls = "call p probe_run i(s) \"import sys; sys.mark = 1; result = 1\"\n\
                     call q probe_run i(s) \"import sys; result = hasattr(sys, 'mark')\"\n\
                     call q probe_eval s(s) \"result = 'q'\"\ncall p probe_eval s(s) \"result = 'p'\"\nexit 17 now\n";
        let run = python.run(&scratch, &format!("{open}{calls}")).normal();
        let values: Vec<_> = (4..8).map(|step| run.value(step)).collect();
        assert_eq!(json!(values), json!([1, 0, "q", "p"]), "{}: {run:#?}", python.path());
    }
}
