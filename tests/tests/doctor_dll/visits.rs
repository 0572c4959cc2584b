//! What is told is true for the host, the environment and the Python of whoever asks.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedcheck::doctor::dll::{DllOptions, Scope};
use embedcheck::doctor::{self, Finding, Severity};
use embedcheck::env::Caller;
use embedcheck::report::TextOptions;
use embedcheck::run::Stop;
use embedcheck::target::Target;
use embedcheck_tests::{CALLER, RUST_HOST, TARGETS, required};

use crate::shop::{DO_STUFF, Seen, Shop, see};

/// A host that opens the DLL with `RTLD_LOCAL` and says what came of its call.
const HOST: &str = r#"#include <dlfcn.h>
#include <stdio.h>
struct point { int x, y; };
int main(void) {
#ifdef LIBPYTHON
    if (!dlopen(LIBPYTHON, RTLD_NOW | RTLD_GLOBAL)) return 2;
#endif
    void *dll = dlopen(DLL, RTLD_NOW | RTLD_LOCAL);
    if (!dll) return 3;
    int (*do_stuff)(struct point *) = (int (*)(struct point *))dlsym(dll, "do_stuff");
    struct point p = {20, 22};
    printf("%d\n", do_stuff(&p));
    return 0;
}
"#;

impl Shop {
    /// A host in C, made with these options.
    fn host(&self, name: &str, options: &str) -> PathBuf {
        fs::write(self.path("host.c"), HOST).expect("it can be written");
        let dll = self.path("libmy_plugin.so");
        self.sh(&format!("cc -o {name} host.c -DDLL='\"{}\"' {options} -ldl", dll.display()));
        self.path(name)
    }

    /// The last line of what a shell prints that starts the host in an environment from nothing, behind these commands.
    fn prints(&self, host: &Path, commands: &[&str]) -> String {
        let mut lines: Vec<_> = commands.iter().map(|command| (*command).to_owned()).collect();
        lines.push(format!("exec {}", host.display()));
        let python = self.target.executable.as_ref().and_then(|python| python.parent());
        let path = python.expect("it was chosen so").display();
        let site = self.site();
        let site =
            site.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        let site = site.collect::<Vec<_>>().join(" ");
        let script = lines.join("; ");
        fs::write(self.path("pasted.sh"), script).expect("it can be written");
        let output = self.try_sh(&format!("env -i PATH={path}:/usr/bin:/bin {site} sh pasted.sh"));
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().last().unwrap_or_default().to_owned()
    }

    fn options(&self, dll: PathBuf, host: Option<PathBuf>) -> DllOptions {
        DllOptions {
            dll,
            host,
            environment: self.site(),
            calls: vec![DO_STUFF.iter().map(|word| (*word).to_owned()).collect()],
            timeout: Duration::from_secs(60),
            rust_host: RUST_HOST.clone(),
        }
    }

    fn visit(&self, caller: &Caller, options: &DllOptions) -> Seen {
        let stop = Stop::new().expect("a descriptor is left");
        Seen(doctor::dll(self.target, caller, options, &stop).expect("all can be read"))
    }
}

fn commands(finding: &Finding) -> Vec<&str> {
    finding.fixes.iter().flat_map(|fix| &fix.commands).map(String::as_str).collect()
}

fn text_of(seen: &Seen) -> String {
    doctor::to_text(&seen.0, &TextOptions { width: 1000, ..TextOptions::default() })
}

