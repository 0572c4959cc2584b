//! What the doctor says of a file, against what dlopen does with it.

use std::path::Path;
use std::process::Command;

use crate::lab::Lab;

/// Opens its argument and says how that went.
const HOST: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) {
    void *dll = argc > 1 ? dlopen(argv[1], RTLD_NOW) : 0;
    puts(dll ? "opened" : dlerror());
    return 17;
}
"#;

fn opened(host: &Path, dll: &Path) -> String {
    let output = Command::new(host).arg(dll).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(17));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn dlopen_agrees() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let host = lab.cc("app/host", HOST, &["-ldl"]);
    std::fs::write(lab.path("map"), "GLIBC_2.99 { f; };").unwrap();
    let fake = ["-nostdlib", "-Wl,-soname,libc.so.6", "-Wl,--version-script={}/map"];
    lab.library("fake/libc.so.6", "void f(void) {}", &fake);
    lab.library("app/lib/libh.so", "int h(void) { return 1; }", &["-Wl,-soname,libh.so"]);
    let needs = "extern int h(void); int g(void) { return h(); }";
    let tls = |size: usize| {
        format!("static __thread char data[{size}]; char *mine(void) {{ return data; }}")
    };
    let tls = [tls(16), tls(4096)];
    let initial = "-ftls-model=initial-exec";
    let helper = "{}/app/lib/libh.so";
    // Source, options, the kinds that are more than a note, and a part of what dlopen says.
    let cases: [(&str, &[&str], &[&str], &str); 9] = [
        (needs, &[helper, "-Wl,-rpath,$ORIGIN/lib"], &[], "opened"),
        (needs, &[helper, "-Wl,-rpath,RIGIN/lib"], &["dll-origin-eaten"], "libh.so: cannot open"),
        (
            needs,
            &[helper, "-Wl,-rpath,$$ORIGIN/lib"],
            &["dll-origin-eaten"],
            "libh.so: cannot open",
        ),
        (needs, &[helper, "-Wl,-rpath,/lib"], &["dll-origin-eaten"], "libh.so: cannot open"),
        (needs, &[helper], &["dll-library-not-found"], "libh.so: cannot open shared object file"),
        (needs, &[], &["dll-symbols-undefined"], "undefined symbol: h"),
        (
            "extern void f(void); void g(void) { f(); }",
            &["-nostdlib", "{}/fake/libc.so.6"],
            &["dll-newer-glibc"],
            "version `GLIBC_2.99' not found",
        ),
        (&tls[0], &[initial], &["dll-static-tls"], "opened"),
        (
            &tls[1],
            &[initial],
            &["dll-static-tls-too-large"],
            "cannot allocate memory in static TLS block",
        ),
    ];
    for (number, (source, options, kinds, message)) in cases.into_iter().enumerate() {
        let dll = lab.library(&format!("app/libx{number}.so"), source, options);
        let look = lab.look_with(&target, &dll, Some(&host), &[]);
        assert_eq!(look.troubles(), kinds, "{options:?}");
        let said = opened(&host, &dll);
        assert!(said.contains(message), "{options:?}: {said}");
        assert_eq!(look.0.is_healthy(), said == "opened\n", "{options:?}: {said}");
    }
}
