//! The group on embed-dll on real builds, and every check broken once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::check::{CHECKS, Options, Scene, Tamper};
use embedcheck::dll::{Fixture, Twins};
use embedcheck::report::{CheckResult, Producer, Verdict};
use embedcheck::target::{Support, Target};
use embedcheck_tests::{
    CALLER, TARGETS, TWINS, explain, options, own_target, required, run, run_broken, run_one,
    was_run,
};

fn only_rust(only: &str) -> Options {
    Options { only: vec![only.to_owned()], producers: vec![Producer::Rust], ..options() }
}

/// Every Python that embed-dll is for.
fn targets() -> Vec<&'static Target> {
    let full = TARGETS.iter().filter(|target| target.support == Support::Full).collect::<Vec<_>>();
    required("a CPython 3.8 or later with a shared libpython", (!full.is_empty()).then_some(full))
        .unwrap_or_default()
}

#[test]
fn the_group_passes_on_real_builds() {
    for target in targets() {
        for result in run(target, &only_rust("rust/*")).results.into_iter().filter(was_run) {
            let about = format!("{}: {}", target.id, explain(&result));
            assert_eq!(result.verdict, Verdict::Pass, "{about}");
            assert_eq!(result.producers, [Producer::Rust], "{about}");
        }
    }
}

/// What is a limit for the others is none for embed-dll: alone, and beside them.
#[test]
fn a_local_libpython_is_no_limit() {
    for target in targets() {
        for id in ["load/local", "load/local-lazy", "load/deepbind", "load/host-as-needed"] {
            let alone = run(target, &only_rust(id)).results.remove(0);
            if was_run(&alone) {
                assert_eq!(alone.verdict, Verdict::Pass, "{}: {}", target.id, explain(&alone));
            }
        }
        let all = run_one(target, "load/local");
        let about = format!("{}: {}", target.id, explain(&all));
        assert_eq!(all.verdict, Verdict::Limit, "{about}");
        assert_eq!(all.by_producer[&Producer::Rust], Verdict::Pass, "{about}");
        assert_eq!(all.by_producer[&Producer::Probe], Verdict::Limit, "{about}");
    }
}

/// Whatever is asked of all producers, those of embed-dll can do; what is beyond any DLL is a limit.
#[test]
fn every_check_passes_for_the_producer() {
    let Some(target) = own_target() else { return };
    let quick = Options { iterations: Some(3), ..only_rust("*/*") };
    for result in run(target, &quick).results {
        let expected: &[Verdict] = match result.id.as_str() {
            // Nothing of these is about the DLL.
            "race/host-holds-gil" => &[Verdict::Limit],
            // A namespace has no global scope.
            "load/dlmopen" => &[Verdict::Limit],
            "race/raw-embedder" => &[Verdict::Limit, Verdict::Pass],
            // A check that is about every DLL is not left out.
            id if id.starts_with("rust/")
                || id.starts_with("race/threads-")
                || ["load/local", "load/global", "layout/origin", "share/one-interpreter"]
                    .contains(&id) =>
            {
                if !was_run(&result) {
                    continue;
                }
                &[Verdict::Pass]
            }
            _ => &[Verdict::Pass, Verdict::Skip],
        };
        assert!(expected.contains(&result.verdict), "{}", explain(&result));
    }
}

/// A DLL whose functions return 0, or are not there, in the place of the right one.
#[test]
fn another_dll_fails_each_check() {
    let Some(target) = own_target() else { return };
    let twin = |name| TWINS.library(Fixture::named(name).expect("the fixture is there"));
    let (Ok(dead), Ok(alive)) = (twin("initerror"), twin("perf")) else {
        required::<()>("the DLLs made with embed-dll", None);
        return;
    };
    for check in CHECKS.iter().filter(|check| check.group() == "rust") {
        let other = if check.id == "rust/init-error" { &alive } else { &dead }.clone();
        let tamper = Tamper::new(move |scene| {
            for name in ["plugin.so", "_add1_cffi.so", "_raises_cffi.so", "libadd1.so"] {
                replace(&scene.folder.join(name), &other);
            }
            if scene.check == "rust/static-host" {
                replace(&scene.folder.join("host"), Path::new("/bin/true"));
            }
        });
        let result = run_broken(target, check.id, tamper);
        if was_run(&result) {
            assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
        }
    }
}

