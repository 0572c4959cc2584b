//! The search path and where each entry comes from.

use std::fs;
use std::path::Path;
use std::process::Command;

use embedcheck::doctor::module::{EntryState, Origin};

use crate::support::{Question, folder, python, skip, some_python, targets};

#[test]
fn it_is_that_of_the_interpreter() {
    let mut count = 0;
    for target in targets() {
        let answer = Question::of(target, "itertools").ask();
        let mine: Vec<_> = answer.facts().path.iter().map(|entry| entry.path.clone()).collect();
        let script = "import sys\nprint('\\n'.join(p for p in sys.path if p))";
        let output = Command::new(target.executable.as_ref().unwrap())
            .args(["-c", script])
            .env_clear()
            .env("HOME", "/nonexistent")
            .current_dir("/")
            .output()
            .unwrap();
        let real: Vec<_> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(mine, real, "{}", target.id);
        let of = |origin| answer.facts().path.iter().filter(|entry| entry.origin == origin).count();
        assert!(of(Origin::Stdlib) >= 2 && of(Origin::Dynload) == 1, "{}", answer.text());
        assert_eq!(of(Origin::Other), 0, "{}", answer.text());
        count += 1;
    }
    if count == 0 {
        skip("there is no CPython on this machine");
    }
}

#[test]
fn what_is_given_comes_first_in_its_order() {
    let Some(target) = some_python() else { return };
    let (first, second, third) = (folder(), folder(), folder());
    let answer = Question::of(target, "itertools")
        .path(first.path())
        .path(second.path())
        .env("PYTHONPATH", third.path())
        .ask();
    let origins: Vec<_> = answer
        .facts()
        .path
        .iter()
        .take(3)
        .map(|entry| (entry.origin.clone(), entry.path.clone()))
        .collect();
    let text = |path: &Path| path.display().to_string();
    assert_eq!(
        origins,
        [
            (Origin::Option(1), text(first.path())),
            (Origin::Option(2), text(second.path())),
            (Origin::Pythonpath, text(third.path())),
        ]
    );
}

#[test]
fn the_user_site_and_what_its_pth_files_add() {
    let Some(target) = python(12) else { return };
    let base = folder();
    let site = base.path().join("lib/python3.12/site-packages");
    fs::create_dir_all(site.join("extra")).unwrap();
    fs::write(site.join("x.pth"), "extra\nabsent\nimport sys\n").unwrap();
    let answer = Question::of(target, "itertools").env("PYTHONUSERBASE", base.path()).ask();
    let facts = answer.facts();
    let origin = |path: &Path| {
        let entry = facts.path.iter().find(|entry| Path::new(&entry.path) == path);
        entry.map(|entry| entry.origin.clone())
    };
    assert_eq!(origin(&site), Some(Origin::UserSite));
    let file = site.join("x.pth").display().to_string();
    assert_eq!(origin(&site.join("extra")), Some(Origin::Pth(file.clone())));
    let pth = facts.pth.iter().find(|pth| pth.path == file).unwrap();
    assert!(pth.runs_code);
    assert_eq!(pth.absent, [site.join("absent").display().to_string()]);
}

#[test]
fn a_virtual_environment_has_its_own_packages() {
    let Some(target) = python(12) else { return };
    let venv = folder();
    let home = target.executable.as_ref().unwrap().parent().unwrap();
    fs::create_dir_all(venv.path().join("bin")).unwrap();
    fs::write(venv.path().join("pyvenv.cfg"), format!("home = {}\n", home.display())).unwrap();
    let interpreter = venv.path().join("bin/python3");
    std::os::unix::fs::symlink(target.executable.as_ref().unwrap(), &interpreter).unwrap();
    let site = venv.path().join("lib/python3.12/site-packages");
    fs::create_dir_all(&site).unwrap();
    let options = embedcheck::target::Options::default();
    let target =
        embedcheck::target::identify_python(&Default::default(), &options, &interpreter).unwrap();
    let answer = Question::of(&target, "_cffi_backend").ask();
    let of_site =
        answer.facts().path.iter().find(|entry| entry.origin == Origin::SitePackages).unwrap();
    assert_eq!(Path::new(&of_site.path), site);
    let finding = answer.only("module-missing", &[]);
    // In a virtual environment there is no need of another.
    let commands = crate::support::commands(finding);
    assert_eq!(
        commands.lines().last().unwrap(),
        format!("{} -m pip install cffi", interpreter.display())
    );
}

#[test]
fn inputs_that_make_no_sense() {
    let Some(target) = some_python() else { return };
    let question = |path: &Path| Question::of(target, "_cffi_backend").path(path);
    let refusal = question(Path::new("/nonexistent/folder")).refusal();
    assert!(refusal.contains("/nonexistent/folder"), "{refusal}");
    let refusal = question(Path::new("/etc/passwd")).refusal();
    assert!(refusal.contains("neither a folder nor a zip archive"), "{refusal}");
}

#[test]
fn an_entry_that_is_not_there_is_told() {
    let Some(target) = some_python() else { return };
    let answer = Question::of(target, "itertools").env("PYTHONPATH", "/nonexistent/folder").ask();
    let entry = &answer.facts().path[0];
    assert_eq!((&entry.origin, entry.state), (&Origin::Pythonpath, EntryState::Absent));
}

#[test]
fn an_interpreter_that_does_not_answer_is_an_error() {
    let Some(target) = some_python() else { return };
    let refusal = Question::of(target, "_cffi_backend").env("PYTHONHOME", "/nonexistent").refusal();
    assert!(refusal.contains("does not say where it searches"), "{refusal}");
}
