//! Modules in packages.

use std::fs;

use embedcheck::doctor::module::{Fate, Form};

use crate::support::{Question, folder, python, stdlib_module};

#[test]
fn packages_lead_to_the_module() {
    let Some(target) = python(12) else { return };
    let (name, path) = stdlib_module(target);
    let folder = folder();
    let inner = folder.path().join("outer/inner");
    fs::create_dir_all(&inner).unwrap();
    fs::copy(&path, inner.join(path.file_name().unwrap())).unwrap();
    let question = Question::of(target, &format!("outer.inner.{name}")).path(folder.path());
    // Neither has an `__init__`.
    let answer = question.ask();
    answer.assert_healthy();
    let forms: Vec<_> = answer.facts().parents.iter().map(|parent| parent.form).collect();
    assert_eq!(forms, [Some(Form::Namespace); 2]);
    // Both have one.
    fs::write(folder.path().join("outer/__init__.py"), "").unwrap();
    fs::write(inner.join("__init__.py"), "").unwrap();
    let answer = question.ask();
    answer.assert_healthy();
    let forms: Vec<_> = answer.facts().parents.iter().map(|parent| parent.form).collect();
    assert_eq!(forms, [Some(Form::Package); 2]);
    assert_eq!(answer.facts().candidates[0].fate, Fate::Taken);
}

#[test]
fn a_package_hides_one_of_the_same_name_behind_it() {
    let Some(target) = python(12) else { return };
    let (name, path) = stdlib_module(target);
    let (first, second) = (folder(), folder());
    for folder in [&first, &second] {
        fs::create_dir(folder.path().join("package")).unwrap();
        fs::write(folder.path().join("package/__init__.py"), "").unwrap();
    }
    fs::copy(&path, second.path().join("package").join(path.file_name().unwrap())).unwrap();
    let question =
        Question::of(target, &format!("package.{name}")).path(first.path()).path(second.path());
    let answer = question.ask();
    answer.only("module-missing", &["the package package is there, but has no module"]);
    // Without `__init__` both are one package.
    for folder in [&first, &second] {
        fs::remove_file(folder.path().join("package/__init__.py")).unwrap();
    }
    question.ask().assert_healthy();
}

#[test]
fn a_module_where_a_package_should_be() {
    let Some(target) = python(12) else { return };
    let folder = folder();
    fs::write(folder.path().join("numpy.py"), "").unwrap();
    let answer = Question::of(target, "numpy.core._multiarray_umath").path(folder.path()).ask();
    answer.only("module-package-missing", &["numpy is no package", "numpy.py"]);
}

#[test]
fn no_package() {
    let Some(target) = python(12) else { return };
    let answer = Question::of(target, "no_such_package.core._module").ask();
    let finding = answer.only("module-package-missing", &["no_such_package"]);
    assert!(crate::support::commands(finding).contains("pip install no-such-package"));
}

#[test]
fn names_that_are_none() {
    let Some(target) = python(12) else { return };
    for name in ["", "a..b", "../x", "x.so", "a b"] {
        let refusal = Question::of(target, name).refusal();
        assert!(refusal.contains("is not the name of a module"), "{refusal}");
    }
}

/// Whoever has registered the name of a module of the standard library at a package index is somebody else.
#[test]
fn nothing_is_installed_for_the_standard_library() {
    // The newer one names its modules; of the older one its packages are seen where they lie.
    for target in [python(12), python(9)].into_iter().flatten() {
        let answer = Question::of(target, "xml.no_such_module").ask();
        let finding = answer.only("module-missing", &["the package xml is there"]);
        assert!(crate::support::commands(finding).is_empty(), "{}", answer.text());
        assert!(finding.fixes[0].what.contains("standard library"), "{finding:?}");
    }
    Question::described((3, 12), "xml.no_such_module").ask().assert_healthy();
}
