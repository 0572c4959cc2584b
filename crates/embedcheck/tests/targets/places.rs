//! Links, shims, venvs and moved installations lead to the right target.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::symlink;
use std::path::Path;

use embedcheck::env::Caller;
use embedcheck::target::{
    Linkage, TargetError, Via, default_target, discover, identify_libpython, identify_python,
    resolve_python,
};

use crate::{
    caller_with_path, make_venv, options, python3, run_at_start, some_target, write_script,
};

#[test]
fn links_shims_and_venvs_of_one_interpreter_are_one_target() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let real = fs::canonicalize(target.executable.as_ref().unwrap()).unwrap();
    for bin in ["shims", "links"] {
        fs::create_dir(at(bin)).unwrap();
    }
    write_script(&at("shims/python3"), &format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display()));
    symlink(&real, at("links/python3")).unwrap();
    make_venv(target, &at("venv"));
    // Another executable on the same libpython.
    fs::create_dir(at("copy")).unwrap();
    fs::copy(&real, at("copy/python3")).unwrap();
    let bins = ["shims", "links", "venv/bin", "copy"].map(at);
    let caller = caller_with_path(&[&bins[0], &bins[1], &bins[2], &bins[3]]);

    let discovery = discover(&caller, &options());
    let library = target.libpython.as_ref().unwrap().inode;
    let same = discovery
        .targets
        .iter()
        .filter(|target| target.libpython.as_ref().is_some_and(|known| known.inode == library));
    let same: Vec<_> = same.collect();
    assert_eq!(same.len(), 1);
    let reached = |path: &str| {
        same[0].reached.iter().find(|reached| reached.path == at(path)).map(|reached| reached.by)
    };
    assert_eq!(reached("shims/python3"), Some(Via::Shim));
    assert_eq!(reached("links/python3"), Some(Via::Link));
    assert_eq!(reached("venv/bin/python3"), Some(Via::Venv));
    assert_eq!(reached("copy/python3"), Some(Via::SameLibpython));
    assert_eq!(discovery.default.as_ref(), Some(&same[0].id));

    // A venv that comes first does not give its name to the target.
    let discovery = discover(&caller_with_path(&[&bins[2], &bins[1]]), &options());
    let first = &discovery.targets[0];
    assert!(!first.is_venv && discovery.default.as_ref() == Some(&first.id));
    assert_eq!(first.executable.as_ref(), Some(&real));

    let default = default_target(&caller, &options()).unwrap();
    assert_eq!(fs::canonicalize(default.executable.unwrap()).unwrap(), real);
    assert_eq!(default.reached[0].by, Via::Shim);
}

#[test]
fn a_shim_decides_by_the_callers_variables() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let shim = folder.path().join("python3");
    let real = target.executable.as_ref().unwrap().display();
    let script = format!(
        "#!/bin/sh\n[ \"$PYENV_VERSION\" = mine ] || {{ echo 'pyenv: python3: not found' >&2; exit 127; }}\n\
         [ -z \"$PYTHONPATH\" ] || exit 1\nexec '{real}' \"$@\"\n"
    );
    write_script(&shim, &script);
    let variables = |version: &str| {
        let variables =
            [("PYENV_VERSION", version), ("PYTHONPATH", "/p"), ("PATH", "/usr/bin:/bin")];
        Caller::from_variables(variables.map(|(name, value)| (name.into(), value.into())))
    };
    let found = identify_python(&variables("mine"), &options(), &shim).unwrap();
    assert_eq!(found.libpython.unwrap().inode, target.libpython.as_ref().unwrap().inode);
    let error = identify_python(&variables("other"), &options(), &shim).unwrap_err();
    assert!(matches!(error, TargetError::Shim { .. }) && error.is_expected(), "{error}");
    assert!(error.to_string().contains("pyenv: python3: not found"), "{error}");
}

#[test]
fn a_venv_that_is_named_is_asked_itself() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    // A path that is not UTF-8 has to arrive whole.
    let venv = folder.path().join(OsStr::from_bytes(b"v\xffenv"));
    let python = make_venv(target, &venv);
    let found = identify_python(&Caller::default(), &options(), &python).unwrap();
    assert!(found.is_venv);
    assert_eq!(found.prefix.as_deref(), Some(venv.as_path()));
    assert_eq!(found.base_prefix, target.base_prefix);
    assert_eq!(found.libpython.as_ref().unwrap().inode, target.libpython.as_ref().unwrap().inode);
    let json = serde_json::to_value(&found).unwrap();
    assert!(json["prefix"].as_str().is_some_and(|prefix| prefix.ends_with("v\u{fffd}env")));
}

