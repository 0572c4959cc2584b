//! The same question about DLLs of four producers: who made it, and what becomes of it in hosts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::dll::{Cache, Pyo3Producer, PythonFacts, Surroundings};
use embedcheck::doctor::Severity;
use embedcheck::doctor::dll::{ProducerKind, Role, Scope};
use embedcheck::run::Stop;
use embedcheck::target::Target;
use embedcheck_tests::{CALLER, TWINS, required};

use crate::shop::{DO_STUFF, Shop, known, see};

#[test]
fn cffi() {
    let Some(shop) = Shop::new() else { return };
    let seen = shop.doctor(&shop.good("do_stuff", "libmy_plugin.so"), DO_STUFF);
    assert_eq!(seen.facts().file.producer.kind, ProducerKind::Cffi, "{seen:#?}");
    assert!(!seen.works(Scope::Local), "{seen:#?}");
    assert!(seen.works(Scope::Global) && seen.works(Scope::Preloaded), "{seen:#?}");
    assert_eq!(seen.problems(), ["libpython-local"], "{seen:#?}");
    let preload = format!("export LD_PRELOAD={}", shop.libpython().display());
    assert_eq!(seen.verified("libpython-local"), [&*preload], "{seen:#?}");
    // The fix, tried as a person would.
    let environment = crate::shop::with(shop.site(), "LD_PRELOAD", shop.libpython());
    let mended = shop.doctor_with(&shop.path("libmy_plugin.so"), DO_STUFF, environment);
    assert!(mended.0.is_healthy() && mended.works(Scope::Local), "{mended:#?}");
    let inside = mended.runs().interpreter.as_ref().expect("it worked");
    let backend = inside.backend.as_ref().expect("CFFI has loaded it");
    assert!(backend.expected, "{mended:#?}");
}

#[test]
fn embed_dll() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.path("libmy_plugin.so");
    TWINS.put(known("do_stuff"), &dll).expect("cargo has built it for this test");
    // Once with a call, once by its start function, which is all that anybody knows without a header.
    for call in [DO_STUFF, &[]] {
        let seen = shop.doctor(&dll, call);
        assert_eq!(seen.facts().file.producer.kind, ProducerKind::EmbedDll, "{seen:#?}");
        for scope in [Scope::Local, Scope::Global, Scope::Preloaded] {
            assert!(seen.works(scope), "{scope:?}: {seen:#?}");
        }
        assert!(seen.0.is_healthy(), "{seen:#?}");
        if call.is_empty() {
            assert_eq!(seen.runs().tried, "my_plugin_start()");
        }
    }
}

#[test]
fn pyo3() {
    let Some(shop) = Shop::new() else { return };
    let Some(dll) = pyo3_dll(shop.target, &shop.path("libmodule.so")) else { return };
    let seen = shop.doctor(&dll, &["int add1(int, int)", "40", "2"]);
    assert_eq!(seen.facts().file.producer.kind, ProducerKind::Pyo3, "{seen:#?}");
    assert_eq!(seen.facts().file.role, Role::Embedding, "{seen:#?}");
    // Its init code imports nothing that is an extension module of its own.
    for scope in [Scope::Local, Scope::Global, Scope::Preloaded] {
        let runs = seen.runs().runs.iter().filter(|run| run.scope == scope);
        for run in runs {
            assert_eq!(run.works, run.cause.is_none(), "{seen:#?}");
        }
    }
    assert!(seen.works(Scope::Global) && seen.works(Scope::Preloaded), "{seen:#?}");
    let results = seen.runs().runs.iter().filter(|run| run.works);
    for run in results {
        assert!(run.steps.contains(&"add1(40, 2) = 42".to_owned()), "{seen:#?}");
    }
}

