//! Each rule is tried on words that the tools really print (`/` paths shortened), and on words that
//! must not set it off.

use regex::Regex;

use super::*;

fn stderr(text: &str) -> Evidence {
    Evidence { stderr: lines(text), ..Evidence::default() }
}

fn error(text: &str) -> Evidence {
    Evidence { errors: lines(text), ..Evidence::default() }
}

fn import(text: &str) -> Evidence {
    Evidence { imports: lines(text), ..Evidence::default() }
}

/// What a DLL made with embed-dll says about a failed start.
fn embed_dll(text: &str) -> Evidence {
    stderr(&format!(
        "Failed to initialize the Python embedding logic:\n\n{text}\n\nFrom: _a\nembed-dll version: 0.1.0\n\n\
         function _a.f() called, but initialization code failed.  Returning 0.\n"
    ))
}

fn id(evidence: &Evidence) -> Option<String> {
    cause(evidence).map(|cause| cause.id)
}

fn expression(rule: &Rule, text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{}: {error}", rule.id))
}

#[test]
fn every_expression_can_be_compiled_and_every_name_is_captured() {
    let used = Regex::new(r"\{(\w+)\}").unwrap();
    for rule in RULES {
        let mut names = Vec::new();
        for when in rule.when {
            if let Some(text) = when.expression() {
                let regex = expression(rule, text);
                names.extend(regex.capture_names().flatten().map(str::to_owned));
            }
        }
        for text in [rule.summary, rule.advice].into_iter().chain(rule.also.iter().copied()) {
            for captures in used.captures_iter(text) {
                assert!(names.contains(&captures[1].to_owned()), "{}: {text}", rule.id);
            }
        }
    }
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn the_same_import_error_means_different_things() {
    let text = "ImportError: /l/lib-dynload/math.cpython-312-x86_64-linux-gnu.so: undefined symbol: \
                PyFloat_Type";
    let local = Evidence { default_scope: Some(false), ..import(text) };
    assert_eq!(id(&local).unwrap(), "libpython-local");
    assert!(cause(&local).unwrap().summary.contains("PyFloat_Type"));
    assert_eq!(id(&import(text).in_global_scope()).unwrap(), "symbol-missing");
    assert_eq!(id(&import(text)).unwrap(), "undefined-symbol");
    let backend = "ImportError: /s/_cffi_backend.cpython-313-x86_64-linux-gnu.so: undefined symbol: \
                   _PyThreadState_UncheckedGet";
    assert_eq!(id(&stderr(backend).in_global_scope()).unwrap(), "backend-abi");
    let backend = Evidence { default_scope: Some(false), ..stderr(backend) };
    assert_eq!(id(&backend).unwrap(), "libpython-local");
}

#[test]
fn one_race_has_many_faces() {
    let race = |text: &str| Evidence { concurrent: true, ..stderr(text) };
    for text in [
        "Fatal Python error: _PyImport_Init: global import state already initialized",
        "Fatal Python error: pyinit_core_reconfigure: failed to read thread state",
        "Fatal Python error: init_interp_main: can't finish initializing sys",
        "Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem",
    ] {
        assert_eq!(id(&race(text)).unwrap(), "race-init", "{text}");
    }
    let crash = Evidence { signal: Some("SIGSEGV".into()), ..race("") };
    assert_eq!(id(&crash).unwrap(), "race-crash");
    assert_eq!(id(&Evidence { exit_inside: true, ..race("") }).unwrap(), "race-exit");
    assert_eq!(id(&Evidence { timed_out: true, ..race("") }).unwrap(), "race-hang");
    // The same words without threads are no race.
    let alone = stderr("Fatal Python error: init_fs_encoding: failed to get the Python codec");
    assert_eq!(id(&alone).unwrap(), "home-not-found");
}

#[test]
fn each_message_has_its_cause() {
    for (evidence, expected) in [
        (error("/p.so: undefined symbol: Py_InitializeEx"), "dll-without-libpython"),
        (stderr("ImportError: this module was compiled for Python 3.9"), "backend-version"),
        (
            stderr("ImportError: cffi extension module '_a' has unknown version 0x2701"),
            "backend-version",
        ),
        (
            stderr("AttributeError: module '_cffi_backend' has no attribute '_init_cffi_1_0'"),
            "backend-shadowed",
        ),
        (stderr("ModuleNotFoundError: No module named '_cffi_backend'"), "backend-missing"),
        (stderr("ImportError: No module named _cffi_backend"), "backend-missing"),
        (
            stderr(
                "ffi.error: ffi.def_extern('fb'): no 'extern \"Python\"' function with this name",
            ),
            "pyinit-interposed",
        ),
        (
            stderr("extern \"Python\": function _a.f() called, but no code was attached to it yet"),
            "cffi-unattached",
        ),
        (stderr("ModuleNotFoundError: No module named 'encodings'"), "home-not-found"),
        (stderr("Fatal Python error: init_import_site: Failed to import the site"), "site-failed"),
        (Evidence { images: 2, ..Evidence::default() }, "two-libpythons"),
        (
            error("libpython3.13.so.1.0: cannot open shared object file: No such file"),
            "libpython-not-found",
        ),
        (error("/p/x.so: cannot open shared object file: No such file"), "library-not-found"),
        (error("/p/x.so: cannot allocate memory in static TLS block"), "static-tls"),
        (
            stderr("/l/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /s/x.so)"),
            "version-missing",
        ),
        (error("/p/x.so: file too short"), "damaged-file"),
        (error("/p/x.so: invalid ELF header"), "damaged-file"),
        (error("no symbol add1"), "no-symbol"),
        (
            Evidence::of_build("ld: warning: libpython3.13.so.1.0, needed by ./x.so, not found"),
            "link-needs-rpath-link",
        ),
        (Evidence::of_build("x.c:1: undefined reference to `f'"), "link-failed"),
        (stderr("Exception ignored from cffi callback <function f at 0x1>:"), "callback-exception"),
        (
            stderr("function _a.f() called, but initialization code failed.  Returning 0."),
            "cffi-init-failed",
        ),
        (
            embed_dll(
                "EMBED_DLL_LIBPYTHON is /p, and that cannot be used: No such file or directory (os error 2); set it to a file",
            ),
            "embed-dll-told-libpython",
        ),
        (
            embed_dll(
                "EMBED_DLL_LIBPYTHON is /p/libpython3.7m.so.1.0, and that cannot be used: is Python 3.7, and 3.8 or later is needed; set it to a file",
            ),
            "embed-dll-told-libpython",
        ),
        (
            embed_dll(
                "no libpython of 3.8 or later can be used; looked at:\n  already in the process: none\n  ld.so: libpython3.15.so.1.0: libpython3.15.so.1.0: cannot open shared object file: No such file or directory",
            ),
            "embed-dll-no-libpython",
        ),
        (
            embed_dll(
                "Python 3.16 (/p/libpython3.16.so.1.0) is not supported: it has no PyInitConfig, and the layout of its PyConfig is not known to this DLL",
            ),
            "embed-dll-version",
        ),
        (
            embed_dll(
                "Python 3.7 is in the process already (/p/host), and this DLL needs 3.8 or later; a process can have only one",
            ),
            "embed-dll-version",
        ),
        (
            embed_dll(
                "more than one Python is in the process, 0 of them initialised, and they are never mixed: /a (3.9), /b (3.11); load only one of them",
            ),
            "embed-dll-several-pythons",
        ),
        (
            embed_dll(
                "Failed to import encodings module: PYTHONHOME is /x, and there is no standard library of Python 3.12 in it (lib/python3.12)",
            ),
            "embed-dll-start-failed",
        ),
        (
            embed_dll(
                "config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]\n(Python 3.12, /p/libpython3.12.so.1.0)",
            ),
            "embed-dll-start-failed",
        ),
        (
            embed_dll("init_import_site: Failed to import the site module\nValueError: 3"),
            "embed-dll-start-failed",
        ),
        (
            embed_dll(
                "Traceback (most recent call last):\n  File \"<init code for '_a'>\", line 1, in <module>\nValueError: 3",
            ),
            "embed-dll-init-raised",
        ),
        (
            embed_dll(
                "Traceback (most recent call last):\n  File \"<init code for '_a'>\", line 1, in <module>\nModuleNotFoundError: No module named '_cffi_backend'",
            ),
            "backend-missing",
        ),
        (stderr("libpython3.12.so: cannot open shared object file"), "libpython-dev-name"),
        (
            stderr("Error: Error relocating /l/_x.so: PyroEngine_start: symbol not found"),
            "python-exception",
        ),
        // The first is no name of any Python's; the second is a library of its own, not a name for linkers.
        (stderr("libpython9.so: cannot open shared object file"), "libpython-not-found"),
        (stderr("libpython3.so: cannot open shared object file"), "libpython-not-found"),
        (Evidence { signal: Some("SIGPIPE".into()), ..Evidence::default() }, "broken-pipe"),
        (Evidence { timed_out: true, ..Evidence::default() }, "hang"),
        (Evidence { exit_inside: true, ..Evidence::default() }, "exit-inside"),
        (
            Evidence {
                exit_inside: true,
                ..stderr("Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be")
            },
            "wrong-python-variable",
        ),
        (Evidence { signal: Some("SIGSEGV".into()), ..Evidence::default() }, "crash"),
        (stderr("ValueError: no"), "python-exception"),
    ] {
        assert_eq!(id(&evidence).as_deref(), Some(expected), "{evidence:?}");
    }
}

#[test]
fn nothing_seen_nothing_named() {
    assert_eq!(id(&Evidence::default()), None);
    assert_eq!(id(&stderr("preparing...\nadding 40 and 2\n")), None);
    assert_eq!(id(&Evidence { images: 1, ..Evidence::default() }), None);
    assert_eq!(id(&Evidence { default_scope: Some(false), ..Evidence::default() }), None);
}

#[test]
fn images_are_counted_in_each_namespace() {
    let image =
        |namespace| Image { path: "libpython".to_owned(), build_id: None, soname: None, namespace };
    assert_eq!(most_in_one_namespace(&[]), 0);
    assert_eq!(most_in_one_namespace(&[image(0), image(1), image(2)]), 1);
    assert_eq!(most_in_one_namespace(&[image(1), image(0), image(1)]), 2);
}
