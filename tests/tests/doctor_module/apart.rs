//! What the interpreter and an embedded Python do differently, and who catches what.

use std::process::{Command, Stdio};

use embedcheck::doctor::module::{ImportHow, ModuleOptions};
use embedcheck::doctor::{Severity, to_text};
use embedcheck::report::TextOptions;
use embedcheck_tests::{own_target, required};

use crate::support::{facts, finding, lay, options, trace, visit};

#[test]
fn who_imports_whom_is_followed_through_functions_and_importlib() {
    let Some(target) = own_target() else { return };
    let folder = lay(&[
        ("program.py", "import package.inner\n"),
        ("package/__init__.py", ""),
        ("package/inner.py", "import helper\nhelper.load('wanted_gone')\n"),
        (
            "helper.py",
            "import importlib\ndef load(name):\n    try:\n        importlib.import_module(name)\n    \
             except ImportError:\n        pass\n",
        ),
    ]);
    let mut options = options(target, "wanted_gone", &[folder.path()]);
    options.imports = vec!["program".to_owned()];
    let diagnosis = visit(&options);
    let seen = trace(&diagnosis);
    assert!(seen.outcome.is_imported());
    let [attempt] = seen.attempts.as_slice() else { panic!("{seen:#?}") };
    assert_eq!(attempt.to_string(), "program -> package.inner -> wanted_gone");
    assert_eq!(attempt.swallowed_by.as_deref(), Some("package.inner"));
    let at = attempt.chain.last().and_then(|step| step.at.as_deref()).expect("it is Python code");
    assert!(at.ends_with("helper.py:4"), "{at}");
    finding(&diagnosis, "module-error-swallowed");
}

#[test]
fn a_module_that_needs_another_blames_the_other() {
    let Some(target) = own_target() else { return };
    let folder = lay(&[
        ("there.py", "import between\n"),
        (
            "between.py",
            "try:\n    import optional_gone\nexcept ImportError:\n    pass\nimport really_gone\n",
        ),
    ]);
    let diagnosis = visit(&options(target, "there", &[folder.path()]));
    let found = finding(&diagnosis, "module-needs-module");
    assert!(
        found.summary.contains("imports really_gone: ModuleNotFoundError"),
        "{}",
        found.summary
    );
    let [fix, ..] = found.fixes.as_slice() else { panic!("{found:#?}") };
    assert!(fix.commands[0].contains("--module really_gone --python"), "{fix:#?}");
}

#[test]
fn a_module_that_raises_blames_nobody_else() {
    let Some(target) = own_target() else { return };
    let code = "try:\n    import optional_gone\nexcept ImportError:\n    pass\n1/0\n";
    let folder = lay(&[("there.py", code)]);
    let diagnosis = visit(&options(target, "there", &[folder.path()]));
    let found = finding(&diagnosis, "module-import-raises");
    assert!(found.summary.contains("ZeroDivisionError"), "{}", found.summary);
    assert!(
        found.evidence.iter().any(|line| line.contains("there.py:5, in <module>")),
        "{found:#?}"
    );
}

#[test]
fn a_program_that_fails_for_another_reason_is_told() {
    let Some(target) = own_target() else { return };
    let folder = lay(&[("program.py", "import there\n1/0\n"), ("there.py", "")]);
    let mut options = options(target, "there", &[folder.path()]);
    options.imports = vec!["program".to_owned()];
    let diagnosis = visit(&options);
    let found = finding(&diagnosis, "module-program-fails");
    assert!(found.summary.contains("ZeroDivisionError"), "{}", found.summary);
}

