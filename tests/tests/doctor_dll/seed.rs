//! The plugin of CFFI's documentation, broken in each way of its troubleshooting chapter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::doctor::Severity;
use embedcheck::doctor::dll::Scope;
use embedcheck::target::Target;
use embedcheck_tests::{CALLER, required, target};

use crate::shop::{DO_STUFF, Shop, build_cause, see, with};

/// "cffi extension module 'c_module_name' has unknown version 0x2701", in its newer words: the code says
/// that a future CFFI made it.
#[test]
fn unknown_version() {
    let Some(shop) = Shop::new() else { return };
    let code = shop.code("do_stuff");
    let at = code.find("0x2601").or_else(|| code.find("0x2701")).or_else(|| code.find("0x2801"));
    let version = at.map(|at| &code[at..at + 6]).expect("CFFI writes its version");
    fs::write(shop.path("future.c"), code.replace(version, "0x2901")).expect("it can be written");
    let include = shop.target.include.as_ref().expect("it was chosen so").display();
    shop.sh(&format!("cc -c -fPIC -pthread -I {include} -o future.o future.c"));
    let link = shop.link_words("future.o", "libmy_plugin.so");
    shop.sh(&format!("{link} -Wl,-rpath,{}", shop.libdir().display()));
    let seen = shop.doctor(&shop.path("libmy_plugin.so"), DO_STUFF);
    let finding = seen.finding("backend-version");
    assert!(finding.summary.contains("0x2901"), "{seen:#?}");
    let install = finding.fixes.iter().flat_map(|fix| &fix.commands).next().expect("a command");
    let python = shop.target.executable.as_ref().expect("it was chosen so").display().to_string();
    assert!(install.contains(&python) && install.contains("pip install"), "{install}");
}

/// The libpython is found neither by the linker of a program nor when that runs.
#[test]
fn libpython_not_found() {
    let Some(shop) = Shop::new() else { return };
    shop.object("do_stuff", "plugin.o");
    shop.sh(&shop.link_words("plugin.o", "libmy_plugin.so"));
    let main = "struct point { int x, y; }; extern int do_stuff(struct point *);\n\
                int main(void) { struct point p = {20, 22}; return do_stuff(&p) == 42 ? 17 : 1; }\n";
    fs::write(shop.path("main.c"), main).expect("it can be written");

    let refused = shop.try_sh("cc -o main main.c -L. -lmy_plugin");
    assert!(!refused.status.success());
    assert_eq!(build_cause(&refused).as_deref(), Some("link-needs-rpath-link"), "{refused:?}");
    // What the rule says to do.
    let libdir = shop.libdir().display();
    shop.sh(&format!("cc -o main main.c -L. -lmy_plugin -Wl,-rpath-link,{libdir}"));
    // And what the documentation says.
    shop.sh(&format!("LD_LIBRARY_PATH={libdir} cc -o main main.c -L. -lmy_plugin"));

    let seen = shop.doctor(&shop.path("libmy_plugin.so"), DO_STUFF);
    assert_eq!(seen.problems(), ["dll-libpython-not-found"], "{seen:#?}");
    let finding = seen.finding("dll-libpython-not-found");
    let soname = shop.libpython().file_name().expect("a file").to_string_lossy();
    assert!(finding.summary.contains(&*soname), "{seen:#?}");
    let ld_so = format!("{soname}: cannot open shared object file: No such file or directory");
    assert!(finding.evidence.iter().any(|line| line.ends_with(&ld_so)), "{seen:#?}");
    for scope in [Scope::Local, Scope::Global] {
        assert!(!seen.works(scope), "{seen:#?}");
    }
    // A libpython that is there already is not looked for.
    assert!(seen.works(Scope::Preloaded), "{seen:#?}");
    let lead = format!("export LD_LIBRARY_PATH={libdir}");
    // Found, it would still be local.
    let preload = format!("export LD_PRELOAD={}", shop.libpython().display());
    assert_eq!(seen.verified("dll-libpython-not-found"), [&*lead, &*preload], "{seen:#?}");
    let environment = with(shop.site(), "LD_LIBRARY_PATH", shop.libdir());
    let mended = shop.doctor_with(&shop.path("libmy_plugin.so"), DO_STUFF, environment);
    assert!(mended.works(Scope::Global), "{mended:#?}");
    assert_eq!(mended.problems(), ["libpython-local"], "{mended:#?}");
}

