//! What the program says before it does anything.

use crate::common::Place;

#[test]
fn without_a_command_the_main_one_is_shown() {
    let seen = Place::new().run([""; 0]);
    seen.expect_error(2, &["embedcheck check  ", "embedcheck --help"]);
    insta::assert_snapshot!(seen.stderr);
}

#[test]
fn short_help() {
    insta::assert_snapshot!(Place::new().run(["-h"]).expect_code(0).stdout);
}

#[test]
fn help_of_check() {
    insta::assert_snapshot!(Place::new().run(["check", "--help"]).expect_code(0).stdout);
}

#[test]
fn help_of_bench() {
    insta::assert_snapshot!(Place::new().run(["bench", "--help"]).expect_code(0).stdout);
}

#[test]
fn version() {
    let version = concat!("embedcheck ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(Place::new().run(["--version"]).expect_code(0).stdout, version);
}

#[test]
fn hidden_commands_are_hidden() {
    let help = Place::new().run(["--help"]).stdout.clone();
    assert!(help.contains("explain") && !help.contains("__"), "{help}");
}

#[test]
fn numbers_are_checked() {
    let place = Place::new();
    for (option, value, reason) in [
        ("--jobs", "0", "must be at least 1"),
        ("--iterations", "0", "must be at least 1"),
        ("--timeout", "0", "must be more than 0"),
        ("--timeout", "inf", "must be more than 0"),
        ("--jobs", "many", "must be a whole number"),
    ] {
        place.run(["check", option, value]).expect_error(2, &[option, value, reason]);
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let place = Place::new();
    for args in [
        ["check", "--all", "--python", "python3"].as_slice(),
        &["check", "--all", "--libpython", "l"],
        &["check", "--python", "p", "--libpython", "l"],
        &["targets", "--python", "p", "--libpython", "l"],
        &["frobnicate"],
        &["run"],
        &["run", "plan.txt"],
        &["run", "plan.txt", "--host", "python"],
        &["run", "plan.txt", "--host", "c", "--env", "NAME"],
        &["check", "--format", "yaml"],
        &["check", "--no-such-option"],
    ] {
        place.run(args).expect_error(2, &["error: ", "--help"]);
    }
}

#[test]
fn the_list_and_the_pages_belong_together() {
    let place = Place::new();
    let list = place.run(["list"]);
    let ids: Vec<_> =
        list.expect_code(0).stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(ids.contains(&"load/local"), "{}", list.all());
    for id in &ids {
        let page = place.run(["explain", id]);
        assert!(page.expect_code(0).stdout.starts_with("# "), "{}", page.all());
    }
    let json = place.run(["list", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.expect_code(0).stdout).unwrap();
    assert_eq!(json["schema"], "embedcheck.checks/1");
    let of_json: Vec<_> =
        json["checks"].as_array().unwrap().iter().map(|check| &check["id"]).collect();
    assert_eq!(of_json, ids);
}

#[test]
fn a_typo_is_answered_with_the_nearest_ids() {
    let place = Place::new();
    place.run(["explain", "load/locla"]).expect_error(2, &["\"load/locla\"", "load/local"]);
    place.run(["explain", "xyzzy"]).expect_error(2, &["\"xyzzy\"", "embedcheck list"]);
}
