//! The predict group on real builds, and every check broken once.

use std::fs;

use embedcheck::check::{Options, Tamper};
use embedcheck::elf::{Editor, Tag};
use embedcheck::report::Verdict;
use embedcheck_tests::{
    ONLY_MODULES_CALL, explain, options, own_target, run, run_broken, run_one, target,
    with_edited_libpython,
};

const IDS: [&str; 3] = ["predict/local", "predict/global", "predict/resolution"];

#[test]
fn all_three_agree_on_real_builds() {
    for target in
        [own_target(), target("3.8"), target("3.12"), target("3.13")].into_iter().flatten()
    {
        for id in IDS {
            let result = run_one(target, id);
            assert_eq!(result.verdict, Verdict::Pass, "{}: {}", target.id, explain(&result));
        }
    }
}

/// What was computed is not what the interpreter loads: the file that is said to be `math` is
/// another one.
#[test]
fn a_wrong_file_is_a_difference() {
    let Some(own) = own_target() else { return };
    let mut target = own.clone();
    let [first, second] = target.extension_modules.get_disjoint_mut([0, 1]).expect("two modules");
    first.path.clone_from(&own.libpython.as_ref().expect("it has one").real_path);
    let name = first.name.clone();
    assert_ne!(name, second.name);
    let result = run_one(&target, "predict/local");
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    assert!(result.evidence.iter().any(|line| line.starts_with(&name)), "{}", explain(&result));
}

/// A symbol that libpython does not export is missing in each of the three answers.
#[test]
fn a_hidden_symbol_is_predicted() {
    let Some(target) = own_target() else { return };
    let (_folder, patched) = with_edited_libpython(target, |editor| {
        editor.hide_symbol(ONLY_MODULES_CALL).expect("libpython defines it");
    });
    let result = run_one(&patched, "predict/global");
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    assert_eq!(result.cause.as_ref().expect("computed").id, "symbol-missing");
    assert!(
        result.evidence.iter().any(|line| line.contains(ONLY_MODULES_CALL)),
        "{}",
        explain(&result)
    );
}

/// The DLL is led to a copy of libpython after the prediction was made.
#[test]
fn another_file_than_computed_is_a_difference() {
    let Some(target) = own_target() else { return };
    let (folder, _) = with_edited_libpython(target, |_| {});
    let path = folder.path().to_str().expect("a temporary path is UTF-8").to_owned();
    let tamper = Tamper::new(move |scene| {
        let dll = scene.folder.join("plugin.so");
        let mut editor =
            Editor::from_bytes(fs::read(&dll).expect("the DLL is there")).expect("the DLL is ELF");
        editor.set_string(Tag::RunPath, 0, &path).expect("shorter than the old one");
        editor.write(&dll).expect("the DLL can be written");
    });
    let result = run_broken(target, "predict/resolution", tamper);
    assert_eq!(result.verdict, Verdict::Fail, "{}", explain(&result));
    let detail = result.detail.as_deref().unwrap_or_default();
    assert!(detail.contains("computed") && detail.contains("mapped"), "{detail}");
}

/// CFFI is no part of these checks, and must not be fetched to name its version in the report.
#[test]
fn a_report_names_no_cffi_that_no_check_asked_for() {
    let Some(target) = own_target() else { return };
    let report = run(target, &Options { only: vec!["predict/resolution".into()], ..options() });
    assert_eq!(report.environment.cffi, None);
}
