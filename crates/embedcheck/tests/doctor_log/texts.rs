//! The three seeds as a reader sees them.

use embedcheck::doctor::{Subject, to_text};
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