#[test]
fn chatter_on_standard_output_is_tolerated() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let python = make_venv(target, folder.path());
    let noise = "print('<embedcheck:interpreter>hello'); sys.stdout = None";
    run_at_start(target, folder.path(), noise);
    let found = identify_python(&Caller::default(), &options(), &python).unwrap();
    assert_eq!(found.version, target.version);
}

#[test]
fn a_name_and_a_version_are_looked_up() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let real = fs::canonicalize(target.executable.as_ref().unwrap()).unwrap();
    symlink(real, folder.path().join("python3")).unwrap();
    let caller = caller_with_path(&[folder.path()]);
    let version = target.version.to_string();
    let series = format!("{}.{}", target.version.major, target.version.minor);
    for name in ["python3", &version, &series, &target.id] {
        // The id of a target can have a suffix that tells it from another one of this machine.
        let name = if name.ends_with(&target.origin.to_string()) { &version } else { name };
        let found = resolve_python(&caller, &options(), OsStr::new(name)).unwrap();
        assert_eq!(found.version, target.version, "{name}");
    }
    let error = |name: &str| resolve_python(&caller, &options(), OsStr::new(name)).unwrap_err();
    assert!(matches!(error("3.99"), TargetError::NoSuchVersion { .. }));
    assert!(error("3.99").to_string().contains(&target.version.to_string()));
    assert!(matches!(error("python9"), TargetError::NotOnPath { .. }));
}

#[test]
fn an_empty_environment_still_finds_what_is_in_the_usual_folders() {
    let discovery = discover(&Caller::default(), &options());
    assert_eq!(discovery.default, None);
    assert!(!discovery.targets.is_empty() || !Path::new("/usr/bin/python3").exists());
    let error = default_target(&Caller::default(), &options()).unwrap_err();
    assert!(matches!(error, TargetError::NotOnPath { .. }));
}

#[test]
fn what_embedcheck_pythons_names_comes_first() {
    let Some(target) = python3() else { return };
    let library = target.libpython.as_ref().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let list = [folder.path().join("gone"), library.path.clone()];
    let list = std::env::join_paths(list).unwrap();
    let variables = [(OsString::from("EMBEDCHECK_PYTHONS"), list)];
    let discovery = discover(&Caller::from_variables(variables), &options());
    let has_it = |library_inode| {
        discovery.targets.iter().any(|target| {
            target.libpython.as_ref().is_some_and(|known| known.inode == library_inode)
        })
    };
    assert!(has_it(library.inode));
    let problem =
        discovery.problems.iter().find(|problem| problem.path == folder.path().join("gone"));
    assert!(
        problem.is_some_and(|problem| !problem.expected && problem.message.contains("not there"))
    );
}

/// The way of a package build: installed below another root, where ld.so does not look.
#[test]
fn a_moved_installation_is_asked_with_its_own_libpython() {
    let linked = some_target("interpreter linked to libpython by RUNPATH", |target| {
        target.linkage == Linkage::ExecutableLinked
            && target.version.major == 3
            && embedcheck::elf::Elf::read(target.executable.as_ref().unwrap())
                .is_ok_and(|elf| elf.rpath.is_none())
    });
    let Some(target) = linked else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let library = target.libpython.as_ref().unwrap();
    fs::create_dir(root.join("bin")).unwrap();
    fs::create_dir(root.join("lib")).unwrap();
    let python = root.join("bin/python3");
    fs::copy(target.executable.as_ref().unwrap(), &python).unwrap();
    let copy = root.join("lib").join(library.soname.as_ref().unwrap());
    fs::copy(&library.real_path, &copy).unwrap();
    // Its compiled-in prefix still leads to the standard library.
    let found = identify_python(&Caller::default(), &options(), &python).unwrap();
    assert_eq!(found.library_path.as_deref(), Some(root.join("lib").as_path()));
    assert_eq!(found.libpython.as_ref().map(|library| &library.real_path), Some(&copy));

    let by_library = identify_libpython(&options(), &copy).unwrap();
    assert_eq!(by_library.libpython.map(|library| library.real_path), Some(copy));
    assert!(by_library.executable.is_some());
}

#[test]
fn bytes_of_a_path_are_not_lost_on_the_way() {
    let Some(target) = python3() else { return };
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(OsString::from_vec(b"a b:\xfe".to_vec()));
    fs::create_dir(&odd).unwrap();
    let link = odd.join("python3");
    symlink(fs::canonicalize(target.executable.as_ref().unwrap()).unwrap(), &link).unwrap();
    let found = identify_python(&Caller::default(), &options(), &link).unwrap();
    assert_eq!(found.executable.as_deref(), Some(link.as_path()));
}
