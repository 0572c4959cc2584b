//! What `facts` reports, with libraries that only look like Python.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Scratch, compile};

/// Fake Pythons: one with a soname and a build-id, one with only the old hash table.
fn fakes() -> Scratch {
    let scratch = Scratch::new();
    let flags = ["-Wl,-soname,libfake.so.1", "-Wl,--build-id=0x0123456789abcdef"];
    scratch.library("fake_python.c", "fake.so", &flags);
    scratch.library("fake_python.c", "old.so", &["-Wl,--hash-style=sysv", "-Wl,--build-id=none"]);
    scratch.library("fake_python.c", "hidden.so", &["-fvisibility=hidden"]);
    // The old table lists references too; the new one only definitions.
    scratch.library("user.c", "user.so", &["-Wl,--hash-style=sysv"]);
    scratch
}

fn column<'a>(images: &'a Value, key: &str) -> Vec<&'a Value> {
    images.as_array().expect("a list").iter().map(|image| &image[key]).collect()
}

#[test]
fn images_are_those_that_define_python() {
    let run = fakes()
        .run(
            "facts images\nopen user \"./user.so\" LAZY\nopen hidden \"./hidden.so\" NOW\nfacts images\n\
             open fake \"./fake.so\" NOW\nopen old \"./old.so\" NOW newlm\nopen again \"./fake.so\" NOW in=old\n\
             open third \"./fake.so\" NOW newlm\nfacts images\n\
             close fake\nclose third\nfacts images\n",
        )
        .normal();
    assert_eq!(*run.value(2), json!({"images": []}));
    assert_eq!(*run.value(5), json!({"images": []}), "a reference is no definition");
    let images = &run.value(10)["images"];
    assert_eq!(column(images, "path"), ["./fake.so", "./old.so", "./fake.so", "./fake.so"]);
    assert_eq!(column(images, "namespace"), [0, 1, 1, 2]);
    let soname = json!("libfake.so.1");
    assert_eq!(column(images, "soname"), [&soname, &Value::Null, &soname, &soname]);
    let id = json!("0123456789abcdef");
    assert_eq!(column(images, "build_id"), [&id, &Value::Null, &id, &id]);
    let mut bases = column(images, "base");
    assert!(bases.iter().all(|base| base.as_str().is_some_and(|base| base.starts_with("0x7"))));
    bases.dedup();
    assert_eq!(bases.len(), 4, "{images}");
    let images = &run.value(13)["images"];
    assert_eq!(column(images, "path"), ["./old.so", "./fake.so"]);
}

/// Both `PT_NOTE` layouts and both hash tables, and programs: the host itself is one.
#[test]
fn a_program_that_contains_python_counts_as_an_image() {
    let scratch = Scratch::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut sources = vec![fixtures.join("fake_python.c")];
    for (name, text) in embedcheck_c_harness::HOST_SOURCES {
        let path = scratch.write(name, text);
        sources.extend(name.ends_with(".c").then_some(path));
    }
    for (modes, base_is_zero) in [(["-fPIE", "-pie"], false), (["-fno-pie", "-no-pie"], true)] {
        let flags =
            [embedcheck_c_harness::HOST_COMPILE_FLAGS, &["-rdynamic", "-O0"], &modes].concat();
        compile(&sources, &flags, &scratch.path("host"));
        let run = scratch.run("open me self NOW\nfacts images symbols python\n").normal();
        let facts = run.value(3);
        let host = scratch.path("host").canonicalize().expect("the host");
        assert_eq!(column(&facts["images"], "path"), [host.to_str().expect("UTF-8")]);
        assert_eq!(facts["images"][0]["base"] == "0x0", base_is_zero, "{facts}");
        assert_eq!(facts["symbols"]["default"]["file"], host.to_str().expect("UTF-8"));
        assert_eq!(facts["symbols"]["default"], facts["symbols"]["me"]);
        assert_eq!(facts["python"], json!({"initialized": false}));
    }
}

#[test]
fn build_ids_are_those_of_readelf() {
    let scratch = Scratch::new();
    let path = scratch.library("fake_python.c", "fake.so", &["-Wl,--build-id=sha1"]);
    let run = scratch.run("open fake \"./fake.so\" NOW\nfacts images\n").normal();
    let notes = Command::new("readelf").arg("-n").arg(path).output().expect("readelf, of binutils");
    let notes = String::from_utf8_lossy(&notes.stdout).into_owned();
    let (_, id) = notes.split_once("Build ID: ").expect("a build-id");
    assert_eq!(run.value(3)["images"][0]["build_id"], id.lines().next().unwrap_or_default());
}

#[test]
fn symbols_are_looked_up_from_every_handle() {
    let run = fakes()
        .run(
            "open user \"./user.so\" LAZY\nopen fake \"./fake.so\" NOW|LOCAL\nfacts symbols\n\
             promote \"./fake.so\"\nclose user\nfacts symbols python prefix\n",
        )
        .normal();
    let symbols = &run.value(4)["symbols"];
    assert_eq!((&symbols["default"], &symbols["user"]), (&Value::Null, &Value::Null));
    assert_eq!(symbols["fake"]["file"], "./fake.so");
    let facts = run.value(7);
    assert_eq!(facts["symbols"]["default"], symbols["fake"]);
    assert!(facts["symbols"].get("user").is_none(), "closed");
    assert_eq!(facts["python"], json!({"initialized": false}));
    assert_eq!(facts["prefix"], Value::Null);
}

#[test]
fn python_is_found_through_a_handle_or_not_at_all() {
    let run = fakes()
        .run("facts python prefix\nopen user \"./user.so\" LAZY\nopen fake \"./fake.so\" NOW\nfacts python\n")
        .normal();
    assert_eq!(*run.value(2), json!({"python": null, "prefix": null}));
    assert_eq!(*run.value(5), json!({"python": {"initialized": false}}));
}

#[test]
fn signals_locale_and_threads_are_those_of_the_process() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    let run = scratch
        .run(
            "facts signals locale threads\nopen lib \"./lib.so\" NOW\ncall lib ignore_interrupts v()\n\
             call lib handle_terminations v()\ncall default setlocale s(is) 0 \"C.UTF-8\"\n\
             facts signals locale\nthreads\nthread 3\ncall lib meet i(i) 3\nfacts threads\ncall lib meet i(i) 6\nend\n",
        )
        .normal();
    let before = run.value(2);
    let signals = before["signals"].as_object().expect("an object");
    assert_eq!(signals.len(), 29);
    assert!(!signals.contains_key("SIGKILL") && !signals.contains_key("SIGSTOP"));
    assert_eq!((&signals["SIGINT"], &signals["SIGTERM"]), (&json!("default"), &json!("default")));
    assert_eq!(before["locale"], json!({"ctype": "C", "all": "C"}));
    assert_eq!(before["threads"], 1);
    let after = run.value(7);
    assert_eq!(after["signals"]["SIGINT"], "ignore");
    assert_eq!(after["signals"]["SIGTERM"], "handler");
    assert_eq!(after["signals"]["SIGHUP"], "default");
    if *run.value(6) == "C.UTF-8" {
        assert_eq!(after["locale"]["ctype"], "C.UTF-8");
        assert!(after["locale"]["all"].as_str().expect("text").contains("LC_NUMERIC=C;"));
    }
    assert!(run.ends(11).iter().all(|end| end["value"]["threads"] == 4), "{run:#?}");
}
