//! Reports as JSON: the way there and back, and the schema in `docs/`.

mod common;

use embedcheck::report::{from_json, reports_to_json, schema, to_json};
use serde_json::{Value, json};

/// The schema that is checked in.
fn checked_in() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/report.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&to_json(&common::report()).unwrap()).unwrap()
}

#[test]
fn a_report_survives_its_json_form() {
    let text = to_json(&common::report()).unwrap();
    let reports = from_json(text.as_bytes()).unwrap().into_reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(to_json(&reports[0]).unwrap(), text);

    let text = reports_to_json(&[common::report(), common::good_report()]).unwrap();
    let reports = from_json(text.as_bytes()).unwrap().into_reports();
    assert_eq!(reports_to_json(&reports).unwrap(), text);
    assert_eq!(reports.len(), 2);
}

#[test]
fn what_is_no_report_is_refused_with_the_reason() {
    let refuse = |text: &str| from_json(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(refuse("{\"schema\":\n \"emb"), @"not a report: EOF while parsing a string at line 2 column 5; was the file cut off or edited?");
    insta::assert_snapshot!(refuse("{}"), @r#"not a report: it has no string `schema` such as "embedcheck.report/1" at the top"#);
    insta::assert_snapshot!(refuse("[1]"), @r#"not a report: it has no string `schema` such as "embedcheck.report/1" at the top"#);
    insta::assert_snapshot!(refuse(r#"{"schema": 1}"#), @r#"not a report: it has no string `schema` such as "embedcheck.report/1" at the top"#);
    insta::assert_snapshot!(refuse(r#"{"schema": "embedcheck.report/9"}"#), @r#"cannot read a document of schema "embedcheck.report/9": this embedcheck reads "embedcheck.report/1" and "embedcheck.reports/1"; use the embedcheck that wrote it"#);
    let text = to_json(&common::report()).unwrap().replacen("\"limit\"", "\"maybe\"", 1);
    let message = refuse(&text);
    assert!(message.contains("unknown variant `maybe`") && message.contains(" line "), "{message}");
}

#[test]
fn the_schema_in_docs_is_the_one_of_the_types() {
    let generated: Value = serde_json::from_str(&schema()).unwrap();
    assert!(
        generated == checked_in(),
        "docs/report.schema.json is out of date: EMBEDCHECK_BLESS=1 cargo test -p embedcheck-cli writes it"
    );
}

#[test]
fn reports_keep_to_the_schema() {
    let validator = jsonschema::draft202012::new(&checked_in()).unwrap();
    let several = reports_to_json(&[common::report(), common::good_report()]).unwrap();
    for report in [document(), serde_json::from_str(&several).unwrap()] {
        let errors: Vec<_> =
            validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_breaks_it() {
    let validator = jsonschema::draft202012::new(&checked_in()).unwrap();
    let broken = |pointer: &str, value: Value| {
        let mut report = document();
        *report.pointer_mut(pointer).unwrap() = value;
        report
    };
    let mut without_target = document();
    without_target.as_object_mut().unwrap().remove("target");
    let mut with_more = document();
    with_more["results"][0]["more"] = json!(1);
    for report in [
        json!({}),
        json!([]),
        without_target,
        with_more,
        broken("/schema", json!("embedcheck.report/2")),
        broken("/results/0/verdict", json!("maybe")),
        broken("/results/0/hosts/0", json!("cobol")),
        broken("/summary/runs", json!(-1)),
        broken("/target/version/major", json!("3")),
        broken("/results/0/observations/0/observation/ended", json!({"kind": "lost"})),
    ] {
        assert!(!validator.is_valid(&report), "{report:#}");
    }
}