fn pyo3_dll(target: &'static Target, out: &Path) -> Option<PathBuf> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor");
    let cache = Cache::open(CALLER.cache_folder().as_deref(), &scratch);
    let surroundings = Surroundings {
        path: CALLER.path.clone().unwrap_or_default(),
        scratch,
        pip_environment: CALLER.pip_environment.clone(),
        offline: false,
        stop: Stop::new().expect("a descriptor is left"),
    };
    let libpython = target.embeddable().expect("it was chosen so");
    let python = PythonFacts::of(target, libpython)?;
    let cargo = &CALLER.cargo_environment;
    let made = Pyo3Producer::find(target, &python, &surroundings, cargo, &cache)
        .and_then(|producer| producer.build(known("bench"), out));
    match made {
        Ok(()) => Some(out.to_owned()),
        Err(error) => required(&format!("a DLL made with PyO3: {error}"), None),
    }
}

const PYBIND11: &str = r#"
#include <pybind11/pybind11.h>
PYBIND11_MODULE(fast, m) {
    m.def("add", [](int a, int b) { return a + b; });
}
"#;

/// An extension module is made for interpreters: that a host with a local libpython cannot import it is
/// told, and is no problem of the module's.
#[test]
fn pybind11() {
    let Some(shop) = Shop::new() else { return };
    let Some(headers) = pybind11_headers(shop.target) else { return };
    fs::write(shop.path("fast.cc"), PYBIND11).expect("the file can be written");
    let include = shop.target.include.as_ref().expect("it was chosen so");
    let compiled = shop.try_sh(&format!(
        "c++ -std=c++17 -O1 -shared -fPIC -fvisibility=hidden -I {} -I {} -o fast.so fast.cc",
        include.display(),
        headers.display()
    ));
    if !compiled.status.success() {
        let messages = String::from_utf8_lossy(&compiled.stderr).into_owned();
        required::<()>(&format!("a C++ compiler: {messages}"), None);
        return;
    }
    let seen = shop.doctor(&shop.path("fast.so"), &[]);
    assert_eq!(seen.facts().file.producer.kind, ProducerKind::Pybind11, "{seen:#?}");
    assert_eq!(seen.facts().file.role, Role::Extension, "{seen:#?}");
    assert_eq!(seen.facts().file.modules, ["fast"]);
    assert!(!seen.works(Scope::Local), "{seen:#?}");
    for scope in [Scope::Global, Scope::Preloaded, Scope::Interpreter] {
        assert!(seen.works(scope), "{scope:?}: {seen:#?}");
    }
    assert!(seen.0.is_healthy(), "{seen:#?}");
    assert_eq!(seen.finding("dll-is-extension-module").severity, Severity::Warning);
    assert!(seen.0.findings.iter().all(|one| one.id != "libpython-local"), "told twice: {seen:#?}");
    let local = seen.runs().runs.iter().find(|run| run.scope == Scope::Local);
    assert_eq!(local.and_then(|run| run.cause.as_deref()), Some("libpython-local"), "{seen:#?}");
}

/// The headers of pybind11, from its wheel: fetched once, and then kept below cargo's folder.
fn pybind11_headers(target: &Target) -> Option<PathBuf> {
    const VERSION: &str = "2.13.6";
    let this = std::env::current_exe().expect("a test knows its own path");
    let root = this.ancestors().nth(3).expect("tests lie below the folder of cargo");
    let folder = root.join("wheels").join(format!("pybind11-{VERSION}"));
    let headers = folder.join("pybind11/include");
    if headers.is_dir() {
        return Some(headers);
    }
    let interpreter = target.executable.as_ref()?;
    let mut pip = Command::new(interpreter);
    pip.args(["-m", "pip", "--quiet", "install", "--no-deps", "--no-compile", "--target"]);
    pip.arg(&folder).arg(format!("pybind11=={VERSION}")).env_clear().env("PATH", "/usr/bin:/bin");
    pip.envs(CALLER.pip_environment.iter().cloned());
    let fetched = pip.output();
    let reason = match fetched {
        Ok(output) if output.status.success() && headers.is_dir() => return Some(headers),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    required(&format!("pybind11 {VERSION}: {reason}"), None)
}

#[test]
fn nothing_of_the_verdicts_depends_on_the_moment() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("do_stuff", "libmy_plugin.so");
    let [one, other] = [(); 2].map(|()| {
        let seen = see(shop.target, &dll, DO_STUFF, shop.site());
        embedcheck::doctor::to_json(&seen.0).expect("a diagnosis has a JSON form")
    });
    assert_eq!(one, other);
}
