//! Tests of the shape of the workspace: who may depend on whom, and where unsafe code may stand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// For each crate of the product the crates of the workspace that it may name, directly. The arrows
/// point down: cli → embedcheck → plan, cli → host → plan; embed-dll knows nothing of embedcheck.
const ARROWS: &[(&str, &[&str])] = &[
    ("embedcheck-plan", &[]),
    ("embedcheck-c-harness", &[]),
    ("embedcheck-host", &["embedcheck-plan"]),
    // The parser of declarations is for the calls that the doctor is asked to make.
    ("embedcheck", &["embedcheck-plan", "embedcheck-c-harness", "embed-dll-cdecl"]),
    // And every twin; see `is_twin`.
    ("embedcheck-cli", &["embedcheck", "embedcheck-host", "embedcheck-plan"]),
    ("embed-dll-cdecl", &[]),
    ("embed-dll-macros", &["embed-dll-cdecl"]),
    ("embed-dll", &["embed-dll-cdecl", "embed-dll-macros"]),
];

/// A DLL made with embed-dll: it may depend on that alone. The program depends on all of them, for
/// their files, and refers to nothing in them.
fn is_twin(name: &str) -> bool {
    name.starts_with("embedcheck-twin-")
}

/// The crates with unsafe code: one that runs plans, one that is the run time of DLLs.
const UNSAFE: &[&str] = &["embedcheck-host", "embed-dll"];

/// Folders below `crates/` and beside it that hold the crates of [`ARROWS`].
fn manifests() -> BTreeMap<String, PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root");
    let mut folders = vec![root.join("c-harness")];
    for folder in ["crates", "rust-fixtures"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            folders.push(entry.expect("the folder can be listed").path());
        }
    }
    folders.into_iter().filter(|folder| folder.join("Cargo.toml").is_file()).map(named).collect()
}

fn named(folder: PathBuf) -> (String, PathBuf) {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest can be read");
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    (name.expect("a manifest has a name").trim_matches('"').to_owned(), folder)
}

/// Names in the `[dependencies]` and `[build-dependencies]` tables that belong to the workspace.
fn dependencies(folder: &Path, all: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest can be read");
    let mut found = Vec::new();
    let mut counts = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            counts = matches!(line.trim(), "[dependencies]" | "[build-dependencies]");
        } else if counts {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if all.contains_key(name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn dependencies_point_down() {
    let all = manifests();
    for (name, folder) in all.iter().filter(|(name, _)| is_twin(name)) {
        assert_eq!(dependencies(folder, &all), ["embed-dll"], "{name}");
    }
    for (name, folder) in all.iter().filter(|(name, _)| !is_twin(name)) {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("say in ARROWS what {name} may depend on"));
        for dependency in dependencies(folder, &all) {
            let is_carried = name == "embedcheck-cli" && is_twin(&dependency);
            assert!(
                is_carried || allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}: the arrows of the design point down"
            );
        }
    }
    let others = all.keys().filter(|name| !is_twin(name)).count();
    assert_eq!(others, ARROWS.len(), "a crate in ARROWS is gone: {:?}", all.keys());
}

/// Each fixture has a twin, and the program brings all of them along.
#[test]
fn every_fixture_has_a_twin() {
    let all = manifests();
    let names = |fixture: &str| format!("embedcheck-twin-{}", fixture.replace('_', "-"));
    let mut expected: Vec<_> =
        embedcheck::dll::FIXTURES.iter().map(|fixture| names(fixture.name)).collect();
    expected.sort();
    let twins: Vec<_> = all.keys().filter(|name| is_twin(name)).cloned().collect();
    assert_eq!(twins, expected);
    // The program carries them, and so do the tests, which cargo makes them for as well.
    for folder in [&all["embedcheck-cli"], Path::new(env!("CARGO_MANIFEST_DIR"))] {
        let mut carried = dependencies(folder, &all);
        carried.retain(|name| is_twin(name));
        carried.sort();
        assert_eq!(carried, expected, "{}", folder.display());
    }
}

#[test]
fn only_the_host_has_unsafe_code() {
    for (name, folder) in manifests() {
        let roots = ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root));
        for root in roots.iter().filter(|root| root.is_file()) {
            let text = fs::read_to_string(root).expect("a crate root can be read");
            let forbids = text.contains("#![forbid(unsafe_code)]");
            assert_eq!(forbids, !UNSAFE.contains(&name.as_str()), "{}", root.display());
        }
    }
}

/// The environment of whoever runs the tool changes outcomes: it is read in one place.
#[test]
fn the_environment_is_read_in_one_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root");
    let mut pending =
        vec![root.join("crates/embedcheck/src"), root.join("crates/embedcheck-cli/src")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("a source folder can be listed") {
            let path = entry.expect("a source folder can be listed").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().is_some_and(|name| name != "env.rs") {
                let text = fs::read_to_string(&path).expect("a source file can be read");
                let reads = text.contains("env::var(") || text.contains("env::var_os(");
                assert!(!reads, "{} reads the environment; use env.rs", path.display());
            }
        }
    }
}