/// A host that works is not blamed for what fails in others.
#[test]
fn the_named_host_is_judged() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("do_stuff", "libmy_plugin.so");
    let libpython = shop.libpython().display();
    let linked = format!("-Wl,--no-as-needed {libpython} -Wl,-rpath,{}", shop.libdir().display());
    let visit =
        |host: &Path| shop.visit(&CALLER, &shop.options(dll.clone(), Some(host.to_owned())));

    let host = shop.host("linked", &linked);
    assert_eq!(shop.prints(&host, &[]), "42");
    let seen = visit(&host);
    assert!(seen.0.is_healthy(), "{seen:#?}");
    let local = seen.finding("libpython-local");
    assert_eq!(local.severity, Severity::Note, "{seen:#?}");
    assert!(local.summary.contains("linked is none of these"), "{seen:#?}");
    let named = seen.runs().named_host.as_ref().expect("it was named");
    assert_eq!((named.like, named.works), (Some(Scope::Preloaded), Some(true)), "{seen:#?}");
    let row = text_of(&seen);
    assert!(row.lines().any(|line| line.contains("yours") && line.contains("works")), "{row}");

    // As the doctor says to mend it: what such a host does is in its code alone.
    let host = shop.host("mended", &format!("-DLIBPYTHON='\"{libpython}\"'"));
    assert_eq!(shop.prints(&host, &[]), "42");
    let seen = visit(&host);
    assert!(seen.0.is_healthy(), "{seen:#?}");
    let local = seen.finding("libpython-local");
    assert_eq!(local.severity, Severity::Warning, "{seen:#?}");
    assert!(local.summary.contains(&libpython.to_string()), "{seen:#?}");
    assert_eq!(seen.runs().named_host.as_ref().and_then(|named| named.works), None, "{seen:#?}");

    let host = shop.host("plain", "");
    assert_ne!(shop.prints(&host, &[]), "42");
    let seen = visit(&host);
    assert_eq!(seen.problems(), ["libpython-local"]);
    assert!(!commands(seen.finding("libpython-local")).is_empty(), "{seen:#?}");
    // ld.so would ignore the variable.
    fs::set_permissions(&host, fs::Permissions::from_mode(0o4755)).expect("it is ours");
    let seen = visit(&host);
    let local = seen.finding("libpython-local");
    assert!(commands(local).is_empty() && local.fixes.iter().any(|fix| fix.verified), "{seen:#?}");
}

/// Pasted, they help a host that opens the DLL with `RTLD_LOCAL`, too.
#[test]
fn what_is_verified_works_in_a_local_host() {
    let Some(shop) = Shop::new() else { return };
    shop.object("do_stuff", "plugin.o");
    shop.sh(&shop.link_words("plugin.o", "libmy_plugin.so"));
    let seen = shop.doctor(&shop.path("libmy_plugin.so"), DO_STUFF);
    let finding = seen.finding("dll-libpython-not-found");
    let host = shop.host("plain", "");
    let verified = finding.fixes.iter().filter(|fix| fix.verified && !fix.commands.is_empty());
    let verified: Vec<_> = verified.collect();
    assert!(!verified.is_empty(), "{seen:#?}");
    for fix in verified {
        let commands: Vec<_> = fix.commands.iter().map(String::as_str).collect();
        assert_eq!(shop.prints(&host, &commands), "42", "{fix:#?}");
    }
    let lead = format!("export LD_LIBRARY_PATH={}", shop.libdir().display());
    let alone = finding.fixes.iter().find(|fix| fix.commands == [lead.clone()]);
    let alone = alone.unwrap_or_else(|| panic!("{seen:#?}"));
    assert!(!alone.verified, "{seen:#?}");
    let told = "works in RTLD_GLOBAL hosts; in RTLD_LOCAL hosts libpython-local is next.";
    assert!(alone.what.ends_with(told), "{seen:#?}");
    assert_ne!(shop.prints(&host, &[&*lead]), "42");
    // The first remedy of all, in the host.
    let define = format!("-DLIBPYTHON='\"{}\"'", shop.libpython().display());
    let mended = shop.host("mended", &define);
    assert_eq!(shop.prints(&mended, &[]), "42");
    let of_host = shop.visit(&CALLER, &shop.options(shop.path("libmy_plugin.so"), Some(mended)));
    assert!(of_host.0.is_healthy(), "{of_host:#?}");
    let finding_of_host = of_host.finding("dll-libpython-not-found");
    assert_eq!(finding_of_host.severity, Severity::Warning, "{of_host:#?}");
    assert!(finding_of_host.summary.contains("depends on how it opens"), "{of_host:#?}");
    let open = format!("dlopen(\"{}\", RTLD_NOW | RTLD_GLOBAL)", shop.libpython().display());
    assert!(finding.fixes.iter().any(|fix| fix.verified && fix.what.contains(&open)), "{seen:#?}");
}

/// What the caller has exported reaches no host, and that is said.
#[test]
fn variables_that_are_not_used_are_named() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("do_stuff", "libmy_plugin.so");
    let mut caller = CALLER.clone();
    let own = [("LD_LIBRARY_PATH", "/a b"), ("PYTHONHOME", "/p"), ("PYTHONUNBUFFERED", "1")];
    caller.host_environment = Caller::from_variables(
        own.map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
    .host_environment;
    let mut options = shop.options(dll, None);
    options.environment.push(("LD_LIBRARY_PATH".into(), "/c".into()));
    let seen = shop.visit(&caller, &options);
    assert_eq!(seen.runs().not_used, ["PYTHONHOME=/p"]);
    let text = text_of(&seen);
    assert!(text.contains("your PYTHONHOME") && text.contains("add --env PYTHONHOME=/p"), "{text}");
    options.environment.clear();
    let text = text_of(&shop.visit(&caller, &options));
    assert!(text.contains("add --env 'LD_LIBRARY_PATH=/a b'"), "{text}");
}

