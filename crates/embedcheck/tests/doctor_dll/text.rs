//! The diagnosis as people read it, and as JSON.

use embedcheck::doctor::{Diagnosis, to_json, to_text};
use embedcheck::report::TextOptions;

use crate::lab::{Lab, PLUGIN};

#[test]
fn what_matters_is_short_and_everything_is_there_on_demand() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    let dll = lab.library("app/libplugin.so", PLUGIN, &options);
    let diagnosis = lab.look(&target, &dll).0;
    let short = to_text(&diagnosis, &TextOptions { width: 200, ..TextOptions::default() });
    for part in [
        "hand-written C or C++",
        "add1",
        "libpython3.12.so.1.0 => ",
        "(Python 3.12.1)",
        "healthy: 0 problems",
    ] {
        assert!(short.contains(part), "no {part} in\n{short}");
    }
    assert!(!short.contains("TLS"), "{short}");
    let options = TextOptions { width: 200, verbose: true, ..TextOptions::default() };
    let long = to_text(&diagnosis, &options);
    for part in ["TLS", "dlclose unloads it", "not executable", "calls such as Py_"] {
        assert!(long.contains(part), "no {part} in\n{long}");
    }
}

#[test]
fn a_document_is_read_back_and_does_not_depend_on_time() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let dll = lab.library("app/plugin-1.5.so", PLUGIN, &["-Wl,-rpath,RIGIN:/nowhere"]);
    let text = to_json(&lab.look(&target, &dll).0).unwrap();
    assert_eq!(text, to_json(&lab.look(&target, &dll).0).unwrap());
    let again: Diagnosis = serde_json::from_str(&text).unwrap();
    assert_eq!(to_json(&again).unwrap(), text);
}