/// Init code that raises is told from a Python that cannot be started.
#[test]
fn init_code_that_raises_is_named_as_the_cause() {
    let Some(target) = own_target() else { return };
    let dead = TWINS.library(Fixture::named("initerror").expect("the fixture is there"));
    let Some(dead) = required("the DLLs made with embed-dll", dead.ok()) else { return };
    let tamper =
        Tamper::new(move |scene: &Scene<'_>| replace(&scene.folder.join("plugin.so"), &dead));
    let result = run_broken(target, "rust/one-binary", tamper);
    if was_run(&result) {
        let cause = result.cause.as_ref().map(|cause| &*cause.id);
        assert_eq!(cause, Some("embed-dll-init-raised"), "{}", explain(&result));
    }
}

/// A file that is there.
fn replace(file: &Path, other: &Path) {
    if file.exists() {
        fs::remove_file(file).expect("the file of a case can be removed");
        fs::copy(other, file).expect("the file of a case can be written");
    }
}

/// A DLL in C that takes the place of a twin.
fn in_c(code: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (source, library) = (folder.path().join("other.c"), folder.path().join("other.so"));
    fs::write(&source, code).expect("the temporary folder can be written");
    let compiler = CALLER.cc.clone().unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    let output = required("a C compiler", command.output().ok())?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((folder, library))
}

/// The check with a DLL in C, and what its detail must say.
fn broken_in_c(id: &str, code: &str, words: &str) {
    let (Some(target), Some((_folder, library))) = (own_target(), in_c(code)) else { return };
    let tamper =
        Tamper::new(move |scene: &Scene<'_>| replace(&scene.folder.join("plugin.so"), &library));
    let result = run_broken(target, id, tamper);
    if was_run(&result) {
        assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
        assert!(explain(&result).contains(words), "{id}: {words}: {}", explain(&result));
    }
}

/// A DLL that needs a symbol of Python, whoever brings it in.
#[test]
fn a_binding_is_seen() {
    broken_in_c(
        "rust/one-binary",
        "extern int Py_IsInitialized(void) __attribute__((weak));
         int add1(int a, int b) { return Py_IsInitialized ? 0 : a + b; }",
        "undefined symbol Py_IsInitialized",
    );
}

/// The prefix alone is not enough.
#[test]
fn an_empty_executable_is_seen() {
    let Some(target) = own_target() else { return };
    let Some(prefix) = target.base_prefix.as_ref().or(target.prefix.as_ref()) else { return };
    broken_in_c(
        "rust/prefix",
        &format!(
            "#include <dlfcn.h>
             #include <stdlib.h>
             __attribute__((constructor)) static void start(void) {{
                 dlopen(getenv(\"EMBED_DLL_LIBPYTHON\"), RTLD_NOW);
             }}
             const char *facts_prefix(void) {{ return {prefix:?}; }}
             const char *facts_executable(void) {{ return \"\"; }}
             int facts_add(int a, int b) {{ return a + b; }}"
        ),
        "sys.executable is \\\"\\\"",
    );
}

/// Python's way with signals.
#[test]
fn a_handler_that_stays_is_seen() {
    broken_in_c(
        "rust/host-state",
        "#include <dlfcn.h>
         #include <signal.h>
         #include <stdlib.h>
         __attribute__((constructor)) static void start(void) {
             dlopen(getenv(\"EMBED_DLL_LIBPYTHON\"), RTLD_NOW);
         }
         int add1(int a, int b) { signal(SIGPIPE, SIG_IGN); return a + b; }
         const char *import_all(const char *names) { return names; }",
        "\"SIGPIPE\":\"ignore\"",
    );
}

/// Python's way with failures.
#[test]
fn an_end_from_inside_is_seen() {
    broken_in_c(
        "rust/start-failures",
        "#include <stdlib.h>
         int _perf_cffi_start(void) { exit(1); }",
        "from inside",
    );
}

/// A lock that nobody gives back in the child.
#[test]
fn a_hanging_child_is_seen() {
    broken_in_c(
        "rust/fork",
        "#include <unistd.h>
         static pid_t first;
         __attribute__((constructor)) static void start(void) { first = getpid(); }
         int add1(int a, int b) { while (getpid() != first) pause(); return a + b; }",
        "{\"timeout\":true}",
    );
}

/// Without the DLLs the producer is left out, and the report says what is missing and what to do.
#[test]
fn without_twins_it_is_a_skip() {
    let Some(target) = own_target() else { return };
    let without = |only: &str| Options {
        twins: Twins::in_folder("/nonexistent"),
        ..Options { only: vec![only.to_owned()], ..options() }
    };
    let own: CheckResult = run(target, &without("rust/one-binary")).results.remove(0);
    assert_eq!(own.verdict, Verdict::Skip, "{}", explain(&own));
    assert!(own.advice.is_some_and(|advice| advice.contains("EMBEDCHECK_RUST_DLLS")));
    let other = run(target, &without("load/global")).results.remove(0);
    let said = other.not_covered.iter().any(|part| part.starts_with("producer rust: there is no"));
    assert!(said, "{}", explain(&other));
    assert!(!other.producers.contains(&Producer::Rust));
}

/// `--producer` leaves the others out, and checks that are not about it are skipped.
#[test]
fn one_producer_alone() {
    let Some(target) = own_target() else { return };
    for (id, producer, verdict) in [
        ("load/global", Producer::Probe, Verdict::Pass),
        ("predict/resolution", Producer::Rust, Verdict::Skip),
        ("layout/rpath", Producer::Rust, Verdict::Skip),
        ("cffi/unattached", Producer::Probe, Verdict::Skip),
        ("rust/unattached", Producer::Cffi, Verdict::Skip),
        ("race/raw-embedder", Producer::Probe, Verdict::Skip),
        ("load/promote-before", Producer::Rust, Verdict::Skip),
    ] {
        let options = Options { only: vec![id.to_owned()], producers: vec![producer], ..options() };
        let result = run(target, &options).results.remove(0);
        assert_eq!(result.verdict, verdict, "{}", explain(&result));
        assert!(result.producers.iter().all(|used| *used == producer), "{}", explain(&result));
    }
}
