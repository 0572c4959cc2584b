//! Search paths: what shells and make leave of `$ORIGIN`, and what the build machine left.

use std::fs;
use std::process::Command;

use crate::cases;
use crate::lab::{Lab, PLUGIN, has_program, run_fix, skip};

/// A bundle: the plugin in `app`, libpython in `app/lib`, found by whatever stands in its search path.
fn bundle(lab: &Lab, search: &[&str]) -> (std::path::PathBuf, embedcheck::target::Target) {
    let (_, target) = lab.python();
    let libpython = lab.libpython("app/lib/libpython3.12.so.1.0", "3.12.1");
    // The same build as the target's, as a bundle has it.
    fs::copy(lab.path("python/lib/libpython3.12.so.1.0"), &libpython).unwrap();
    let dll = lab.library(
        "app/libplugin.so",
        PLUGIN,
        &[&["{}/app/lib/libpython3.12.so.1.0"], search].concat(),
    );
    (dll, target)
}

cases! {
    origin_eaten: "dll-origin-eaten" => |lab| {
        for (search, entry) in [
            ("-Wl,-rpath,RIGIN/lib", "RIGIN/lib"),
            ("-Wl,-rpath,ORIGIN/lib", "ORIGIN/lib"),
            ("-Wl,-rpath,$$ORIGIN/lib", "$$ORIGIN/lib"),
            ("-Wl,-rpath,\\$ORIGIN/lib", "\\$ORIGIN/lib"),
            ("-Wl,-rpath,/lib", "/lib"),
        ] {
            let (dll, target) = bundle(lab, &[search]);
            let look = lab.look(&target, &dll);
            assert_eq!(look.troubles(), ["dll-origin-eaten"], "{search}");
            let finding = look.finding("dll-origin-eaten");
            let words = format!("`{entry}` where `$ORIGIN/lib` was meant");
            assert!(finding.summary.contains(&words), "{}", finding.summary);
            assert!(finding.summary.contains("libpython3.12.so.1.0 is not found"), "{}", finding.summary);
            if run_fix(finding) {
                assert_eq!(lab.look(&target, &dll).ids(), [""; 0], "{search}");
            }
        }
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    origin_eaten_and_not_there_either: "dll-origin-eaten" => |lab| {
        let (dll, target) = bundle(lab, &["-Wl,-rpath,RIGIN/elsewhere"]);
        fs::remove_dir_all(lab.path("app/lib")).unwrap();
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-origin-eaten"], "one cause, one finding");
        let fixes = &look.finding("dll-origin-eaten").fixes;
        assert!(fixes[0].what.contains("put libpython3.12.so.1.0 where it leads"), "{fixes:#?}");
        let lead = fixes.iter().find(|fix| fix.what.starts_with("Lead the DLL to")).unwrap();
        assert!(lead.commands[0].contains("--set-rpath '$ORIGIN/../python/lib' "), "{fixes:#?}");
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    origin_replaced_by_nothing: "dll-origin-eaten" => |lab| {
        // What `-Wl,-rpath,$ORIGIN:$ORIGIN/lib` becomes in double quotes.
        let (dll, target) = bundle(lab, &["-Wl,-rpath,:/lib"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.troubles(), ["dll-origin-eaten"]);
        let fix = &look.finding("dll-origin-eaten").fixes[0].commands[0];
        assert!(fix.contains("--set-rpath '$ORIGIN:$ORIGIN/lib' "), "{fix}");
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN:$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    origin_eaten_and_nothing_missing: "dll-origin-eaten-unused" => |lab| {
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib:RIGIN/../lib"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.troubles(), ["dll-origin-eaten-unused"]);
        if run_fix(look.finding("dll-origin-eaten-unused")) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    relative: "dll-search-path-relative" => |lab| {
        let (dll, target) = bundle(lab, &["-Wl,-rpath,./lib"]);
        let look = lab.look(&target, &dll);
        assert!(look.ids().contains(&"dll-search-path-relative"));
        if run_fix(look.finding("dll-search-path-relative")) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    of_the_build_machine: "dll-build-machine-path" => |lab| {
        let (dll, target) = bundle(lab, &["-Wl,-rpath,/nowhere/ci/lib:$ORIGIN/lib"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-build-machine-path"]);
        if run_fix(look.finding("dll-build-machine-path")) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    bound_to_its_place: "dll-bound-to-place" => |lab| {
        let (dll, target) = bundle(lab, &["-Wl,-rpath,{}/app/lib"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-bound-to-place"]);
        assert!(look.0.is_healthy());
        if run_fix(look.finding("dll-bound-to-place")) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
            fs::rename(lab.path("app"), lab.path("moved")).unwrap();
            assert_eq!(lab.look(&target, &lab.path("moved/libplugin.so")).ids(), [""; 0]);
        }
        let (dll, target) = bundle(lab, &["-Wl,-rpath,$ORIGIN/lib"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };

    needed_by_path: "dll-bound-to-place" => |lab| {
        let (_, target) = lab.python();
        let helper = "int helped(void) { return 1; }";
        lab.library("app/helper.so", helper, &[]);
        let source = "extern int helped(void); int f(void) { return helped(); }";
        let dll = lab.library("app/libuser.so", source, &["{}/app/helper.so", "-Wl,-rpath,$ORIGIN"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-bound-to-place"]);
        if run_fix(look.finding("dll-bound-to-place")) {
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        lab.library("app/helper.so", helper, &["-Wl,-soname,helper.so"]);
        let dll = lab.library("app/libuser.so", source, &["{}/app/helper.so", "-Wl,-rpath,$ORIGIN"]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };
}

#[test]
fn entries_are_expanded() {
    let Some(lab) = Lab::new() else { return };
    let (dll, target) = bundle(&lab, &["-Wl,--enable-new-dtags,-rpath,${ORIGIN}/lib:/nowhere"]);
    let look = lab.look(&target, &dll);
    let path = &look.facts().file.search[0];
    assert_eq!(path.text, "${ORIGIN}/lib:/nowhere");
    let entries: Vec<_> =
        path.entries.iter().map(|entry| (entry.expanded.as_str(), entry.exists)).collect();
    assert_eq!(entries, [(lab.text("app/lib").as_str(), true), ("/nowhere", false)]);
}

/// Links the bundle's plugin by a recipe that a shell or make reads, and returns what became of the search path.
fn linked_by(lab: &Lab, program: &str, recipe: &str) -> String {
    let link = format!(
        "cc -shared -fPIC -o app/libplugin.so source.c -Wl,--no-as-needed app/lib/libpython3.12.so.1.0 {recipe}"
    );
    let mut command = Command::new(program);
    command.current_dir(lab.path("")).env_remove("ORIGIN");
    if program == "make" {
        fs::write(lab.path("Makefile"), format!("all:\n\t{link}\n")).unwrap();
    } else {
        command.args(["-c", &link]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let elf = embedcheck::elf::Elf::read(&lab.path("app/libplugin.so")).unwrap();
    elf.runpath.or(elf.rpath).unwrap_or_default()
}

/// The escapes of CFFI's documentation, and those that fall short of them, for real.
#[test]
fn shells_and_make_eat() {
    let Some(lab) = Lab::new() else { return };
    let (dll, target) = bundle(&lab, &["-Wl,-rpath,$ORIGIN/lib"]);
    assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    let cases = [
        ("sh", "-Wl,-rpath=$ORIGIN/lib", "/lib"),
        ("sh", "\"-Wl,-rpath=$ORIGIN/lib\"", "/lib"),
        ("sh", "-Wl,-rpath=\\$ORIGIN/lib", "$ORIGIN/lib"),
        ("sh", "'-Wl,-rpath=$ORIGIN/lib'", "$ORIGIN/lib"),
        ("sh", "'-Wl,-rpath=\\$ORIGIN/lib'", "\\$ORIGIN/lib"),
        ("make", "-Wl,-rpath=$ORIGIN/lib", "RIGIN/lib"),
        ("make", "-Wl,-rpath=\\$ORIGIN/lib", "RIGIN/lib"),
        ("make", "'-Wl,-rpath=$ORIGIN/lib'", "RIGIN/lib"),
        ("make", "-Wl,-rpath=$$ORIGIN/lib", "/lib"),
        ("make", "-Wl,-rpath=\\$$ORIGIN/lib", "$ORIGIN/lib"),
        ("make", "'-Wl,-rpath=$$ORIGIN/lib'", "$ORIGIN/lib"),
    ];
    for (program, recipe, search) in cases {
        if program == "make" && !has_program("make") {
            skip("there is no make on PATH");
            return;
        }
        // bundle() left the source of the plugin behind.
        assert_eq!(linked_by(&lab, program, recipe), search, "{program}: {recipe}");
        let look = lab.look(&target, &dll);
        let expected: &[&str] = if search == "$ORIGIN/lib" { &[] } else { &["dll-origin-eaten"] };
        assert_eq!(look.ids(), expected, "{program}: {recipe}");
    }
    let number = linked_by(&lab, "sh", "-Wl,-rpath=$$ORIGIN/lib");
    assert!(number.ends_with("ORIGIN/lib") && number.starts_with(|c: char| c.is_ascii_digit()));
    let look = lab.look(&target, &dll);
    assert_eq!(look.ids(), ["dll-origin-eaten"]);
    assert!(look.finding("dll-origin-eaten").summary.contains("its process number"));
}

/// Nothing but `$ORIGIN` leaves nothing at all.
#[test]
fn an_empty_search_path_is_told() {
    let Some(lab) = Lab::new() else { return };
    let (dll, target) = bundle(&lab, &["-Wl,-rpath,$ORIGIN/lib"]);
    fs::copy(lab.path("app/lib/libpython3.12.so.1.0"), lab.path("app/libpython3.12.so.1.0"))
        .unwrap();
    assert_eq!(linked_by(&lab, "sh", "-Wl,-rpath=$ORIGIN"), "");
    let look = lab.look(&target, &dll);
    assert_eq!(look.ids(), ["dll-origin-eaten"]);
    if run_fix(look.finding("dll-origin-eaten")) {
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    }
}
