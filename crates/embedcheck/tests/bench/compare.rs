//! Comparison of reports that are made by hand.

use embedcheck::bench::compare::{CompareError, compare};
use embedcheck::bench::{BenchReport, Producer, from_json, to_json, to_text};
use embedcheck::report::TextOptions;

use crate::made;

/// The figures of one producer times a factor, those whose id begins so.
fn slowed(producer: Producer, group: &str, factor: f64) -> BenchReport {
    let mut report = made::report();
    for one in &mut report.targets[0].measurements {
        if one.producer == producer && one.figure.starts_with(group) {
            let values = one.values.iter().map(|value| value * factor).collect();
            *one = made::measurement(producer, &one.figure, values);
        }
    }
    report
}

#[test]
fn a_report_is_not_changed_since_itself() {
    let comparison = compare(&made::report(), "old.json", &made::report()).unwrap();
    assert!(comparison.changes().is_empty());
    assert!(comparison.notes.is_empty(), "{:?}", comparison.notes);
    let target = &comparison.targets[0];
    assert_eq!(target.slowdown, 1.0);
    assert!(target.figures.len() > 50 && target.figures.iter().all(|one| one.factor == 1.0));
    assert!(target.figures.iter().all(|one| one.producer != Producer::Plain));
}

#[test]
fn what_was_slowed_is_found_and_nothing_else() {
    let new = slowed(Producer::Rust, "call/add1/", 2.0);
    let comparison = compare(&made::report(), "old.json", &new).unwrap();
    let mut found: Vec<_> = comparison.changes().iter().map(|(_, one)| &one.figure[..]).collect();
    found.sort_unstable();
    let expected = ["initialiser", "initialiser_held", "linked", "other", "other_held"];
    assert_eq!(found, expected.map(|place| format!("call/add1/{place}")));
    assert_eq!(comparison.worse_by_more_than(0.99).len(), 5);
    assert_eq!(comparison.worse_by_more_than(1.01).len(), 0);
    // A faster build is a change, but never a failure.
    let back = compare(&new, "new.json", &made::report()).unwrap();
    assert_eq!((back.changes().len(), back.worse_by_more_than(0.0).len()), (5, 0));
}

/// Everything is slower, the fixed piece of work too.
#[test]
fn a_slower_machine_is_no_change() {
    let mut new = made::report();
    let target = &mut new.targets[0];
    for one in &mut target.measurements {
        let values = one.values.iter().map(|value| value * 1.7).collect();
        *one = made::measurement(one.producer, &one.figure, values);
    }
    target.calibration.iter_mut().for_each(|value| *value *= 1.7);
    let comparison = compare(&made::report(), "old.json", &new).unwrap();
    assert_eq!(comparison.targets[0].slowdown, 1.7);
    // Memory does not depend on the speed.
    let changes = comparison.changes();
    assert!(changes.iter().all(|(_, one)| one.figure.starts_with("memory/")), "{changes:?}");
}

#[test]
fn two_builds_of_a_version_belong_together() {
    let mut new = made::report();
    new.targets[0].id = "cpython-3.11.7d".to_owned();
    let comparison = compare(&made::report(), "old.json", &new).unwrap();
    assert_eq!(comparison.targets[0].old_id, "cpython-3.11.7");
    new.targets[0].version = "3.12.1".to_owned();
    let error = compare(&made::report(), "old.json", &new).unwrap_err();
    insta::assert_snapshot!(error, @"the two reports have no Python in common: the old one has cpython-3.11.7, the new one cpython-3.11.7d; name one of the old report with --python, or compare with a report of the same version");
    new.targets.clear();
    assert!(matches!(
        compare(&made::report(), "old.json", &new),
        Err(CompareError::NoTargets { new, .. }) if new == "none"
    ));
}

#[test]
fn reports_without_a_common_figure_are_refused() {
    let mut new = made::report();
    new.targets[0].measurements.retain(|one| one.producer == Producer::Plain);
    assert_eq!(compare(&made::report(), "old.json", &new), Err(CompareError::NoFigures));
}

#[test]
fn what_differs_between_the_runs_is_noted() {
    let mut new = made::report();
    new.settings.environment.clear();
    new.machine.processor = Some("Another".to_owned());
    new.machine.load_after = Some([20.0; 3]);
    new.settings.optimised = false;
    let comparison = compare(&made::report(), "old.json", &new).unwrap();
    insta::assert_snapshot!(comparison.notes.join("\n"), @"
    processor: Some Processor 9000 before, Another now
    measuring host: optimised before, not optimised now
    set in the environment: PYTHONDEVMODE=1 before, nothing now
    the machine was busy now (load 20.0): of starts and of several threads only large changes can be seen
    ");
}

/// The comparison is part of the report: text, JSON and whatever else is made from that have it.
#[test]
fn a_comparison_is_part_of_the_report() {
    let mut new = slowed(Producer::Naive, "start/both", 3.0);
    new.comparison = Some(compare(&made::report(), "old.json", &new).unwrap());
    let json = to_json(&new).unwrap();
    assert_eq!(from_json(json.as_bytes()).unwrap(), new);
    let text = to_text(&new, &TextOptions::default());
    let from = text.find("changes since").unwrap();
    insta::assert_snapshot!(&text[from..]);
}
