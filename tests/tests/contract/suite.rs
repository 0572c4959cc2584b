//! The folder `tests/contract/`: DLLs and cases, read from their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::dll::Fixture;
use embedcheck::target::Target;
use embedcheck_tests::root;

use crate::expect::Expectation;

/// Who makes the DLLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Producer {
    Cffi,
    Rust,
}

impl Producer {
    pub(crate) const ALL: [Self; 2] = [Self::Cffi, Self::Rust];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cffi => "cffi",
            Self::Rust => "rust",
        }
    }

    fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|producer| producer.name() == name);
        found.unwrap_or_else(|| panic!("there is no producer {name}"))
    }
}

/// All DLLs and cases.
pub(crate) struct Suite {
    /// The DLLs, as CFFI is to make them.
    pub(crate) dlls: Vec<Fixture>,
    pub(crate) cases: Vec<Case>,
}

/// A host with its DLLs, and what they must print together.
pub(crate) struct Case {
    pub(crate) name: String,
    /// `host.c`, or `host.py` for the target's own interpreter.
    pub(crate) host: PathBuf,
    pub(crate) stdout: Expectation,
    pub(crate) stderr: Expectation,
    /// DLLs that the host is linked to, in this order.
    pub(crate) links: Vec<&'static str>,
    /// DLLs that lie beside the host as `lib<name>.so`.
    pub(crate) loads: Vec<&'static str>,
    /// DLLs that lie beside the host under the name of their module, to be imported.
    pub(crate) imports: Vec<&'static str>,
    /// DLLs that CFFI makes, whoever makes the others.
    pub(crate) by_cffi: Vec<&'static str>,
    pub(crate) environment: Vec<(String, String)>,
    producers: Vec<Producer>,
    /// The first and the last minor version that the case is for.
    versions: (u32, u32),
    /// The first that it is for with CFFI, whose last version for an old Python is an old one.
    cffi_since: u32,
}

impl Suite {
    /// Reads the folder. A test has nobody to report a broken file to but its author: it panics.
    pub(crate) fn read() -> Self {
        let folder = root().join("tests/contract");
        let dlls: Vec<_> = folders(&folder.join("dll")).iter().map(|dll| fixture(dll)).collect();
        let names: BTreeMap<_, _> = dlls.iter().map(|dll| (dll.name, dll.name)).collect();
        let cases = folders(&folder.join("case"));
        Self { cases: cases.iter().map(|case| Case::read(case, &names)).collect(), dlls }
    }

    pub(crate) fn dll(&self, name: &str) -> &Fixture {
        let found = self.dlls.iter().find(|dll| dll.name == name);
        found.unwrap_or_else(|| panic!("there is no DLL {name}"))
    }

    pub(crate) fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }
}

impl Case {
    fn read(folder: &Path, dlls: &BTreeMap<&'static str, &'static str>) -> Self {
        let name = file_name(folder).to_owned();
        let host = ["host.c", "host.py"].map(|file| folder.join(file));
        let host = host.into_iter().find(|host| host.is_file());
        let host = host.unwrap_or_else(|| panic!("case {name} has neither host.c nor host.py"));
        let mut case = Self {
            stdout: Expectation::read(folder, "stdout"),
            stderr: Expectation::read(folder, "stderr"),
            links: Vec::new(),
            loads: Vec::new(),
            imports: Vec::new(),
            by_cffi: Vec::new(),
            environment: Vec::new(),
            producers: Producer::ALL.to_vec(),
            versions: (8, u32::MAX),
            cffi_since: 8,
            name,
            host,
        };
        for (key, value) in directives(&read(&case.host)) {
            let of_dlls = || value.split(' ').map(|name| dlls[name]).collect();
            match key {
                "links" => case.links = of_dlls(),
                "loads" => case.loads = of_dlls(),
                "imports" => case.imports = of_dlls(),
                "by-cffi" => case.by_cffi = of_dlls(),
                "producers" => case.producers = value.split(' ').map(Producer::named).collect(),
                "since" => case.versions.0 = minor(value),
                "cffi-since" => case.cffi_since = minor(value),
                "until" => case.versions.1 = minor(value),
                "env" => {
                    let (name, value) = value.split_once('=').expect("env: NAME=VALUE");
                    case.environment.push((name.to_owned(), value.to_owned()));
                }
                _ => panic!("case {}: no directive is called {key}", case.name),
            }
        }
        case
    }

    pub(crate) fn is_for(&self, producer: Producer, target: &Target) -> bool {
        let (first, last) = self.versions;
        self.producers.contains(&producer)
            && (first..=last).contains(&target.version.minor)
            // CFFI for builds without the GIL, and debug builds, is not what the contract is about.
            && ((producer == Producer::Rust && self.by_cffi.is_empty())
                || (target.version.minor >= self.cffi_since
                    && !target.free_threaded
                    && !target.debug))
    }

    /// Whether a producer has the case at all.
    pub(crate) fn has(&self, producer: Producer) -> bool {
        self.producers.contains(&producer)
    }

    /// Every DLL once.
    pub(crate) fn dlls(&self) -> impl Iterator<Item = &'static str> {
        [&self.links, &self.loads, &self.imports].into_iter().flatten().copied()
    }
}

/// `key: value` lines in the comment at the top of a host.
fn directives(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(|line| {
        let line = line.trim_end_matches("*/");
        line.trim_start_matches(['/', '*', '#', ' ']).trim()
    });
    lines.map_while(|line| line.split_once(": ").filter(|(key, _)| !key.contains(' ')))
}

fn minor(version: &str) -> u32 {
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
    minor.unwrap_or_else(|| panic!("{version} is no version of Python 3"))
}

/// What CFFI needs to know. The texts live as long as the process, as those in the library do.
fn fixture(folder: &Path) -> Fixture {
    let name: &'static str = leak(file_name(folder).to_owned());
    let optional = |file: &str| -> Option<&'static str> {
        let file = folder.join(file);
        file.is_file().then(|| leak(read(&file)))
    };
    Fixture {
        name,
        module: optional("module").map_or_else(|| leak(format!("_{name}_cffi")), str::trim),
        functions: &[],
        variables: &[],
        api: optional("api.h").unwrap_or_default(),
        cdef: optional("cdef.h"),
        init: optional("init.py").unwrap_or_default(),
        source: optional("source.c"),
    }
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("names in the suite are text")
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}
