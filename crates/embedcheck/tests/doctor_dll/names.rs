//! Names of modules and of files.

use std::fs;

use crate::cases;
use crate::lab::{Lab, run_fix};

/// A DLL with one function and one module.
fn source(module: &str) -> String {
    format!(
        "extern void Py_InitializeEx(int); void start(void) {{ Py_InitializeEx(0); }}\n\
         void *PyInit_{module}(void) {{ return 0; }}"
    )
}

fn dll(lab: &Lab, relative: &str, module: &str) -> std::path::PathBuf {
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    lab.library(relative, &source(module), &options)
}

cases! {
    module_of_the_standard_library: "dll-module-name-taken" => |lab| {
        let (_, target) = lab.python();
        fs::create_dir_all(lab.path("stdlib/site-packages/installed")).unwrap();
        fs::write(lab.path("stdlib/json.py"), "").unwrap();
        fs::write(lab.path("stdlib/site-packages/installed/__init__.py"), "").unwrap();
        for (module, place) in [
            ("json", "stdlib/json.py"),
            ("installed", "site-packages/installed/__init__.py"),
            ("marshal", "marshal is built into cpython-3.12.1"),
        ] {
            let look = lab.look(&target, &dll(lab, "app/libplugin.so", module));
            assert_eq!(look.ids(), ["dll-module-name-taken"], "{module}");
            let evidence = &look.finding("dll-module-name-taken").evidence[0];
            assert!(evidence.contains(place), "{evidence}");
        }
        assert_eq!(lab.look(&target, &dll(lab, "app/libplugin.so", "mine")).ids(), [""; 0]);
    };

    module_of_a_neighbour: "dll-pyinit-collision" => |lab| {
        let (_, target) = lab.python();
        let first = dll(lab, "app/libfirst.so", "my_plugin");
        assert_eq!(lab.look(&target, &first).ids(), [""; 0]);
        // A copy under another name is the same DLL.
        fs::copy(&first, lab.path("app/libcopy.so")).unwrap();
        assert_eq!(lab.look(&target, &first).ids(), [""; 0]);
        let other = source("my_plugin") + " int second(void) { return 2; }";
        lab.library("app/libsecond.so", &other, &["{}/python/lib/libpython3.12.so.1.0"]);
        let look = lab.look(&target, &first);
        assert_eq!(look.ids(), ["dll-pyinit-collision"]);
        let evidence = &look.finding("dll-pyinit-collision").evidence;
        assert_eq!(*evidence, [format!("{} defines PyInit_my_plugin, too", lab.text("app/libsecond.so"))]);
    };

    named_as_elsewhere: "dll-name-of-other-system" => |lab| {
        let (_, target) = lab.python();
        for name in ["my_plugin.pyd", "my_plugin.dll", "libmy_plugin.dylib"] {
            let dll = dll(lab, &format!("app/{name}"), "my_plugin");
            let look = lab.look(&target, &dll);
            assert_eq!(look.ids(), ["dll-name-of-other-system"], "{name}");
            assert!(run_fix(look.finding("dll-name-of-other-system")));
            assert_eq!(lab.look(&target, &lab.path("app/libmy_plugin.so")).ids(), [""; 0]);
        }
    };

    without_lib: "dll-name-without-lib" => |lab| {
        let (_, target) = lab.python();
        let plugin = dll(lab, "app/my_plugin.so", "my_plugin");
        let look = lab.look(&target, &plugin);
        assert_eq!(look.ids(), ["dll-name-without-lib"]);
        assert!(look.0.is_healthy());
        assert!(run_fix(look.finding("dll-name-without-lib")));
        assert_eq!(lab.look(&target, &lab.path("app/libmy_plugin.so")).ids(), [""; 0]);
    };

    cannot_be_imported: "dll-name-not-importable" => |lab| {
        let (_, target) = lab.python();
        let look = lab.look(&target, &dll(lab, "app/plugin-1.5.so", "my_plugin"));
        assert_eq!(look.ids(), ["dll-name-not-importable"]);
        let finding = look.finding("dll-name-not-importable");
        assert!(finding.summary.contains("`plugin-1.5` is no name that can be imported"), "{finding:#?}");
        assert!(run_fix(finding));
        let importable = lab.path("app/my_plugin.so");
        assert!(!lab.look(&target, &importable).ids().contains(&"dll-name-not-importable"));
    };
}
