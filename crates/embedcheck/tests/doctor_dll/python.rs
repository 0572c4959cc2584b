//! The libpython of a DLL: none, inside, another one, or without what the DLL refers to.

use std::fs;
use std::os::unix::fs::symlink;

use embedcheck::doctor::dll::{ProducerKind, PythonUse, Role};

use crate::cases;
use crate::lab::{Lab, PLUGIN, run_fix};

/// An extension module, as far as its symbols tell.
const EXTENSION: &str = "extern int PyModule_Create2(void); int PyInit_spam(void); int PyInit_spam(void) { return PyModule_Create2(); }";

/// Text as CFFI 1.15.1 leaves it in what it generates.
const OLD_CFFI: &str =
    r#"const char cffi_text[] = "\nFrom: plugin\ncompiled with cffi version: 1.15.1\n";"#;

fn healthy(lab: &Lab) -> (std::path::PathBuf, embedcheck::target::Target) {
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    (lab.library("app/libplugin.so", PLUGIN, &options), target)
}

cases! {
    names_no_libpython: "dll-without-python" => |lab| {
        let (dll, target) = healthy(lab);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), [""; 0]);
        assert_eq!(
            look.facts().file.python,
            PythonUse::Named { name: "libpython3.12.so.1.0".to_owned() }
        );
        let dll = lab.library("app/libbare.so", PLUGIN, &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-without-python"]);
        let finding = look.finding("dll-without-python");
        assert!(finding.summary.contains("calls Py_InitializeEx"), "{}", finding.summary);
        if run_fix(finding) {
            assert_eq!(lab.look(&target, &dll).troubles(), [""; 0]);
        }
    };

    extension_module: "dll-is-extension-module" => |lab| {
        let (_, target) = lab.python();
        let dll = lab.library("app/spam.so", EXTENSION, &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-is-extension-module"]);
        assert_eq!(look.facts().file.role, Role::Extension);
        assert_eq!(look.facts().file.modules, ["spam"]);
        let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
        let dll = lab.library("app/spam.so", EXTENSION, &options);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        // What a libpython brings along is there, too, when it is.
        let up = "double ceil(double); double up(double x); double up(double x) { return ceil(x); }";
        let dll = lab.library("app/spam.so", &format!("{EXTENSION} {up}"), &["-fno-builtin"]);
        let ids = ["dll-is-extension-module", "dll-symbols-from-host"];
        assert_eq!(lab.look(&target, &dll).ids(), ids);
        let libpython = "void Py_Initialize(void) {} void Py_InitializeEx(int i) { (void)i; } \
                         int PyModule_Create2(void) { return 0; }";
        let libpython = lab.library("libm/libpython3.12.so.1.0", libpython, &["-lm"]);
        let target = lab.target(&libpython, "3.12.1");
        assert_eq!(lab.look(&target, &dll).ids(), ids[..1]);
    };

    contains_python: "dll-contains-python" => |lab| {
        let (dll, target) = healthy(lab);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        let source = format!(
            "{PLUGIN} void Py_InitializeEx(int i) {{ (void)i; }} int Py_IsInitialized(void) {{ return 0; }}"
        );
        let dll = lab.library("app/libone.so", &source, &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-contains-python"]);
        assert_eq!(look.facts().file.python, PythonUse::Contained);
    };

    of_cffi_before_1_16: "dll-cffi-hangs" => |lab| {
        let (_, target) = lab.python();
        let source = format!("{PLUGIN} {OLD_CFFI}");
        let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
        let dll = lab.library("app/libplugin.so", &source, &options);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-cffi-hangs"]);
        assert!(look.finding("dll-cffi-hangs").summary.contains("CFFI 1.15.1"));
        let new = source.replace("1.15.1", "1.16.0");
        let dll = lab.library("app/libplugin.so", &new, &options);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        // Python 3.11 does not touch what the old code waits for.
        let old = lab.libpython("python/lib/libpython3.11.so.1.0", "3.11.7");
        let options = ["{}/python/lib/libpython3.11.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
        let dll = lab.library("app/libplugin.so", &source, &options);
        assert_eq!(lab.look(&lab.target(&old, "3.11.7"), &dll).ids(), [""; 0]);
    };

    pypy_without_home: "dll-pypy-home" => |lab| {
        let (_, target) = lab.python();
        let source = "int pypy_init_embedded_cffi_module(void) { return 0; } void pypy_setup_home(void) {}";
        let soname = "-Wl,-soname,libpypy3.10-c.so";
        let libpypy = lab.library("pypy/bin/libpypy3.10-c.so", source, &[soname]);
        let code = "extern int pypy_init_embedded_cffi_module(void); \
                    int add1(int a) { return pypy_init_embedded_cffi_module() + a; }";
        let options = ["{}/pypy/bin/libpypy3.10-c.so", "-Wl,-rpath,{}/lib"];
        let dll = lab.library("app/libplugin.so", code, &options);
        fs::create_dir_all(lab.path("lib")).unwrap();
        fs::copy(&libpypy, lab.path("lib/libpypy3.10-c.so")).unwrap();
        for folder in ["lib-python", "lib_pypy"] {
            fs::create_dir_all(lab.path("pypy").join(folder)).unwrap();
        }
        let look = lab.look(&target, &dll);
        assert_eq!(look.troubles(), ["dll-pypy-home", "dll-other-python"]);
        let file = &look.facts().file;
        assert_eq!(file.producer.kind, ProducerKind::Cffi);
        assert_eq!(file.python, PythonUse::Named { name: "libpypy3.10-c.so".to_owned() });
        // A link instead of a copy, as the documentation of CFFI advises.
        fs::remove_file(lab.path("lib/libpypy3.10-c.so")).unwrap();
        symlink(&libpypy, lab.path("lib/libpypy3.10-c.so")).unwrap();
        assert_eq!(lab.look(&target, &dll).troubles(), ["dll-other-python"]);
    };

    of_another_version: "dll-other-python" => |lab| {
        let (dll, target) = healthy(lab);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        let other = lab.libpython("other/libpython3.13.so.1.0", "3.13.0");
        let look = lab.look(&lab.target(&other, "3.13.0"), &dll);
        assert_eq!(look.ids(), ["dll-other-python"]);
        let summary = &look.finding("dll-other-python").summary;
        assert_eq!(summary, "libplugin.so runs in Python 3.12, not in cpython-3.13.0 (3.13.0)");
    };

    of_another_build: "dll-other-build" => |lab| {
        let (dll, target) = healthy(lab);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        let other = lab.libpython("other/libpython3.12.so.1.0", "3.12.4");
        let look = lab.look(&lab.target(&other, "3.12.4"), &dll);
        assert_eq!(look.ids(), ["dll-other-build"]);
        let finding = look.finding("dll-other-build");
        assert!(finding.evidence[0].ends_with("(Python 3.12.1)"), "{finding:#?}");
        if run_fix(finding) {
            assert_eq!(lab.look(&lab.target(&other, "3.12.4"), &dll).troubles(), [""; 0]);
        }
    };

    under_a_wrong_name: "dll-libpython-renamed" => |lab| {
        let (dll, target) = healthy(lab);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        lab.libpython("python/lib/libpython3.13.so.1.0", "3.13.0");
        let name = lab.path("python/lib/libpython3.12.so.1.0");
        fs::remove_file(&name).unwrap();
        symlink("libpython3.13.so.1.0", &name).unwrap();
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-libpython-renamed"]);
        assert!(look.finding("dll-libpython-renamed").evidence[0].contains("DT_SONAME libpython3.13"));
    };

    symbols_missing: "dll-symbols-missing" => |lab| {
        let (_, target) = lab.python();
        let with = |symbol: &str| {
            format!("{PLUGIN} extern int {symbol}(void); int more(void) {{ return {symbol}(); }}")
        };
        let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
        let dll = lab.library("app/libplugin.so", &with("_PyThreadState_UncheckedGet"), &options);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-symbols-missing"]);
        let summary = &look.finding("dll-symbols-missing").summary;
        assert!(summary.contains("refers to _PyThreadState_UncheckedGet"), "{summary}");
        let dll = lab.library("app/libplugin.so", &with("PyModule_Create2"), &options);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        // Nobody is named: that of the Python that was named is asked.
        let dll = lab.library("app/libbare.so", &with("PyDict_GetItemRef"), &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-without-python", "dll-symbols-missing"]);
    };

    symbols_of_the_host: "dll-symbols-from-host" => |lab| {
        let (_, target) = lab.python();
        let source = "extern int of_host(void); int f(void) { return of_host(); }";
        let dll = lab.library("app/libplugin.so", source, &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-symbols-from-host"]);
        assert!(look.0.is_healthy());
        let main = "int of_host(void) { return 1; } int main(void) { return 0; }";
        let host = lab.cc("app/host", main, &["-rdynamic"]);
        assert_eq!(lab.look_with(&target, &dll, Some(&host), &[]).ids(), [""; 0]);
    };

    symbols_undefined: "dll-symbols-undefined" => |lab| {
        let (_, target) = lab.python();
        let source = "extern int of_host(void); int f(void) { return of_host(); }";
        let dll = lab.library("app/libplugin.so", source, &[]);
        let main = "int of_host(void) { return 1; } int main(void) { return 0; }";
        let host = lab.cc("app/host", main, &[]);
        let look = lab.look_with(&target, &dll, Some(&host), &[]);
        assert_eq!(look.ids(), ["dll-symbols-undefined"]);
        assert!(look.finding("dll-symbols-undefined").evidence[0].contains("undefined symbol: of_host"));
        let host = lab.cc("app/host", main, &["-rdynamic"]);
        assert_eq!(lab.look_with(&target, &dll, Some(&host), &[]).ids(), [""; 0]);
    };
}
