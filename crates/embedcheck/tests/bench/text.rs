//! Reports as text.

use embedcheck::bench::{Missing, to_text};
use embedcheck::report::{Styles, TextOptions};

use crate::made;

#[test]
fn a_report() {
    insta::assert_snapshot!(to_text(&made::report(), &TextOptions::default()));
}

#[test]
fn a_narrow_terminal() {
    let options = TextOptions { width: 70, ..TextOptions::default() };
    let text = to_text(&made::report(), &options);
    let bars = text.lines().filter(|line| line.contains('█'));
    assert!(bars.clone().count() > 10);
    for bar in bars {
        assert!(bar.chars().count() <= 70, "{bar}");
    }
}

/// The colours may not move anything: without them both texts are the same.
#[test]
fn colours_only_add_escape_sequences() {
    let plain = to_text(&made::report(), &TextOptions::default());
    let options = TextOptions { styles: Styles::coloured(), ..TextOptions::default() };
    let coloured = to_text(&made::report(), &options);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert_ne!(coloured, plain);
    let sequence = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_eq!(sequence.replace_all(&coloured, ""), plain);
}

#[test]
fn several_targets_end_with_a_table() {
    let mut report = made::report();
    let mut other = report.targets[0].clone();
    other.id = "cpython-3.13.0".to_owned();
    report.targets.push(other);
    let text = to_text(&report, &TextOptions::default());
    let from = text.find("all Pythons").unwrap();
    insta::assert_snapshot!(&text[from..]);
}

/// A target of which nothing was measured has no empty tables.
#[test]
fn nothing_measured_is_short() {
    let mut report = made::report();
    let target = &mut report.targets[0];
    target.measurements.clear();
    target.ratios.clear();
    for record in &mut target.producers {
        record.missing = Some(Missing::Failed { reason: "it is late".to_owned() });
    }
    insta::assert_snapshot!(to_text(&report, &TextOptions::default()));
}
