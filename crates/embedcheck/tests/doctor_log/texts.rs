//! The three seeds as a reader sees them.

use embedcheck::doctor::{Subject, explain, to_text};
use embedcheck::report::TextOptions;

use crate::table::{explained, folder};

fn text(name: &str) -> String {
    to_text(&explained(&folder("logs").join(name)), &TextOptions::default())
}

#[test]
fn the_panic_of_seed_000_is_evidence_and_no_cause() {
    insta::assert_snapshot!(text("seed-000-supabase.log"));
}

#[test]
fn the_layers_of_seed_001() {
    insta::assert_snapshot!(text("seed-001-layers.log"));
}

#[test]
fn a_plugin_as_in_seed_002() {
    insta::assert_snapshot!(text("pyinit-interposed.log"));
}

#[test]
fn nothing_is_said_of_what_is_not_known() {
    let path = folder("unrelated").join("segfault-alone.log");
    insta::assert_snapshot!(to_text(&explained(&path), &TextOptions::default()));
}

#[test]
fn who_asked_is_read_from_the_traceback() {
    let diagnosis = explained(&folder("logs").join("seed-000-supabase.log"));
    let Subject::Log(facts) = &diagnosis.subject else { panic!() };
    assert_eq!(facts.imports, ["supabase", "gotrue", "jwt", "cryptography"]);
    assert_eq!(facts.pythons, ["3.13"]);
}

#[test]
fn several_pythons_in_one_log_are_pointed_out() {
    let diagnosis = explained(&folder("logs").join("seed-001-layers.log"));
    let words: Vec<_> = diagnosis.findings[0].fixes.iter().map(|fix| fix.what.as_str()).collect();
    assert!(words.iter().any(|what| what.contains("Python 3.12 and of 3.11")), "{words:#?}");
}

/// What a text only talks about is no file, and no Python that anything was found in.
#[test]
fn prose_names_no_files() {
    for name in ["prose-seed-000", "prose-seed-001", "prose-seed-002"] {
        let diagnosis = explained(&folder("logs").join(format!("{name}.log")));
        for fix in diagnosis.findings.iter().flat_map(|finding| &finding.fixes) {
            assert!(!fix.what.contains("names files of"), "{name}: {}", fix.what);
            for command in &fix.commands {
                assert!(!command.contains(".so"), "{name}: {command}");
            }
        }
    }
    let diagnosis = explained(&folder("logs").join("prose-seed-000.log"));
    let Subject::Log(facts) = &diagnosis.subject else { panic!() };
    assert_eq!(facts.pythons, ["3.13"]);
}

/// A log of a machine from which something is sent to AWS Lambda is not of AWS Lambda.
#[test]
fn a_mention_of_lambda_is_not_its_run_time() {
    let text = "Deploying AWS Lambda function shop\nModuleNotFoundError: No module named '_cffi_backend'\n";
    let diagnosis = explain("log", text.as_bytes()).unwrap();
    assert_eq!(diagnosis.findings[0].id, "backend-missing-in-python");
}

/// The folders that Python computes before it starts need not exist, and no interpreter is in them.
#[test]
fn an_interpreter_is_named_where_something_was_loaded_from_it() {
    for name in ["home-set-wrong", "home-uv", "home-not-found"] {
        for finding in explained(&folder("logs").join(format!("{name}.log"))).findings {
            for fix in &finding.fixes {
                let text = format!("{} {:?}", fix.what, fix.commands);
                assert!(!text.contains("/bin/python"), "{name}: {text}");
            }
        }
    }
}

#[test]
fn a_source_line_of_a_traceback_is_no_message() {
    for finding in explained(&folder("logs").join("backend-mismatch-path.log")).findings {
        assert!(finding.summary.contains("(1.16.0)"), "{}", finding.summary);
    }
}

#[test]
fn init_code_that_means_its_own_module_is_told_so() {
    let finding = &explained(&folder("logs").join("init-module-is-the-dll.log")).findings[0];
    assert!(finding.summary.contains("that of this DLL is plugin_x"), "{}", finding.summary);
    assert!(finding.fixes[0].what.contains("from plugin_x import ffi"), "{:?}", finding.fixes);
    assert!(finding.fixes.iter().all(|fix| fix.commands.is_empty()), "{:?}", finding.fixes);
    // Of a dependency it is the last thing to think of.
    let finding = &explained(&folder("logs").join("init-module-missing.log")).findings[0];
    assert!(finding.summary.contains("gt4py"), "{}", finding.summary);
    assert!(finding.fixes.last().unwrap().what.contains("its name is _solver"));
}

/// A line that no rule speaks of leads to a visit, and to no cause.
#[test]
fn an_open_question_has_a_visit() {
    let next = |text: &str| {
        let diagnosis = explain("log", text.as_bytes()).unwrap();
        assert!(diagnosis.findings.is_empty() && diagnosis.is_healthy(), "{text}");
        let Subject::Log(facts) = &diagnosis.subject else { panic!() };
        let commands = facts.next.as_ref().map(|fix| fix.commands.clone());
        commands.unwrap_or_default().concat()
    };
    assert_eq!(
        next("Python 3.12.1 (main)\nModuleNotFoundError: No module named 'ex'\n"),
        "embedcheck doctor --module ex --python 3.12"
    );
    assert_eq!(
        next("./host: symbol lookup error: ./libplug.so: undefined symbol: plug_extra\n"),
        "embedcheck doctor ./libplug.so"
    );
    assert_eq!(next("Segmentation fault\n"), "");
}

#[test]
fn what_is_read_is_said_where_nothing_is_recognised() {
    insta::assert_snapshot!(text("../unrelated/other-module.log"));
}
