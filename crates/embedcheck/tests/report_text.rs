//! Reports as text: what a packager reads in a build log.

mod common;

use embedcheck::report::{
    Styles, TextOptions, Verdict, observation_to_text, reports_to_text, to_text,
};

#[test]
fn every_verdict() {
    insta::assert_snapshot!(to_text(&common::report(), &TextOptions::default()));
}

#[test]
fn every_verdict_with_the_evidence() {
    let options = TextOptions { verbose: true, ..TextOptions::default() };
    insta::assert_snapshot!(to_text(&common::report(), &options));
}

#[test]
fn narrow_terminal() {
    let options = TextOptions { width: 60, ..TextOptions::default() };
    insta::assert_snapshot!(to_text(&common::report(), &options));
}

#[test]
fn all_good() {
    insta::assert_snapshot!(to_text(&common::good_report(), &TextOptions::default()));
}

#[test]
fn several_targets() {
    let reports = [common::good_report(), common::report()];
    let text = reports_to_text(&reports, &TextOptions::default());
    let table: Vec<_> = text.lines().rev().take(2).collect();
    insta::assert_snapshot!(table.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[test]
fn observation() {
    insta::assert_snapshot!(observation_to_text(
        &common::bad_observation(),
        &TextOptions::default()
    ));
}

/// The colours may not move anything: without them both texts are the same.
#[test]
fn colours_only_add_escape_sequences() {
    let plain = to_text(&common::report(), &TextOptions::default());
    let options = TextOptions { styles: Styles::coloured(), ..TextOptions::default() };
    let coloured = to_text(&common::report(), &options);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert_ne!(coloured, plain);
    let sequence = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_eq!(sequence.replace_all(&coloured, ""), plain);
}

/// What is missing on a machine skips many checks; its reason is told once.
#[test]
fn a_reason_is_told_once() {
    let mut report = common::report();
    let skip = report.results.iter().find(|result| result.verdict == Verdict::Skip);
    let mut again = skip.expect("the report has a skip").clone();
    again.id = "layout/again".to_owned();
    let first = again.clone();
    report.results = vec![skip.expect("the report has a skip").clone(), again];
    let reason = first.detail.expect("a skip has a reason");
    let text = to_text(&report, &TextOptions { width: 1000, ..TextOptions::default() });
    assert_eq!(text.matches(&reason).count(), 1, "{text}");
    assert!(text.contains(&format!("as in {}", report.results[0].id)), "{text}");
    // Another reason is told.
    report.results[1].detail = Some("something else".to_owned());
    let text = to_text(&report, &TextOptions { width: 1000, ..TextOptions::default() });
    assert!(text.contains("something else"), "{text}");
}
