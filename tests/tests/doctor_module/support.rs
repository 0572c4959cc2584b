//! What these tests share.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedcheck::doctor::module::{ModuleFacts, ModuleOptions, Runtime, Trace};
use embedcheck::doctor::{self, Diagnosis, Finding, Subject};
use embedcheck::run::Stop;
use embedcheck::target::Target;
use embedcheck_tests::{CALLER, RUST_HOST};

/// A folder with these files.
pub(crate) fn lay(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a new folder");
        fs::write(path, text).expect("a new file");
    }
    folder
}

/// The usual question about a module.
pub(crate) fn options(target: &Target, name: &str, paths: &[&Path]) -> ModuleOptions {
    ModuleOptions {
        name: name.to_owned(),
        runtime: Runtime::Installed(Box::new(target.clone())),
        paths: paths.iter().map(PathBuf::from).collect(),
        layers: false,
        environment: Vec::new(),
        imports: Vec::new(),
        timeout: Duration::from_secs(60),
        rust_host: RUST_HOST.clone(),
    }
}

/// The whole visit, by way of its JSON form.
pub(crate) fn visit(options: &ModuleOptions) -> Diagnosis {
    let stop = Stop::new().expect("a descriptor is left");
    let seen = doctor::module(&CALLER, options, &stop).unwrap_or_else(|error| panic!("{error}"));
    let json = doctor::to_json(&seen).expect("it has a JSON form");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

/// What was seen.
pub(crate) fn facts(diagnosis: &Diagnosis) -> &ModuleFacts {
    match &diagnosis.subject {
        Subject::Module(facts) => facts,
        other => panic!("{other:?}"),
    }
}

/// The trace of the only program.
pub(crate) fn trace(diagnosis: &Diagnosis) -> &Trace {
    match facts(diagnosis).wanted.traces.as_slice() {
        [trace] => trace,
        other => panic!("{other:#?}"),
    }
}

/// The finding of that kind; there must be one and no more.
pub(crate) fn finding<'a>(diagnosis: &'a Diagnosis, id: &str) -> &'a Finding {
    let found: Vec<_> = diagnosis.findings.iter().filter(|finding| finding.id == id).collect();
    match found.as_slice() {
        [finding] => finding,
        other => panic!("{} findings {id} among {:#?}", other.len(), diagnosis.findings),
    }
}
