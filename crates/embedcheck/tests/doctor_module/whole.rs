//! What is as it should be.

use embedcheck::doctor::module::{Fate, Form, Inside};
use embedcheck::doctor::to_text;
use embedcheck::report::TextOptions;

use crate::support::{Question, cffi, folder, python, skip, stdlib_module, targets};

#[test]
fn the_standard_library_of_every_python_is_healthy() {
    let mut count = 0;
    for target in targets() {
        // A few of each: all of them take minutes.
        for module in target.extension_modules.iter().step_by(25) {
            let answer = Question::of(target, &module.name).ask();
            answer.assert_healthy();
            let facts = answer.facts();
            let taken = facts.candidates.iter().find(|one| one.fate == Fate::Taken);
            let taken = taken.unwrap_or_else(|| panic!("{}", answer.text()));
            assert_eq!(
                (taken.path.as_ref(), taken.form),
                (module.path.to_str().unwrap(), Form::Extension)
            );
            count += 1;
        }
    }
    if count == 0 {
        skip("there is no CPython on this machine");
    }
}

#[test]
fn what_is_inside_the_interpreter_needs_no_file() {
    for target in targets() {
        let answer = Question::of(target, "itertools").ask();
        // Debian has it inside, like most; a build may have it as a file.
        if target.builtin_modules.iter().any(|name| name == "itertools") {
            answer.assert_healthy();
            assert_eq!(answer.facts().inside, Some(Inside::Builtin), "{}", target.id);
        }
        if target.builtin_modules.iter().any(|name| name == "math") {
            let answer = Question::of(target, "math").ask();
            answer.assert_healthy();
            assert_eq!(answer.facts().inside, Some(Inside::Builtin), "{}", target.id);
            assert!(answer.text().contains("built in"), "{}", answer.text());
        }
    }
}

#[test]
fn a_wheel_for_this_python_is_healthy() {
    for minor in [9, 12, 13] {
        let (Some(target), Some(wheel)) = (python(minor), cffi(minor, "manylinux2014_x86_64"))
        else {
            return;
        };
        let answer = Question::of(target, "_cffi_backend").path(&wheel).ask();
        answer.assert_healthy();
        let parts = answer.facts().cffi.as_ref().unwrap();
        let version = |part: &Option<embedcheck::doctor::module::CffiPart>| {
            part.as_ref().unwrap().version.clone()
        };
        assert_eq!(version(&parts.package).as_deref(), Some("1.17.1"));
        assert_eq!(version(&parts.backend).as_deref(), Some("1.17.1"));
        let taken = &answer.facts().candidates[0];
        assert_eq!(taken.distribution.as_deref(), Some("cffi 1.17.1"));
        assert_eq!(taken.built_for.as_deref(), Some(&*format!("CPython 3.{minor}")));
    }
}

#[test]
fn a_file_without_a_tag_that_was_built_for_this_python_is_healthy() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = crate::support::folder();
    std::fs::copy(crate::support::backend(&wheel), folder.path().join("_cffi_backend.so")).unwrap();
    Question::of(target, "_cffi_backend").path(folder.path()).ask().assert_healthy();
}

#[test]
fn the_answer_is_the_same_each_time() {
    let Some(target) = targets().next() else { return skip("there is no CPython on this machine") };
    let (name, _) = stdlib_module(target);
    let json = || embedcheck::doctor::to_json(&Question::of(target, &name).ask().0).unwrap();
    assert_eq!(json(), json());
}

#[test]
fn one_place_is_one_place() {
    let folder = folder();
    let path = |question: Question| {
        let answer = question.ask();
        let text = to_text(&answer.0, &TextOptions::default());
        text.lines().find(|line| line.trim_start().starts_with("path ")).unwrap().to_owned()
    };
    let one = Question::described((3, 12), "_cffi_backend").path(folder.path());
    assert!(path(one).contains("1 place is searched"));
    let two = Question::described((3, 12), "_cffi_backend").path(folder.path());
    let two = two.env("PYTHONPATH", folder.path());
    assert!(path(two).contains("2 places are searched"));
}
