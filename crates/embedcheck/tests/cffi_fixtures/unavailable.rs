//! What the machine lacks is said, with what to do about it.

use embedcheck::dll::{
    BuildError, Cache, CffiProducer, Fixture, LinkOptions, PythonFacts, Surroundings, Unavailable,
    ensure_cffi,
};
use libtest_mimic::Trial;

use crate::hosts::{quoted, script};
use crate::pythons::{Lab, Wanted};
use crate::{Outcome, TestResult, skip_or_fail, trial};

pub(crate) fn trials(lab: &'static Lab) -> Vec<Trial> {
    type Test = fn(&Lab) -> TestResult;
    let tests: [(&str, Test); 7] = [
        ("offline_without_cffi", offline_without_cffi),
        ("offline_with_cffi_in_the_cache", offline_with_cffi_in_the_cache),
        ("own_cffi_is_used", own_cffi_is_used),
        ("index_out_of_reach", index_out_of_reach),
        ("no_pip", no_pip),
        ("neither_pip_nor_venv", neither_pip_nor_venv),
        ("no_python_headers", no_python_headers),
    ];
    tests.into_iter().map(|(name, test)| trial(format!("unavailable::{name}"), test, lab)).collect()
}

fn python(lab: &Lab) -> Result<PythonFacts, String> {
    Ok(PythonFacts { cffi: None, ..lab.find(Wanted::Minor(13))? })
}

macro_rules! or_skip {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        }
    };
}

#[track_caller]
fn missing<T: std::fmt::Debug>(result: Result<T, BuildError>) -> Unavailable {
    match result {
        Err(BuildError::Unavailable(missing)) => missing,
        other => panic!("expected something missing, not {other:?}"),
    }
}

fn offline_without_cffi(lab: &Lab) -> TestResult {
    let python = or_skip!(python(lab));
    let cache = Cache::open(Some(&lab.folder()), &lab.folder());
    let surroundings = Surroundings { offline: true, ..lab.surroundings.clone() };
    let missing = missing(ensure_cffi(&python, &surroundings, &cache));
    assert!(missing.reason.ends_with("cannot import cffi, and --offline forbids to fetch it"));

    let old = PythonFacts { cffi: Some("1.11.5".to_owned()), ..python };
    let missing = self::missing(ensure_cffi(&old, &surroundings, &cache));
    assert!(missing.reason.contains("has CFFI 1.11.5, which is too old"), "{missing}");
    Ok(Outcome::Done)
}

fn offline_with_cffi_in_the_cache(lab: &Lab) -> TestResult {
    let ready = or_skip!(lab.ready(Wanted::Minor(13)));
    let surroundings = Surroundings { offline: true, ..lab.surroundings.clone() };
    match ensure_cffi(&ready.python, &surroundings, &lab.cache) {
        Ok(install) => assert_eq!(install, ready.install),
        Err(error) => return skip_or_fail(error),
    }
    Ok(Outcome::Done)
}

fn own_cffi_is_used(lab: &Lab) -> TestResult {
    let python = or_skip!(python(lab));
    let python = PythonFacts { cffi: Some("1.15.1".to_owned()), ..python };
    let surroundings = Surroundings { offline: true, ..lab.surroundings.clone() };
    let install = ensure_cffi(&python, &surroundings, &Cache::open(None, &lab.folder()))
        .map_err(|error| error.to_string())?;
    assert_eq!((install.site_dir, install.cffi_version.as_str()), (None, "1.15.1"));
    Ok(Outcome::Done)
}