/// A virtual environment is seen by its interpreter, and by an embedded Python only if it is first on
/// PATH.
#[test]
fn a_virtual_environment_is_not_seen_from_within_a_host() {
    let Some(target) = own_target() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let venv = folder.path().join("venv");
    let executable = target.executable.as_ref().expect("it can be run");
    let made = Command::new(executable)
        .args(["-m", "venv", "--without-pip"])
        .arg(&venv)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output();
    let made = made.ok().filter(|output| output.status.success()).map(|_| venv.join("bin/python"));
    let Some(python) = required("a Python that makes virtual environments", made) else { return };
    let search = embedcheck::target::Options::default();
    let target = embedcheck::target::identify_python(&embedcheck_tests::CALLER, &search, &python)
        .unwrap_or_else(|error| panic!("{error}"));
    let version = format!("python{}.{}", target.version.major, target.version.minor);
    let site = venv.join("lib").join(version).join("site-packages");
    std::fs::write(site.join("only_in_venv.py"), "x = 1\n").expect("the folder is there");

    let mut options = options(&target, "only_in_venv", &[]);
    options.environment = vec![("PATH".into(), "/nonexistent".into())];
    let diagnosis = visit(&options);
    let found = finding(&diagnosis, "module-embedded-other-prefix");
    assert!(found.fixes[0].verified, "{found:#?}");
    assert!(
        found.fixes[0].commands[0].contains(&*venv.join("bin").to_string_lossy()),
        "{found:#?}"
    );
    let site = site.to_string_lossy().into_owned();
    assert!(found.evidence.iter().any(|line| line.contains(&site)), "{found:#?}");
    let runs: Vec<_> = facts(&diagnosis)
        .imports
        .runs
        .iter()
        .map(|run| (run.how, run.outcome.is_imported()))
        .collect();
    assert_eq!(
        runs,
        [(ImportHow::Interpreter, true), (ImportHow::Embedded, false), (ImportHow::Embedded, true)]
    );
    // Two lines with opposite ends do not have the same name.
    let text = to_text(&diagnosis, &TextOptions::default());
    for name in ["  embedded  ", "  embedded, other PATH "] {
        assert!(text.contains(name), "no `{name}` in {text}");
    }
    // With the environment first on PATH there is nothing to tell.
    options.environment = vec![("PATH".into(), venv.join("bin").into())];
    let diagnosis = visit(&options);
    assert_eq!(diagnosis.findings, [], "{:#?}", facts(&diagnosis));
}

/// A function of AWS Lambda does not have what this machine has installed.
#[test]
fn layers_stand_alone() {
    let Some(target) = own_target() else { return };
    let folder = lay(&[("python/there.py", "x = 1\n")]);
    let mut options = options(target, "pip", &[folder.path()]);
    let is_there = |options: &ModuleOptions| {
        let diagnosis = visit(options);
        let plain = facts(&diagnosis).imports.plain().expect("it was tried");
        plain.outcome.is_imported()
    };
    let installed = is_there(&options).then_some(());
    let Some(()) = required("a Python with pip", installed) else { return };
    options.layers = true;
    assert!(!is_there(&options));
    options.name = "there".to_owned();
    assert!(is_there(&options));
}

/// What a program can do without is no more than a warning; what it cannot do without is a problem of the program.
#[test]
fn an_extension_module_of_who_wants_it_may_be_one_to_do_without() {
    let Some(target) = own_target() else { return };
    let file = "vault/_fast.cpython-35m-x86_64-linux-gnu.so";
    let record = format!("vault/__init__.py,,\n{file},,\n");
    let catches =
        "import there\ntry:\n    from vault import _fast\nexcept ImportError:\n    pass\n";
    for (code, severity) in
        [(catches, Severity::Warning), ("import there, vault._fast\n", Severity::Problem)]
    {
        let folder = lay(&[
            ("there.py", ""),
            ("vault/__init__.py", code),
            (file, "no shared library, but nobody looks"),
            ("vault-1.dist-info/METADATA", "Name: vault\nVersion: 1\nRequires-Dist: there\n"),
            ("vault-1.dist-info/RECORD", &record),
        ]);
        let diagnosis = visit(&options(target, "there", &[folder.path()]));
        let found = finding(&diagnosis, "module-dependent-unfit");
        assert_eq!(found.severity, severity, "{diagnosis:#?}");
        assert!(found.summary.contains("is for CPython 3.5"), "{}", found.summary);
    }
}
