//! Libraries that are not found, found by chance, or in a version that does not do.

use std::ffi::OsStr;
use std::fs;

use crate::cases;
use crate::lab::{Lab, PLUGIN, run_fix};

/// A plugin that leaves it to others where its libpython is.
fn plugin(lab: &Lab, options: &[&str]) -> std::path::PathBuf {
    lab.library(
        "app/libplugin.so",
        PLUGIN,
        &[&["{}/python/lib/libpython3.12.so.1.0"], options].concat(),
    )
}

cases! {
    libpython_not_found: "dll-libpython-not-found" => |lab| {
        let (libpython, target) = lab.python();
        let dll = plugin(lab, &[]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-libpython-not-found"]);
        assert!(!look.0.is_healthy());
        let finding = look.finding("dll-libpython-not-found");
        assert!(finding.evidence.iter().any(|line| line.contains("(default directory): not there")));
        if run_fix(finding) {
            assert_eq!(lab.look(&target, &dll).troubles(), [""; 0]);
        }
        // Without a Python of that version, there is nothing to lead to.
        lab.libpython("other/libpython3.99.so.1.0", "3.99.7");
        fs::remove_file(libpython).unwrap();
        let dll = lab.library("app/libplugin2.so", PLUGIN, &["{}/other/libpython3.99.so.1.0"]);
        let look = lab.look(&target, &dll);
        let finding = look.finding("dll-libpython-not-found");
        assert!(finding.fixes.iter().all(|fix| fix.commands.is_empty()), "{finding:#?}");
        assert!(finding.fixes[0].what.contains("libpython of Python 3.99"), "{finding:#?}");
    };

    libpython_of_another_build_machine: "dll-libpython-not-found" => |lab| {
        let (_, target) = lab.python();
        let dll = plugin(lab, &["-Wl,-rpath,/nowhere/hostedtoolcache/lib"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-libpython-not-found"], "one cause, one finding");
        let finding = look.finding("dll-libpython-not-found");
        assert!(
            finding.summary.contains("names /nowhere/hostedtoolcache/lib, which is not here"),
            "{}",
            finding.summary
        );
        if run_fix(finding) {
            assert_eq!(lab.look(&target, &dll).troubles(), [""; 0]);
        }
        let dll = plugin(lab, &["-Wl,-rpath,{}/python/lib"]);
        assert_eq!(lab.look(&target, &dll).troubles(), [""; 0]);
    };

    library_not_found: "dll-library-not-found" => |lab| {
        let (_, target) = lab.python();
        lab.library("app/libhelper.so.1", "int helped(void) { return 1; }", &["-Wl,-soname,libhelper.so.1"]);
        let source = "extern int helped(void); int f(void) { return helped(); }";
        let dll = lab.library("app/libuser.so", source, &["{}/app/libhelper.so.1"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-library-not-found"]);
        let finding = look.finding("dll-library-not-found");
        assert!(finding.fixes[0].commands[0].contains("'$ORIGIN'"), "{finding:#?}");
        if run_fix(finding) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        let dll = lab.library("app/libuser.so", source, &["{}/app/libhelper.so.1", "-Wl,-rpath,$ORIGIN"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        // ld.so ends its search at a file that it cannot use.
        fs::write(lab.path("app/libhelper.so.1"), "").unwrap();
        let look = lab.look(&target, &dll);
        let finding = look.finding("dll-library-not-found");
        assert!(finding.summary.contains("is empty"), "{}", finding.summary);
    };

    only_by_the_environment: "dll-needs-ld-library-path" => |lab| {
        let (_, target) = lab.python();
        let dll = plugin(lab, &[]);
        let folder = lab.path("python/lib");
        let variables = [("LD_LIBRARY_PATH", folder.as_os_str())];
        let look = lab.look_with(&target, &dll, None, &variables);
        assert_eq!(look.ids(), ["dll-needs-ld-library-path"]);
        let facts = &look.facts().file;
        let (given, empty) = (facts.given.as_ref().unwrap(), facts.empty.as_ref().unwrap());
        let found = &given.found[0];
        assert_eq!(found.path, lab.text("python/lib/libpython3.12.so.1.0"));
        assert_eq!(found.rule, format!("LD_LIBRARY_PATH `{}`", folder.display()));
        assert_eq!(empty.not_found[0].name, "libpython3.12.so.1.0");
        assert!(empty.not_found[0].tried.iter().any(|line| line.contains("default directory")));
        if run_fix(look.finding("dll-needs-ld-library-path")) {
            assert_eq!(lab.look_with(&target, &dll, None, &variables).troubles(), [""; 0]);
        }
        let dll = plugin(lab, &["-Wl,-rpath,{}/python/lib"]);
        assert_eq!(lab.look_with(&target, &dll, None, &variables).troubles(), [""; 0]);
        // What is left of an eaten `$ORIGIN` is not written into the file again.
        for eaten in ["/lib", "/../lib", "/lib64"] {
            let dll = plugin(lab, &[&format!("-Wl,-rpath,{eaten}")]);
            let look = lab.look_with(&target, &dll, None, &variables);
            let fixes = &look.finding("dll-needs-ld-library-path").fixes;
            let lead = format!("--set-rpath '$ORIGIN/../python/lib' {}", dll.display());
            assert!(fixes[0].commands[0].ends_with(&lead), "{eaten}: {fixes:#?}");
        }
    };

    decided_by_the_environment: "dll-library-path-decides" => |lab| {
        let (_, target) = lab.python();
        lab.libpython("decoy/libpython3.12.so.1.0", "3.12.9");
        let decoy = lab.path("decoy");
        let variables: [(&str, &OsStr); 1] = [("LD_LIBRARY_PATH", decoy.as_os_str())];
        let tags = |tags: &str| format!("-Wl,{tags},-rpath,{}", lab.text("python/lib"));
        let dll = plugin(lab, &[&tags("--enable-new-dtags")]);
        let look = lab.look_with(&target, &dll, None, &variables);
        assert_eq!(look.troubles(), ["dll-other-build", "dll-library-path-decides"]);
        // DT_RPATH comes first.
        let dll = plugin(lab, &[&tags("--disable-new-dtags")]);
        assert_eq!(lab.look_with(&target, &dll, None, &variables).troubles(), [""; 0]);
    };

    newer_glibc: "dll-newer-glibc" => |lab| {
        let (_, target) = lab.python();
        fs::write(lab.path("map"), "GLIBC_2.99 { f; };").unwrap();
        lab.library("fake/libc.so.6", "void f(void) {}", &["-nostdlib", "-Wl,-soname,libc.so.6",
            "-Wl,--version-script={}/map"]);
        let source = "extern void f(void); void g(void) { f(); }";
        let dll = lab.library("app/libnew.so", source, &["-nostdlib", "{}/fake/libc.so.6"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-newer-glibc"]);
        let finding = look.finding("dll-newer-glibc");
        assert!(finding.summary.contains("demands GLIBC_2.99"), "{}", finding.summary);
        assert!(finding.evidence[0].contains("version `GLIBC_2.99' not found (required by"));
        let dll = lab.library("app/libold.so", "#include <stdlib.h>\nvoid g(void) { abort(); }", &[]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    version_missing: "dll-version-missing" => |lab| {
        let (_, target) = lab.python();
        let source = "extern void f(void); void g(void) { f(); }";
        let library = |relative: &str, version: &str| {
            fs::write(lab.path("map"), format!("{version} {{ f; }};")).unwrap();
            let options = ["-Wl,-soname,libv.so", "-Wl,--version-script={}/map"];
            lab.library(relative, "void f(void) {}", &options)
        };
        library("new/libv.so", "V_2");
        let dll = lab.library("app/libuser.so", source, &["{}/new/libv.so", "-Wl,-rpath,$ORIGIN"]);
        library("app/libv.so", "V_1");
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-version-missing"]);
        library("app/libv.so", "V_2");
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };
}