/// Nothing listens on the port, so it takes no network to see this.
fn index_out_of_reach(lab: &Lab) -> TestResult {
    let python = or_skip!(python(lab));
    let cache_dir = lab.folder();
    let variables = [
        ("PIP_CONFIG_FILE", "/dev/null"),
        ("PIP_INDEX_URL", "http://127.0.0.1:9/simple"),
        ("PIP_RETRIES", "0"),
        ("PIP_NO_CACHE_DIR", "1"),
    ];
    let surroundings = Surroundings {
        pip_environment: variables.map(|(n, v)| (n.into(), v.into())).into(),
        ..lab.surroundings.clone()
    };
    let cache = Cache::open(Some(&cache_dir), &lab.folder());
    let missing = missing(ensure_cffi(&python, &surroundings, &cache));
    assert!(missing.reason.contains("ERROR: "), "{missing}");
    assert!(missing.advice.contains("-m pip install cffi"), "{missing}");
    let left: Vec<_> = std::fs::read_dir(&cache_dir)?.flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, [".pruned"]);
    Ok(Outcome::Done)
}

/// A script in place of the interpreter: `-m pip` fails as it does without pip.
fn without_pip(lab: &Lab, python: &PythonFacts, also: &str) -> PythonFacts {
    let text = format!(
        "case \"$*\" in '-B -m pip'*) echo \"$0: No module named pip\" >&2; exit 1;; esac\n\
         {also}\nexec {} \"$@\"",
        quoted(&python.executable)
    );
    PythonFacts { executable: script(&lab.folder(), &text), ..python.clone() }
}

fn no_pip(lab: &Lab) -> TestResult {
    let ready = or_skip!(lab.ready(Wanted::Minor(13)));
    let python = without_pip(lab, &ready.python, "");
    let cache_dir = lab.folder();
    let cache = Cache::open(Some(&cache_dir), &lab.folder());
    let install = match ensure_cffi(&python, &lab.surroundings, &cache) {
        Ok(install) => install,
        Err(error) => return skip_or_fail(error),
    };
    let site = install.site_dir.ok_or("it is not in the cache")?;
    assert!(site.starts_with(&cache_dir));
    assert_eq!(install.cffi_version, ready.install.cffi_version);
    let entry = site.parent().ok_or("the entry is a folder")?;
    assert!(!entry.join("venv").exists(), "the virtual environment has done its work");
    Ok(Outcome::Done)
}

fn neither_pip_nor_venv(lab: &Lab) -> TestResult {
    let python = or_skip!(python(lab));
    let venv = "case \"$*\" in '-B -m venv'*) echo 'ensurepip is not available'; exit 1;; esac";
    let python = without_pip(lab, &python, venv);
    let cache = Cache::open(None, &lab.folder());
    let missing = missing(ensure_cffi(&python, &lab.surroundings, &cache));
    assert!(missing.reason.contains("neither cffi nor pip"), "{missing}");
    assert!(missing.reason.contains("ensurepip is not available"), "{missing}");
    Ok(Outcome::Done)
}

/// A script in place of the interpreter, whose answer names another folder for the headers.
fn no_python_headers(lab: &Lab) -> TestResult {
    let ready = or_skip!(lab.ready(Wanted::Minor(13)));
    let text = format!(
        "{} \"$@\" | sed 's|\"include_dirs\": \\[\"[^\"]*|\"include_dirs\": [\"/nonexistent|'",
        quoted(&ready.python.executable)
    );
    let executable = script(&lab.folder(), &text);
    let python = PythonFacts { executable, ..ready.python.clone() };
    let compiler = match lab.compiler() {
        Ok(compiler) => compiler,
        Err(error) => return skip_or_fail(error),
    };
    let cache = Cache::open(None, &lab.folder());
    let producer = CffiProducer::new(&python, &ready.install, &lab.surroundings, compiler, &cache);
    let fixture = Fixture::named("perf").ok_or("the fixture is there")?;
    let out = lab.folder().join("libperf.so");
    let missing = missing(producer.build(fixture, &LinkOptions::default(), &out));
    assert!(missing.reason.starts_with("there is no Python.h of Python 3.13."), "{missing}");
    assert!(missing.reason.ends_with(" in /nonexistent"), "{missing}");
    Ok(Outcome::Done)
}
