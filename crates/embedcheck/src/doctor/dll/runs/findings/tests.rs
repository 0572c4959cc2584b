//! Groups, sentences and severities, on runs that are made up.

use super::*;
use crate::diagnose::Cause;
use crate::doctor::Fix;
use crate::doctor::dll::runs::Run;

fn judged(host: HostKind, scope: Scope, cause: Option<&str>) -> Judged {
    let run = Run {
        works: cause.is_none(),
        cause: cause.map(str::to_owned),
        stderr: vec!["a line".to_owned()],
        ..Run::made_up(host, scope)
    };
    let known = cause.filter(|cause| *cause != "unknown").map(|id| Cause {
        id: id.to_owned(),
        summary: format!("the summary of {id}"),
        advice: "advice".to_owned(),
        evidence: vec![format!("shows {id}")],
        source: String::new(),
    });
    let failure = cause.map(|cause| format!("add1(): shows {cause}"));
    Judged { run, cause: known, failure, step: cause.map(|_| "add1()".to_owned()) }
}

/// Both hosts in the three scopes, with these causes of failure in this order.
fn six(causes: [Option<&str>; 6]) -> Vec<Judged> {
    let scopes = [Scope::Local, Scope::Global, Scope::Preloaded];
    let pairs =
        scopes.into_iter().flat_map(|scope| [(HostKind::C, scope), (HostKind::Rust, scope)]);
    pairs.zip(causes).map(|((host, scope), cause)| judged(host, scope, cause)).collect()
}

fn sentences(runs: &[Judged]) -> Vec<String> {
    let sentence = |group: &Vec<&Judged>| {
        format!("{}; {}", of_group(group).summary, where_it_happens(group, runs))
    };
    groups(runs).iter().map(sentence).collect()
}

#[test]
fn a_cause_is_told_once_with_the_hosts_that_show_it() {
    let a = Some("a");
    let local = six([a, a, None, None, None, None]);
    assert_eq!(
        sentences(&local),
        [
            "the summary of a; it fails in RTLD_LOCAL hosts and works in RTLD_GLOBAL hosts and hosts with libpython preloaded"
        ]
    );
    let only_c = six([a, None, None, None, a, a]);
    assert_eq!(
        sentences(&only_c),
        [
            "the summary of a; it fails in RTLD_LOCAL hosts written in C and hosts with libpython preloaded and works in RTLD_GLOBAL hosts"
        ]
    );
    let two = six([a, a, Some("b"), Some("b"), Some("b"), Some("b")]);
    assert_eq!(
        sentences(&two),
        [
            "the summary of a; it fails in RTLD_LOCAL hosts",
            "the summary of b; it fails in RTLD_GLOBAL hosts and hosts with libpython preloaded"
        ]
    );
    assert!(groups(&six([None; 6])).is_empty());
}

#[test]
fn what_no_rule_knows_is_shown_as_it_was_found() {
    let runs = six([Some("unknown"); 6]);
    let finding = of_group(&groups(&runs)[0]);
    assert_eq!(finding.id, kinds::RUN_FAILED.id);
    assert_eq!(finding.evidence, ["add1(): shows unknown", "a line"]);
}

#[test]
fn an_end_is_told_with_its_step() {
    let runs = six([Some("crash"); 6]);
    let finding = of_group(&groups(&runs)[0]);
    assert_eq!(finding.summary, "in add1(), the summary of crash");
    assert_eq!(finding.evidence, ["shows crash"], "the rest says the same");
}

#[test]
fn few_hosts_are_global_and_modules_are_for_interpreters() {
    let a = Some("a");
    let of = |extension: bool, runs: &[Judged]| {
        let about = About { extension, ..About::default() };
        severity(&about, &groups(runs)[0], runs)
    };
    assert_eq!(of(false, &six([a, a, None, None, None, None])), Severity::Problem);
    assert_eq!(of(false, &six([None, None, a, a, None, None])), Severity::Warning);
    assert_eq!(of(true, &six([a, a, None, None, None, None])), Severity::Warning);
    assert_eq!(of(true, &six([a; 6])), Severity::Problem);
}

#[test]
fn what_the_file_predicted_is_told_once() {
    let finding = |id: &str, line: &str| Finding {
        id: id.to_owned(),
        severity: Severity::Problem,
        summary: String::new(),
        evidence: vec![line.to_owned()],
        fixes: vec![Fix::advice(format!("advice of {id}"))],
        source: String::new(),
    };
    let mut run = finding("libpython-not-found", "seen");
    run.fixes.push(Fix::command("tried", "export LD_LIBRARY_PATH=b").verified());
    run.fixes.push(Fix::advice("advice of both").verified());
    let mut file = finding("dll-libpython-not-found", "read");
    file.fixes.push(Fix::advice("advice of both"));
    file.fixes.push(Fix::advice("For a trial: LD_LIBRARY_PATH=b"));
    let other = finding("two-libpythons", "seen");
    let all = join(&About::default(), vec![file], vec![run, other]);
    let ids: Vec<_> = all.iter().map(|finding| &*finding.id).collect();
    assert_eq!(ids, ["dll-libpython-not-found", "two-libpythons"]);
    assert_eq!(all[0].evidence, ["read", "seen"]);
    let fixes: Vec<_> = all[0].fixes.iter().map(|fix| (&*fix.what, fix.verified)).collect();
    let expected =
        [("tried", true), ("advice of both", true), ("advice of dll-libpython-not-found", false)];
    assert_eq!(fixes, expected);
}

/// The Python that was named is not the DLL's: what it lacks is no matter before that is mended.
#[test]
fn another_python_comes_before_its_packages() {
    let finding = |id: &str, severity| Finding {
        id: id.to_owned(),
        severity,
        summary: String::new(),
        evidence: Vec::new(),
        fixes: Vec::new(),
        source: String::new(),
    };
    let file = || {
        vec![
            finding("dll-static-tls", Severity::Warning),
            finding("dll-other-python", Severity::Warning),
        ]
    };
    let ids =
        |all: Vec<Finding>| all.into_iter().map(|one| (one.id, one.severity)).collect::<Vec<_>>();
    let all =
        ids(join(&About::default(), file(), vec![finding("backend-missing", Severity::Problem)]));
    assert_eq!(all[0], ("dll-other-python".to_owned(), Severity::Problem), "{all:?}");
    assert_eq!(all[1], ("dll-static-tls".to_owned(), Severity::Warning), "{all:?}");
    let all =
        ids(join(&About::default(), file(), vec![finding("libpython-local", Severity::Problem)]));
    assert_eq!(all[1], ("dll-other-python".to_owned(), Severity::Warning), "{all:?}");
}

/// Both halves of the table mean something.
#[test]
fn predictions_are_findings_and_rules() {
    for (rule, kinds) in PREDICTED {
        assert!(crate::diagnose::RULES.iter().any(|known| known.id == *rule), "{rule}");
        for kind in *kinds {
            assert!(crate::doctor::kinds().any(|known| known.id == *kind), "{kind}");
        }
    }
    for rule in GENERAL.iter().chain(OF_PACKAGES) {
        assert!(crate::diagnose::RULES.iter().any(|known| known.id == *rule), "{rule}");
    }
}
