//! DLLs and hosts in unusual places, and libraries that are made in an unusual way.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use embedcheck::doctor::dll::{DllOptions, PythonUse, Scope};
use embedcheck::doctor::{Fix, Severity};
use embedcheck::run::Stop;
use embedcheck_tests::{CALLER, RUST_HOST};

use crate::shop::{Seen, Shop};

const PLUGIN: &str = "extern void Py_InitializeEx(int);
extern int Py_IsInitialized(void);
int add1(int a, int b) { if (!Py_IsInitialized()) Py_InitializeEx(0); return a + b; }
";

const MODULE: &str = "#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = \"plain\", .m_size = -1};
PyMODINIT_FUNC PyInit_plain(void) { return PyModule_Create(&definition); }
";

const ADD1: &[&str] = &["int add1(int, int)", "40", "2"];

impl Shop {
    /// A plugin in C with the libpython of the target.
    fn plugin(&self) -> PathBuf {
        fs::write(self.path("plugin.c"), PLUGIN).expect("it can be written");
        let words = self.link_words("plugin.c", "libplugin.so");
        self.sh(&format!("{words} -fPIC -w -Wl,-rpath,{}", self.libdir().display()));
        self.path("libplugin.so")
    }

    /// An extension module in C.
    fn module(&self) -> PathBuf {
        let include = self.target.include.as_ref().expect("it was chosen so").display();
        fs::write(self.path("plain.c"), MODULE).expect("it can be written");
        self.sh(&format!("cc -shared -fPIC -I {include} -o plain.so plain.c"));
        self.path("plain.so")
    }
}

fn put(file: &Path, folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).expect("it can be made");
    let to = folder.join(file.file_name().expect("it is a file"));
    fs::copy(file, &to).expect("it can be copied");
    to
}

/// A path is bytes, for every host and every Python.
#[test]
fn any_name_of_a_folder_is_opened() {
    let Some(shop) = Shop::new() else { return };
    let (plugin, module) = (shop.plugin(), shop.module());
    for name in [&b"sp ace"[..], b"it's \"$x\"", b"new\nline", b"l\xe4tin1", "\u{fc}".as_bytes()] {
        let folder = shop.path("places").join(OsStr::from_bytes(name));
        let seen = shop.doctor(&put(&plugin, &folder), ADD1);
        for scope in [Scope::Local, Scope::Global, Scope::Preloaded] {
            assert!(seen.works(scope), "{folder:?}, {scope:?}: {seen:#?}");
        }
        // CPython encodes the path of an extension module as UTF-8, and nothing else.
        if std::str::from_utf8(name).is_err() {
            continue;
        }
        let seen = shop.doctor(&put(&module, &folder), &[]);
        for scope in [Scope::Global, Scope::Preloaded, Scope::Interpreter] {
            assert!(seen.works(scope), "{folder:?}, {scope:?}: {seen:#?}");
        }
    }
}

/// The names of versions are symbols that nobody can look up.
#[test]
fn versions_are_not_looked_up() {
    let Some(shop) = Shop::new() else { return };
    fs::write(shop.path("v.c"), "int f(void) { return 1; }").expect("it can be written");
    fs::write(shop.path("v.map"), "V_1 { global: f; local: *; };").expect("it can be written");
    shop.sh("cc -w -shared -fPIC -Wl,--version-script=v.map -o libv.so v.c");
    let seen = shop.doctor(&shop.path("libv.so"), &[]);
    assert!(seen.0.is_healthy() && seen.0.findings.is_empty(), "{seen:#?}");
}

const HOST: &str = "void Py_Initialize(void) {} void Py_InitializeEx(int i) {}
int Py_IsInitialized(void) { return 1; }
int main(void) { return 0; }
";

/// The doctor's answer about a DLL and a host with a Python inside.
fn with_host(shop: &Shop, dll: PathBuf) -> Seen {
    fs::write(shop.path("host.c"), HOST).expect("it can be written");
    shop.sh("cc -w -rdynamic -o host host.c");
    let options = DllOptions {
        dll,
        host: Some(shop.path("host")),
        environment: Vec::new(),
        calls: vec![ADD1.iter().map(|word| (*word).to_owned()).collect()],
        timeout: std::time::Duration::from_secs(60),
        rust_host: RUST_HOST.clone(),
    };
    let stop = Stop::new().expect("a descriptor is left");
    let seen = embedcheck::doctor::dll(shop.target, &CALLER, &options, &stop);
    Seen(seen.expect("both can be read"))
}

/// A host with a Python inside is no library that could be preloaded.
#[test]
fn a_program_is_not_preloaded() {
    let Some(shop) = Shop::new() else { return };
    let seen = with_host(&shop, shop.plugin());
    assert!(seen.facts().file.libpython.as_ref().is_some_and(|one| one.is_hosts), "{seen:#?}");
    assert!(matches!(seen.facts().file.python, PythonUse::Named { .. }), "{seen:#?}");
    for run in &seen.runs().runs {
        assert!(run.works, "{run:#?}");
        assert_eq!(run.libpythons, [shop.libpython().display().to_string()], "{run:#?}");
    }
}

/// That it fails in hosts without a Python is no problem of a host that has one.
#[test]
fn a_host_with_a_python_is_judged_as_one() {
    let Some(shop) = Shop::new() else { return };
    fs::write(shop.path("bare.c"), PLUGIN).expect("it can be written");
    shop.sh("cc -w -shared -fPIC -o libbare.so bare.c");
    let seen = with_host(&shop, shop.path("libbare.so"));
    assert!(!seen.works(Scope::Local) && seen.works(Scope::Preloaded), "{seen:#?}");
    assert!(seen.0.is_healthy(), "{seen:#?}");
    let finding = seen.finding("dll-without-libpython");
    assert_eq!(finding.severity, Severity::Note, "{seen:#?}");
    assert!(finding.summary.contains("; host is none of these: "), "{seen:#?}");
    let named = seen.runs().named_host.as_ref().expect("it was named");
    assert_eq!((named.like, named.works), (None, None), "its Python is in no run: {seen:#?}");
    // Without the host it is one.
    let seen = shop.doctor(&shop.path("libbare.so"), ADD1);
    assert_eq!(seen.problems(), ["dll-without-python"], "{seen:#?}");
    let dlopen = |fix: &&Fix| fix.what.contains("dlopen");
    let fixes = &seen.finding("dll-without-python").fixes;
    assert_eq!(fixes.iter().filter(dlopen).count(), 1, "told twice: {seen:#?}");
}

/// What was named as the DLL lies where it should.
#[test]
fn the_backend_itself_is_no_stranger() {
    let Some(shop) = Shop::new() else { return };
    let site = shop.site();
    let Some((_, site)) = site.first() else { return };
    let files = fs::read_dir(site).expect("CFFI was installed there");
    let mut files = files.map(|file| file.expect("it can be read").path());
    let backend = files.find(|file| file.display().to_string().contains("/_cffi_backend."));
    let seen = shop.doctor_with(&backend.expect("CFFI has one"), &[], Vec::new());
    let ids: Vec<_> = seen.0.findings.iter().map(|finding| &*finding.id).collect();
    assert_eq!(ids, ["dll-is-extension-module"], "{seen:#?}");
    let inside = seen.runs().interpreter.as_ref().expect("it worked");
    assert!(inside.backend.as_ref().is_some_and(|backend| backend.expected), "{seen:#?}");
}
