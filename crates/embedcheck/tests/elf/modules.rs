//! The extension modules of the Pythons on this machine: what the model says they miss is what ld.so says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::elf::{LoaderModel, Mode, trace};

use crate::lab::skip;
use crate::trace::{ld_so, without_program};

struct Python {
    libpython: PathBuf,
    modules: Vec<PathBuf>,
}

/// Every CPython with a shared libpython of pyenv, and the one of the system.
fn pythons() -> Vec<Python> {
    let mut programs = vec![PathBuf::from("/usr/bin/python3")];
    if let Ok(output) = Command::new("pyenv").arg("root").output() {
        let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let versions = fs::read_dir(root.join("versions")).into_iter().flatten().flatten();
        programs.extend(versions.map(|version| version.path().join("bin/python")));
    }
    programs.sort();
    programs.iter().filter_map(|program| ask(program)).collect()
}

fn ask(program: &Path) -> Option<Python> {
    const CODE: &str = "from sysconfig import get_config_var as v\n\
                        print(v('LIBDIR')); print(v('INSTSONAME')); print(v('DESTSHARED'))";
    let output = Command::new(program).args(["-E", "-S", "-c", CODE]).env_clear().output().ok()?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = output.lines();
    let libpython = Path::new(lines.next()?).join(lines.next()?);
    let folder = fs::read_dir(lines.next()?).ok()?;
    let mut modules: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    modules.retain(|path| path.extension().is_some_and(|extension| extension == "so"));
    modules.sort();
    (libpython.extension().is_some_and(|extension| extension != "a") && libpython.exists())
        .then_some(Python { libpython, modules })
}

#[test]
fn the_model_misses_what_ld_so_misses() {
    let Some(ld_so) = ld_so() else { return };
    let pythons = pythons();
    if pythons.is_empty() {
        return skip("there is no Python with a shared libpython");
    }
    let environment = without_program(&ld_so);
    let mut missed_without = 0;
    for python in &pythons {
        assert!(!python.modules.is_empty(), "{} has no modules", python.libpython.display());
        let (without, _) = LoaderModel::start(environment.clone());
        let mut with = without.clone();
        let mode = Mode { global: true, ..Mode::default() };
        assert!(with.open(&python.libpython, mode).root.is_some());
        for module in &python.modules {
            for (model, preload) in [(&without, None), (&with, Some(&*python.libpython))] {
                let missing = model.missing_for(module);
                let real = trace(&ld_so, module, preload, &[]).unwrap();
                let names: Vec<&str> = missing.libraries.iter().map(|lib| &*lib.name).collect();
                assert_eq!(names, real.not_found, "{}", module.display());
                assert_eq!(real.other, [""; 0], "{}", module.display());
                assert_eq!(missing.versions.len(), real.versions.len());
                if names.is_empty() {
                    let ours: BTreeSet<_> =
                        missing.symbols.iter().map(|m| (&*m.symbol, &*m.object)).collect();
                    let theirs: BTreeSet<_> =
                        real.undefined.iter().map(|u| (&*u.symbol, &*u.object)).collect();
                    assert_eq!(ours, theirs, "{}", module.display());
                }
                missed_without += usize::from(preload.is_none() && !missing.is_empty());
                let served = preload.is_none() || missing.symbols.is_empty();
                assert!(served, "{} misses {:?}", module.display(), missing.symbols);
            }
        }
    }
    // CPython 3.8 and later leave their symbols to whoever loads libpython.
    assert!(missed_without > 0);
}