/// `$ORIGIN` in a shell's or make's hands.
#[test]
fn origin_eaten() {
    let Some(shop) = Shop::new() else { return };
    shop.object("do_stuff", "plugin.o");
    fs::create_dir(shop.path("lib")).expect("it can be made");
    shop.sh(&format!("ln -s {} lib/", shop.libpython().display()));
    let link = shop.link_words("plugin.o", "libmy_plugin.so");
    let make = |rpath: &str| {
        let text = format!("libmy_plugin.so: plugin.o\n\t{link} -Wl,-rpath,{rpath}\n");
        fs::write(shop.path("Makefile"), text).expect("it can be written");
        shop.sh("make --silent --always-make");
    };
    let eaten = |who: &str| {
        let seen = shop.doctor(&shop.path("libmy_plugin.so"), DO_STUFF);
        assert_eq!(
            seen.finding("dll-origin-eaten").severity,
            Severity::Problem,
            "{who}: {seen:#?}"
        );
        assert!(!seen.works(Scope::Local), "{who}: {seen:#?}");
        assert!(seen.problems().iter().all(|id| !id.contains("not-found")), "twice: {seen:#?}");
    };
    // The shell knows no such variable.
    shop.sh(&format!("{link} -Wl,-rpath,$ORIGIN/lib"));
    eaten("sh");
    // For make it is $O, and RIGIN.
    make("$ORIGIN/lib");
    eaten("make");
    // make gives $ORIGIN to the shell.
    make("$$ORIGIN/lib");
    eaten("make and sh");
    // As the documentation says, both ways.
    for good in [r"\$$ORIGIN/lib", "'$$ORIGIN/lib'"] {
        make(good);
        let seen = shop.doctor(&shop.path("libmy_plugin.so"), DO_STUFF);
        assert!(seen.works(Scope::Global), "{good}: {seen:#?}");
        assert_eq!(seen.problems(), ["libpython-local"], "{good}: {seen:#?}");
    }
}

/// "You get an undefined symbol error": dlopen with RTLD_LOCAL.
#[test]
fn rtld_local() {
    let Some(shop) = Shop::new() else { return };
    let seen = shop.doctor(&shop.good("do_stuff", "libmy_plugin.so"), DO_STUFF);
    let finding = seen.finding("libpython-local");
    assert!(finding.summary.contains("_cffi_backend"), "{seen:#?}");
    assert!(finding.evidence.iter().any(|line| line.contains("undefined symbol: Py")), "{seen:#?}");
    assert!(
        finding.summary.ends_with(
            "it fails in RTLD_LOCAL hosts and works in RTLD_GLOBAL hosts and hosts with libpython preloaded"
        ),
        "{seen:#?}"
    );
    let local = seen.runs().runs.iter().find(|run| run.scope == Scope::Local).expect("it was run");
    // The result that means nothing.
    assert_eq!(local.steps.last().map(String::as_str), Some("do_stuff({20, 22}) = 0"));
    assert_eq!((local.works, &*local.ended), (false, "exit 17"));
}

/// The init code fails: a traceback on standard error, and 0 is returned.
#[test]
fn init_failure() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("initerror", "libinit.so");
    let seen = shop.doctor(&dll, &["int add1(int, int)", "40", "2"]);
    let finding = seen.finding("cffi-init-failed");
    assert_eq!(finding.severity, Severity::Problem, "{seen:#?}");
    for scope in [Scope::Local, Scope::Global, Scope::Preloaded] {
        assert!(!seen.works(scope), "{seen:#?}");
    }
    let preloaded = seen.runs().runs.iter().find(|run| run.scope == Scope::Preloaded);
    let steps = preloaded.map(|run| run.steps.clone()).unwrap_or_default();
    assert_eq!(steps.last().map(String::as_str), Some("add1(40, 2) = 0"), "{seen:#?}");
    assert!(preloaded.is_some_and(|run| run.stderr.iter().any(|line| line.contains("KeyError"))));
}

/// No Python function is attached: a line on standard error, and 0.
#[test]
fn not_attached() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("unattached", "libunattached.so");
    let seen = shop.doctor(&dll, &["int unattached(int, int)", "40", "2"]);
    let finding = seen.finding("cffi-unattached");
    assert!(finding.summary.contains("unattached"), "{seen:#?}");
    assert!(!seen.works(Scope::Preloaded), "{seen:#?}");
    assert_eq!(finding.severity, Severity::Problem);
}

/// CPython calls exit() when `site` fails: the host's end is never reached.
#[test]
fn exit_when_site_fails() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.good("do_stuff", "libmy_plugin.so");
    fs::create_dir(shop.path("bad")).expect("it can be made");
    // An Exception would be printed and forgotten.
    fs::write(shop.path("bad/sitecustomize.py"), "raise SystemExit(3)\n")
        .expect("it can be written");
    let environment = with(shop.site(), "PYTHONPATH", shop.path("bad"));
    let seen = shop.doctor_with(&dll, DO_STUFF, environment);
    let finding = seen.finding("site-failed");
    assert_eq!(finding.severity, Severity::Problem, "{seen:#?}");
    for run in &seen.runs().runs {
        assert_eq!((run.works, &*run.ended), (false, "exit 1 from inside the DLL"), "{seen:#?}");
    }
    assert!(finding.evidence.iter().any(|line| line.contains("init_import_site")), "{seen:#?}");
}