/// Whoever names no Python gets commands for that of the DLL.
#[test]
fn commands_are_for_the_python_of_the_dll() {
    let Some(shop) = Shop::new() else { return };
    if shop.site().is_empty() {
        required::<()>("a Python with a shared libpython and without cffi", None);
        return;
    }
    let other = |target: &&Target| {
        target.version.minor != shop.target.version.minor && target.executable.is_some()
    };
    let Some(other) = required("a second Python", TARGETS.iter().find(other)) else { return };
    let dll = shop.good("do_stuff", "libmy_plugin.so");
    let seen = see(other, &dll, DO_STUFF, Vec::new());
    let first = seen.0.findings.first().unwrap_or_else(|| panic!("{seen:#?}"));
    assert_eq!((&*first.id, first.severity), ("dll-other-python", Severity::Problem), "{seen:#?}");
    let missing = commands(seen.finding("backend-missing"));
    let wrong = other.executable.as_ref().expect("it was chosen so").display().to_string();
    assert!(!missing.is_empty() && missing.iter().all(|line| !line.contains(&wrong)), "{seen:#?}");
    let minor = format!("python3.{} -m pip install", shop.target.version.minor);
    assert!(missing[0].contains(&minor), "{seen:#?}");
    let python = missing[0].split(' ').next().expect("a word");
    assert!(Path::new(python).is_file(), "{seen:#?}");
    // That very visit, with the right Python.
    let seen = see(shop.target, &dll, DO_STUFF, Vec::new());
    assert!(seen.problems().contains(&"backend-missing"), "{seen:#?}");
    assert!(seen.0.findings.iter().all(|finding| finding.id != "dll-other-python"), "{seen:#?}");
}

/// The exception is what matters of a traceback.
#[test]
fn exceptions_are_evidence() {
    let Some(shop) = Shop::new() else { return };
    let code = shop.code("do_stuff");
    let begin = "_CFFI_PYTHON_STARTUP_CODE[] = {";
    assert!(code.contains(begin), "CFFI writes the init code so");
    let import: String =
        "import module_of_nobody\n".bytes().map(|byte| format!("{byte},")).collect();
    fs::write(shop.path("imports.c"), code.replace(begin, &format!("{begin}{import}")))
        .expect("it can be written");
    let include = shop.target.include.as_ref().expect("it was chosen so").display();
    shop.sh(&format!("cc -c -fPIC -pthread -I {include} -o imports.o imports.c"));
    let link = shop.link_words("imports.o", "libimports.so");
    shop.sh(&format!("{link} -Wl,-rpath,{}", shop.libdir().display()));
    let seen = shop.doctor(&shop.path("libimports.so"), DO_STUFF);
    let finding = seen.finding("init-module-missing");
    assert!(finding.summary.contains("module_of_nobody"), "{seen:#?}");
    assert!(
        commands(finding).iter().any(|line| line.contains("--module module_of_nobody")),
        "{seen:#?}"
    );

    let dll = shop.good("initerror", "libinit.so");
    let seen = shop.doctor(&dll, &["int add1(int, int)", "40", "2"]);
    let evidence = &seen.finding("cffi-init-failed").evidence;
    assert!(evidence.iter().any(|line| line.starts_with("KeyError")), "{seen:#?}");
    // What helps against the first trouble is told, though another one is next.
    let local = seen.finding("libpython-local");
    let libpython = shop.libpython().display().to_string();
    assert!(local.fixes.iter().any(|fix| fix.what.contains(&libpython)), "{seen:#?}");
    assert!(commands(local).contains(&&*format!("export LD_PRELOAD={libpython}")), "{seen:#?}");
    assert!(local.fixes.iter().all(|fix| !fix.verified), "{seen:#?}");
    assert!(
        local.fixes.iter().all(|fix| fix.what.ends_with("cffi-init-failed is next.")),
        "{seen:#?}"
    );

    let dll = shop.good("raises", "libraises.so");
    let seen = shop.doctor(&dll, &["int raises_plain(int)", "40"]);
    let evidence = &seen.finding("callback-exception").evidence;
    assert!(evidence.iter().any(|line| line.contains("Error: ")), "{seen:#?}");
    let callbacks = evidence.iter().filter(|line| line.contains("from cffi callback")).count();
    assert!(callbacks < 2 && evidence.iter().all(|line| !line.contains("0x7")), "{seen:#?}");
}
