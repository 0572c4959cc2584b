//! What a DLL demands of the process: static thread-local storage, stacks, a machine.

use std::fs;
use std::process::Command;

use embedcheck::doctor::dll::Tls;

use crate::cases;
use crate::lab::{Lab, run_fix};

/// A library with thread-local storage of this size and kind.
fn tls(lab: &Lab, size: usize, model: &str) -> std::path::PathBuf {
    let source = format!(
        "__attribute__((tls_model(\"{model}\"))) static __thread char data[{size}];\n\
         char *mine(void); char *mine(void) {{ return data; }}"
    );
    lab.library("app/libtls.so", &source, &[])
}

cases! {
    static_tls: "dll-static-tls" => |lab| {
        let (_, target) = lab.python();
        let look = lab.look(&target, &tls(lab, 64, "initial-exec"));
        assert_eq!(look.ids(), ["dll-static-tls"]);
        assert_eq!(look.facts().file.tls, Tls { size: 64, is_static: true });
        let look = lab.look(&target, &tls(lab, 64, "global-dynamic"));
        assert_eq!(look.ids(), [""; 0]);
        assert_eq!(look.facts().file.tls, Tls { size: 64, is_static: false });
    };

    too_much_static_tls: "dll-static-tls-too-large" => |lab| {
        let (_, target) = lab.python();
        let dll = tls(lab, 4096, "initial-exec");
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-static-tls-too-large"]);
        // What comes along counts as well.
        let source = "extern char *mine(void); char *yours(void); char *yours(void) { return mine(); }";
        let user = lab.library("app/libuser.so", source, &["-L{}/app", "-ltls", "-Wl,-rpath,$ORIGIN"]);
        lab.library(
            "app/libtls.so",
            "static __thread char data[4096]; char *mine(void); char *mine(void) { return data; }",
            &["-ftls-model=initial-exec", "-Wl,-soname,libtls.so"],
        );
        assert_eq!(lab.look(&target, &user).ids(), ["dll-static-tls-too-large"]);
        assert_eq!(lab.look(&target, &tls(lab, 4096, "global-dynamic")).ids(), [""; 0]);
    };

    executable_stack: "dll-executable-stack" => |lab| {
        let (_, target) = lab.python();
        let source = "int f(void); int f(void) { return 1; }";
        let dll = lab.library("app/libx.so", source, &["-Wl,-z,execstack"]);
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-executable-stack"]);
        assert!(look.facts().file.executable_stack);
        let finding = look.finding("dll-executable-stack");
        assert!(finding.fixes[0].commands[0].starts_with("patchelf --clear-execstack /"));
        // patchelf before 0.16 has no such option.
        let help = Command::new("patchelf").arg("--help").output();
        let can = help.is_ok_and(|help| {
            let text = [help.stdout, help.stderr].concat();
            String::from_utf8_lossy(&text).contains("--clear-execstack")
        });
        if can {
            assert!(run_fix(finding));
            assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        }
        assert_eq!(lab.look(&target, &lab.library("app/libx.so", source, &[])).ids(), [""; 0]);
    };

    for_another_machine: "dll-other-machine" => |lab| {
        let (_, target) = lab.python();
        let dll = lab.library("app/libx.so", "int f(void); int f(void) { return 1; }", &[]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
        // The number of the processor in the header: SuperH, which nobody runs this on.
        let mut bytes = fs::read(&dll).unwrap();
        bytes[18..20].copy_from_slice(&42u16.to_ne_bytes());
        fs::write(&dll, bytes).unwrap();
        let look = lab.look(&target, &dll);
        assert_eq!(look.ids(), ["dll-other-machine"]);
        assert!(look.facts().file.given.is_none());
    };

    a_libpython_itself: "dll-is-libpython" => |lab| {
        let (libpython, target) = lab.python();
        let look = lab.look(&target, &libpython);
        assert_eq!(look.ids(), ["dll-is-libpython"]);
        assert!(look.facts().file.given.is_none(), "it is not to be run");
        // One inside of a DLL of another name is a matter of its own.
        let source = "void Py_InitializeEx(int i) { (void)i; }";
        let dll = lab.library("app/libx.so", source, &["-Wl,-soname,libx.so"]);
        assert_eq!(lab.look(&target, &dll).ids(), ["dll-contains-python"]);
    };

    not_a_library: "dll-not-a-library" => |lab| {
        let (_, target) = lab.python();
        let program = lab.cc("app/program", "int main(void) { return 0; }", &[]);
        assert_eq!(lab.look(&target, &program).ids(), ["dll-not-a-library"]);
        let dll = lab.library("app/libx.so", "int f(void); int f(void) { return 1; }", &[]);
        assert_eq!(lab.look(&target, &dll).ids(), [""; 0]);
    };
}

/// Nothing else can be looked up with `dlsym`.
#[test]
fn names_of_versions_are_no_exports() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let source = "__asm__(\".symver old, gone@V_1\"); int old(void); int old(void) { return 1; }\n\
                  int new(void); int new(void) { return 2; }";
    let script = lab.path("versions");
    fs::write(&script, "V_1 { local: old; }; V_2 { global: new; } V_1;").unwrap();
    let option = format!("-Wl,--version-script={}", script.display());
    let look = lab.look(&target, &lab.library("app/libx.so", source, &[&option]));
    assert_eq!(look.facts().file.exports, ["new"]);
}

#[test]
fn flags_are_facts() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let source = "int f(void); int f(void) { return 1; } int data = 2;";
    let file = |options: &[&str]| {
        let dll = lab.library("app/libx.so", source, options);
        lab.look(&target, &dll).facts().file.clone()
    };
    let plain = file(&[]);
    assert_eq!((plain.no_delete, plain.bind_now, plain.soname), (false, false, None));
    assert_eq!(plain.exports, ["data", "f"]);
    let options =
        ["-Wl,-z,nodelete", "-Wl,-z,now", "-Wl,-soname,libx.so.1", "-Wl,--build-id=0x0102"];
    let marked = file(&options);
    assert_eq!((marked.no_delete, marked.bind_now), (true, true));
    assert_eq!(marked.soname.as_deref(), Some("libx.so.1"));
    assert_eq!(marked.build_id.as_deref(), Some("0102"));
}