/// A variable of Python's that makes it exit, and the remedy that was tried.
#[test]
fn exit_for_a_variable() {
    let Some(shop) = Shop::new() else { return };
    let dll = shop.path("libmy_plugin.so");
    shop.good("do_stuff", "libmy_plugin.so");
    let environment = with(shop.site(), "PYTHONHOME", shop.path("nowhere"));
    let environment = with(environment, "LD_PRELOAD", shop.libpython());
    let seen = shop.doctor_with(&dll, DO_STUFF, environment);
    assert_eq!(seen.problems(), ["home-not-found"], "{seen:#?}");
    assert_eq!(seen.verified("home-not-found"), ["unset PYTHONHOME"], "{seen:#?}");
}

/// Names of Windows and macOS, and a name that `-lmy_plugin` does not find.
#[test]
fn naming() {
    let Some(shop) = Shop::new() else { return };
    let good = shop.good("do_stuff", "libmy_plugin.so");
    for (name, id) in
        [("my_plugin.pyd", "dll-name-of-other-system"), ("my_plugin.so", "dll-name-without-lib")]
    {
        fs::copy(&good, shop.path(name)).expect("it can be copied");
        let seen = shop.doctor(&shop.path(name), DO_STUFF);
        assert!(seen.finding(id).summary.contains(name), "{seen:#?}");
        // The name is no matter for dlopen.
        assert!(seen.works(Scope::Global), "{seen:#?}");
    }
    let named = shop.doctor(&good, DO_STUFF);
    let about_names = |id: &str| id.starts_with("dll-name");
    assert!(named.0.findings.iter().all(|one| !about_names(&one.id)), "{named:#?}");
    // What the linker says, and what helps.
    fs::remove_file(&good).expect("it was there");
    fs::write(shop.path("main.c"), "int main(void) { return 0; }\n").expect("it can be written");
    let refused = shop.try_sh("cc -o main main.c -L. -lmy_plugin");
    assert_eq!(build_cause(&refused).as_deref(), Some("link-failed"), "{refused:?}");
}

/// The same in the words of the documentation: a CFFI older than 1.5 in the Python that is running. Only
/// Python 2.7 can still build one.
#[test]
fn unknown_version_in_its_old_words() {
    let Some(target) = target("2.7") else { return };
    let (Some(old), Some(new)) = (cffi_of("1.4.2", target), cffi_of("1.15.1", target)) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = "import cffi\n\
        f = cffi.FFI()\n\
        f.embedding_api('typedef struct { int x, y; } point_t; int do_stuff(point_t *);')\n\
        f.set_source('my_plugin', 'typedef struct { int x, y; } point_t;')\n\
        f.embedding_init_code('from my_plugin import ffi\\n\
        @ffi.def_extern()\\n\
        def do_stuff(p):\\n    return p.x + p.y\\n')\n\
        f.compile(target='libmy_plugin.so')\n";
    let python = target.executable.as_ref().expect("2.7 has an interpreter");
    let built = Command::new(python)
        .args(["-c", script])
        .current_dir(folder.path())
        .env("PYTHONPATH", &new)
        .output()
        .expect("the interpreter was found");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let dll = folder.path().join("libmy_plugin.so");
    let with_cffi =
        |site: &Path| see(target, &dll, DO_STUFF, vec![("PYTHONPATH".into(), site.into())]);
    let seen = with_cffi(&old);
    let finding = seen.finding("backend-version");
    assert!(finding.summary.contains("unknown version 0x2701"), "{seen:#?}");
    assert!(!seen.works(Scope::Global) && !seen.works(Scope::Preloaded), "{seen:#?}");
    let mended = with_cffi(&new);
    assert!(mended.works(Scope::Global) && mended.works(Scope::Preloaded), "{mended:#?}");
}

/// A cffi for Python 2.7, built once and then kept below cargo's folder.
fn cffi_of(version: &str, target: &Target) -> Option<PathBuf> {
    let this = std::env::current_exe().expect("a test knows its own path");
    let root = this.ancestors().nth(3).expect("tests lie below the folder of cargo").join("wheels");
    let folder = root.join(format!("cffi-{version}-built-for-2.7"));
    let is_there = || folder.join("_cffi_backend.so").is_file();
    let built = || -> Result<(), String> {
        fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        let scratch = tempfile::tempdir_in(&root).map_err(|error| error.to_string())?;
        let mut pip = Command::new(target.executable.as_ref().ok_or("no interpreter")?);
        pip.args(["-m", "pip", "--quiet", "install", "--target"]).arg(scratch.path());
        pip.arg(format!("cffi=={version}")).env_clear();
        pip.envs(CALLER.pip_environment.iter().cloned());
        pip.env("PATH", CALLER.path.clone().unwrap_or_default()).env("HOME", scratch.path());
        let output = pip.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        // Another test may have been faster.
        let _ = fs::rename(scratch.keep(), &folder);
        if is_there() { Ok(()) } else { Err("pip has built something else".to_owned()) }
    };
    let reason = if is_there() { None } else { built().err() };
    match reason {
        None => Some(folder),
        Some(reason) => required(&format!("cffi {version} for Python 2.7: {reason}"), None),
    }
}
