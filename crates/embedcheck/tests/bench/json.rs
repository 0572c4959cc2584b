//! The way there and back, and the schema in `docs/`.

use embedcheck::bench::{from_json, schema, to_json};
use serde_json::{Value, json};

use crate::made;

/// The schema that is checked in.
fn checked_in() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bench.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&to_json(&made::report()).unwrap()).unwrap()
}

#[test]
fn a_report_survives_its_json_form() {
    let text = to_json(&made::report()).unwrap();
    assert_eq!(from_json(text.as_bytes()).unwrap(), made::report());
}

#[test]
fn what_is_no_report_is_refused_with_what_to_do() {
    let refuse = |text: &str| from_json(text.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(refuse("{\"schema\":\n \"emb"), @"not a report of `embedcheck bench`: EOF while parsing a string at line 2 column 5; was the file cut off or edited?");
    insta::assert_snapshot!(refuse("{}"), @r#"not a report of `embedcheck bench`: it has no string `schema` such as "embedcheck.bench/1" at the top; `embedcheck bench --format json --output FILE` writes one"#);
    insta::assert_snapshot!(refuse("[1]"), @r#"not a report of `embedcheck bench`: it has no string `schema` such as "embedcheck.bench/1" at the top; `embedcheck bench --format json --output FILE` writes one"#);
    insta::assert_snapshot!(refuse(r#"{"schema": "embedcheck.report/1"}"#), @r#"not a report of `embedcheck bench`: its schema is "embedcheck.report/1", not "embedcheck.bench/1"; `embedcheck bench --format json --output FILE` writes one"#);
    insta::assert_snapshot!(refuse(r#"{"schema": "embedcheck.bench/2"}"#), @r#"cannot read a report of schema "embedcheck.bench/2": this embedcheck reads "embedcheck.bench/1"; compare with the embedcheck that wrote it, or measure again"#);
    let text = to_json(&made::report()).unwrap().replacen("\"naive\"", "\"clever\"", 1);
    let message = refuse(&text);
    assert!(message.contains("unknown variant `clever`"), "{message}");
}

#[test]
fn the_schema_in_docs_is_the_one_of_the_types() {
    let generated: Value = serde_json::from_str(&schema()).unwrap();
    assert!(
        generated == checked_in(),
        "docs/bench.schema.json is out of date: EMBEDCHECK_BLESS=1 cargo test -p embedcheck-cli writes it"
    );
}

#[test]
fn reports_keep_to_the_schema() {
    let validator = jsonschema::draft202012::new(&checked_in()).unwrap();
    let document = document();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_breaks_it() {
    let validator = jsonschema::draft202012::new(&checked_in()).unwrap();
    let broken = |pointer: &str, value: Value| {
        let mut report = document();
        *report.pointer_mut(pointer).unwrap() = value;
        report
    };
    let mut with_more = document();
    with_more["targets"][0]["more"] = json!(1);
    for report in [
        json!({}),
        with_more,
        broken("/schema", json!("embedcheck.bench/2")),
        broken("/settings/rounds", json!(-1)),
        broken("/figures/0/unit", json!("furlongs")),
        broken("/targets/0/producers/0/producer", json!("probe")),
        broken("/targets/0/measurements/0/values", json!(["1"])),
        broken("/targets/0/measurements/0/estimate", json!({"median": 1.0})),
    ] {
        assert!(!validator.is_valid(&report), "{report:#}");
    }
}
