//! Texts that come from the machine cannot become part of the page.

use embedcheck::bench::{BenchReport, html};
use serde_json::Value;

use crate::document::{elements, parse};
use crate::sample;

const HOSTILE: &str =
    "x<script>alert(1)</script>\"'&amp;--><svg onload=\"a()\">]]>\u{0}\u{1b}\u{7f}\u{85}\u{ffff}`";

/// Places of texts in a value, as JSON pointers. Of each list the first and the last element are enough.
fn texts(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(pointer.to_owned()),
        Value::Array(list) => {
            for (place, one) in list.iter().enumerate() {
                if place == 0 || place + 1 == list.len() {
                    texts(one, &format!("{pointer}/{place}"), found);
                }
            }
        }
        Value::Object(fields) => {
            for (name, one) in fields {
                texts(one, &format!("{pointer}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn check(report: &BenchReport, place: &str) -> String {
    let page = html(report);
    let document = parse(&page);
    assert_eq!(elements(document.root(), "script").count(), 0, "{place}");
    for node in document.descendants() {
        assert!(!node.has_attribute("onload"), "{place}");
    }
    assert!(!page.to_lowercase().contains("<script"), "{place}");
    page
}

#[test]
fn no_text_of_a_report_becomes_markup() {
    let mut report = sample::compared();
    let several = sample::several();
    report.targets.push(several.targets.last().unwrap().clone());
    report.settings.environment.insert("NAME".to_owned(), "value".to_owned());
    let value = serde_json::to_value(&report).unwrap();
    let mut places = Vec::new();
    texts(&value, "", &mut places);
    let (mut tried, mut shown) = (0, Vec::new());
    for place in places {
        let mut changed = value.clone();
        *changed.pointer_mut(&place).unwrap() = HOSTILE.into();
        // A word of a list of words, such as a unit, can be no other text.
        let Ok(report) = serde_json::from_value::<BenchReport>(changed) else { continue };
        tried += 1;
        if check(&report, &place).contains("x&lt;script&gt;alert(1)&lt;/script&gt;&quot;") {
            shown.push(place);
        }
    }
    assert!(tried > 40, "{tried}");
    for place in [
        "/command/0",
        "/date",
        "/tool/version",
        "/machine/processor",
        "/machine/system/kernel",
        "/machine/system/compiler",
        "/settings/environment/NAME",
        "/targets/0/id",
        "/targets/0/libpython",
        "/targets/0/build_id",
        "/targets/0/producers/0/made_by",
        "/targets/1/producers/5/missing/reason",
        "/targets/1/producers/5/missing/advice",
        "/comparison/old/file",
        "/comparison/notes/0",
    ] {
        assert!(shown.iter().any(|shown| shown == place), "{place} is not on the page");
    }
}

#[test]
fn names_of_variables_are_escaped() {
    let mut report = sample::one();
    report.settings.environment.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
    check(&report, "environment");
}

/// JSON has no such numbers, but the model has.
#[test]
fn odd_numbers_are_shown_somehow() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -5.0, 1e300, 1e-300] {
        let mut report = sample::one();
        for one in &mut report.targets[0].measurements {
            one.estimate.median = odd;
            one.estimate.high = odd;
            for bin in one.distribution.iter_mut().flatten() {
                bin.upper = odd;
            }
        }
        let page = check(&report, "numbers");
        let document = parse(&page);
        for node in document.descendants() {
            for name in ["x", "y", "x1", "x2", "y1", "y2", "width", "height", "d", "cx", "cy"] {
                let value = node.attribute(name).unwrap_or_default();
                assert!(!value.contains("NaN") && !value.contains("inf"), "{odd}: {name}={value}");
                assert!(!(name == "width" && value.starts_with('-')), "{odd}: width {value}");
            }
        }
    }
}
