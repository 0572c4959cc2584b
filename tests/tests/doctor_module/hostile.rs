//! Packages whose import does everything that code can do. The doctor comes back in time and says what
//! happened.

use std::fs;
use std::time::{Duration, Instant};

use embedcheck::doctor::Severity;
use embedcheck::doctor::module::{Outcome, Trace};
use embedcheck_tests::own_target;

use crate::support::{facts, finding, lay, options, trace, visit};

/// Imports a program with this code, which is asked about the module `wanted_there`.
fn traced(code: &str, limit: u64) -> Option<Trace> {
    let target = own_target()?;
    let folder = lay(&[("program.py", code), ("wanted_there.py", "x = 1\n")]);
    let mut options = options(target, "wanted_there", &[folder.path()]);
    options.imports = vec!["program".to_owned()];
    options.timeout = Duration::from_secs(limit);
    let began = Instant::now();
    let diagnosis = visit(&options);
    assert!(began.elapsed() < Duration::from_secs(60 + 4 * limit), "{:?}", began.elapsed());
    Some(trace(&diagnosis).clone())
}

fn raised(trace: &Trace) -> (&str, &str, bool) {
    match &trace.outcome {
        Outcome::Raised { class, message, exception } => (class, message, *exception),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_ends_the_process_is_told_from_who_returns() {
    let Some(seen) = traced("import wanted_there, os\nos._exit(0)\n", 20) else { return };
    assert_eq!(seen.outcome, Outcome::Ended { how: "exit code 0".to_owned() });
    assert!(seen.attempts[0].outcome.is_imported(), "{seen:#?}");
    // The code by which a host says that all is well.
    let Some(seen) = traced("import os\nos._exit(17)\n", 20) else { return };
    assert!(matches!(seen.outcome, Outcome::Lost { .. }), "{seen:#?}");
    let Some(seen) = traced("import os\nos.kill(os.getpid(), 11)\n", 20) else { return };
    assert!(
        matches!(&seen.outcome, Outcome::Ended { how } if how.contains("SIGSEGV")),
        "{seen:#?}"
    );
}

#[test]
fn an_import_without_end_is_ended() {
    let Some(seen) = traced("import wanted_there\nwhile True: pass\n", 2) else { return };
    assert_eq!(seen.outcome, Outcome::Hung);
    assert_eq!(seen.attempts.len(), 1);
    // A thread that lives on is none of the import's business.
    let code =
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n";
    let Some(seen) = traced(code, 20) else { return };
    assert!(seen.outcome.is_imported(), "{seen:#?}");
}

#[test]
fn endless_output_and_endless_imports_are_bounded() {
    let code = "import sys\nfor _ in range(300): sys.stdout.write('x' * 10**6); sys.stderr.write('y' * 10**6)\nimport wanted_there\n";
    let Some(seen) = traced(code, 60) else { return };
    assert!(seen.outcome.is_imported(), "{:?}", seen.outcome);
    assert_eq!(seen.attempts.len(), 1);
    assert!(seen.stderr.iter().map(String::len).sum::<usize>() < 100_000);
    let code = "i = 0\nwhile True:\n    i += 1\n    try: __import__('gone_%d' % i)\n    except ImportError: pass\n";
    let Some(seen) = traced(code, 300) else { return };
    let how = seen.outcome.to_string();
    assert!(how.contains("it imported without end"), "{how}");
    assert!(seen.failures.len() <= 40, "{}", seen.failures.len());
}

#[test]
fn what_is_printed_is_no_answer() {
    let line = r#"{"event": "finish", "pid": 1, "time": 0, "code": 17}
{"event": "end", "step": 0, "thread": 0, "pid": 1, "time": 0, "op": "done", "ok": true, "value": {}, "errno": 0, "error": null}"#;
    let code = format!(
        "import os, sys\nline = '''\n{line}\n'''\nprint(line); sys.stderr.write(line)\n\
         for fd in range(3):\n    try: os.write(fd, line.encode())\n    except OSError: pass\n\
         raise ValueError('the real end')\n"
    );
    let Some(seen) = traced(&code, 20) else { return };
    assert_eq!(raised(&seen), ("ValueError", "the real end", true));
    // The same lines, and an end that looks as if the script had come to its own.
    let code = code.replace("raise ValueError('the real end')", "os._exit(17)");
    let Some(seen) = traced(&code, 20) else { return };
    assert!(matches!(seen.outcome, Outcome::Lost { .. }), "{seen:#?}");
}

#[test]
fn replaced_streams_and_functions_change_nothing() {
    let code = "import builtins, os, posix, sys\n\
        class Odd:\n    def write(self, text): raise SystemExit(text)\n    def flush(self): raise SystemExit(9)\n\
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Odd()\n\
        os.close(1); os.close(2)\n\
        posix.write = os.write = posix.getpid = posix._exit = sys._getframe = None\n\
        builtins.sorted = builtins.ord = builtins.print = None\n\
        import wanted_there\n\
        sys.modules.clear()\n\
        raise SystemExit(3)\n";
    let Some(seen) = traced(code, 20) else { return };
    assert_eq!(raised(&seen), ("SystemExit", "3", false));
    assert_eq!(seen.attempts.len(), 1, "{seen:#?}");
}

#[test]
fn closed_descriptors_are_owned_up_to() {
    let code = "import wanted_there, os\nos.closerange(0, 1000)\n";
    let Some(seen) = traced(code, 20) else { return };
    assert!(matches!(seen.outcome, Outcome::Lost { .. }), "{seen:#?}");
    assert_eq!(seen.attempts.len(), 1);
}

#[test]
fn exceptions_that_cannot_be_printed_are_described() {
    let code =
        "class Odd(BaseException):\n    def __str__(self): raise KeyboardInterrupt\nraise Odd\n";
    let Some(seen) = traced(code, 20) else { return };
    assert_eq!(raised(&seen), ("program.Odd", "<exception str() failed>", false));
    let code = "raise ValueError('\\ud800 \\x00 \\U0001f600 \"quoted\" ' + 'x' * 10**6)\n";
    let Some(seen) = traced(code, 20) else { return };
    let (_, message, _) = raised(&seen);
    assert!(message.starts_with("\u{fffd} \0 \u{1f600} \"quoted\" xxx"), "{:?}", &message[..30]);
    assert!(message.len() < 3000);
}

#[test]
fn children_of_the_program_are_gone_and_tell_nothing() {
    let code = "import os, sys, time\n\
        if os.fork() == 0:\n    os.setsid()\n    import wanted_there\n    os.execv('/bin/sleep', ['embedcheck-left-over', '1000'])\n\
        time.sleep(0.3)\n";
    let Some(seen) = traced(code, 20) else { return };
    assert!(seen.outcome.is_imported(), "{seen:#?}");
    assert_eq!(seen.attempts.len(), 0, "{seen:#?}");
    for process in fs::read_dir("/proc").expect("Linux has it").flatten() {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        assert!(!command.starts_with(b"embedcheck-left-over"), "{}", process.path().display());
    }
}

#[test]
fn nothing_is_written_beside_the_packages() {
    let Some(target) = own_target() else { return };
    let folder = lay(&[("program.py", "import other\n"), ("other.py", "x = 1\n")]);
    let mut options = options(target, "other", &[folder.path()]);
    options.imports = vec!["program".to_owned()];
    visit(&options);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["other.py", "program.py"]);
}

/// The module itself is what is hostile.
#[test]
fn a_module_that_kills_is_named() {
    let Some(target) = own_target() else { return };
    let ends = [
        ("import os\nos._exit(3)\n", "exit code 3", 20),
        ("import os\nos.abort()\n", "SIGABRT", 20),
        ("while True: pass\n", "did not come to an end", 2),
    ];
    for (code, how, limit) in ends {
        let folder = lay(&[("killer.py", code)]);
        let mut options = options(target, "killer", &[folder.path()]);
        options.timeout = Duration::from_secs(limit);
        let diagnosis = visit(&options);
        let found = finding(&diagnosis, "module-import-kills");
        assert!(found.summary.contains(how), "{}", found.summary);
        assert!(!diagnosis.is_healthy());
    }
}

/// The answer of the import does not come by way of what the module can print.
#[test]
fn a_module_that_prints_answers_is_seen_through() {
    let Some(target) = own_target() else { return };
    let code = "import os\nfor fd in range(20):\n    try: os.write(fd, b'{\"prefix\": \"/forged\"}')\n    except OSError: pass\nraise LookupError('real')\n";
    let folder = lay(&[("liar.py", code)]);
    let diagnosis = visit(&options(target, "liar", &[folder.path()]));
    for run in &facts(&diagnosis).imports.runs {
        let real = matches!(&run.outcome, Outcome::Raised { message, .. } if message == "real");
        assert!(real, "{run:#?}");
        assert!(run.python.as_ref().is_some_and(|python| python.prefix != "/forged"), "{run:#?}");
    }
}

/// A file that ends too soon has pages without anything behind them: the kernel ends who touches them.
#[test]
fn a_truncated_file_is_one_finding() {
    let Some(target) = own_target() else { return };
    let module = target.extension_modules.iter().find(|module| module.name == "_decimal");
    let Some(module) = embedcheck_tests::required("_decimal as a file", module) else { return };
    let bytes = fs::read(&module.path).expect("it was found");
    let folder = lay(&[]);
    let name = module.path.file_name().expect("it is a file");
    let mut killed = 0;
    for part in [2, 4, 8, 16] {
        fs::write(folder.path().join(name), &bytes[..bytes.len() / part]).expect("a new file");
        let diagnosis = visit(&options(target, "_decimal", &[folder.path()]));
        let plain = facts(&diagnosis).imports.plain().expect("it was tried");
        let problems = diagnosis.findings.iter().filter(|it| it.severity == Severity::Problem);
        let ids: Vec<_> = problems.map(|finding| finding.id.as_str()).collect();
        // What is only the description of the file for debuggers can be cut off without harm.
        let expected: &[&str] = if plain.outcome.is_imported() { &[] } else { &["module-damaged"] };
        assert_eq!(ids, expected, "1/{part}: {:#?}", diagnosis.findings);
        let damaged = finding(&diagnosis, "module-damaged");
        assert!(damaged.fixes[0].commands[0].starts_with("mv "), "{damaged:#?}");
        killed += usize::from(matches!(plain.outcome, Outcome::Ended { .. }));
    }
    assert!(killed > 0, "no part of the file ended Python");
}

#[test]
fn a_pipe_instead_of_the_answer_is_not_waited_for() {
    let Some(target) = own_target() else { return };
    let code =
        "import os\nname = os.readlink('/proc/self/fd/251')\nos.unlink(name)\nos.mkfifo(name)\n";
    let folder = lay(&[("program.py", code)]);
    let diagnosis = visit(&options(target, "program", &[folder.path()]));
    let plain = facts(&diagnosis).imports.plain().expect("it was tried");
    assert!(matches!(plain.outcome, Outcome::Lost { .. }), "{plain:#?}");
    let finding = finding(&diagnosis, "module-import-kills");
    assert!(finding.summary.contains("is not known"), "{}", finding.summary);
}
