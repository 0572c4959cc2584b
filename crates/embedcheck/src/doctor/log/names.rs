//! What a log names: Pythons, a search path, the packages through which an import went, libraries.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// Names of one kind that are remembered; a log may have any number.
const REMEMBERED: usize = 64;
/// Longest line that is searched for names, in bytes.
const LONGEST: usize = 16 << 10;

/// A minor version of Python.
pub(super) type Version = (u32, u32);

/// Collects while the log is read.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Versions, with the weight of what names them.
    pub(super) pythons: BTreeMap<Version, u64>,
    /// Interpreters in the folders of standard libraries that the log shows.
    pub(super) interpreters: Vec<(Version, String)>,
    /// The last `sys.path` that something printed.
    pub(super) search_path: Vec<String>,
    /// Top-level packages of the last traceback, from the program inwards.
    pub(super) imports: Vec<String>,
    /// Files with `.so` in their names.
    pub(super) libraries: Vec<String>,
    /// Modules of CFFI or embed-dll whose functions were called, as `From:` and the messages name them.
    pub(super) plugins: Vec<String>,
    /// Words of AWS Lambda.
    pub(super) is_lambda: bool,
    /// A traceback that has not come to its end yet.
    traceback: Vec<String>,
}

macro_rules! regex {
    ($name:ident = $text:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}

regex!(
    VERSION = r"(?i)python(?:[ @:_/-]|-v|/v)?(?:version )?(?P<a>[23])\.(?P<b>\d{1,2})|\bcp(?:ython)?-?(?P<c>[23])(?P<d>\d{1,2})\b|python(?P<e>[23])(?P<f>\d{1,2})\.zip"
);
regex!(
    STDLIB = r#"(?P<prefix>/[^\s'",:;]*?)/lib(?:64)?/python(?P<a>[23])\.(?P<b>\d{1,2})/(?P<next>[\w.-]+)"#
);
regex!(RUNTIME = r"Runtime Version: python:(?P<a>3)\.(?P<b>\d{1,2})");
regex!(FILE = r#"File "(?P<path>[^"]+)", line \d+"#);
regex!(
    PACKAGE = r"(?:site-packages|dist-packages|/opt/python|/var/task)[/\\](?P<name>[A-Za-z_]\w*)"
);
regex!(SEARCH_PATH = r"sys\.path(?: = |: )\[(?P<list>[^\]]*)");
regex!(LIBRARY = r"[\w./+@%~-]*[\w+-]\.so(?:\.\d+)*\b");
regex!(PLUGIN = r"^From: (?P<from>\w+)$|\bfunction (?P<called>\w+)\.\w+\(\) called, but");

impl Names {
    /// Looks at one line.
    pub(super) fn look(&mut self, line: &str) {
        if line.len() > LONGEST {
            return;
        }
        // Most lines of a big log have none of these: a substring is found sooner than an expression fails.
        if line.contains("ython") || line.contains("cp3") || line.contains("cpython") {
            self.look_for_pythons(line);
        }
        if line.contains(".so") {
            self.look_for_libraries(line);
        }
        if line.contains("File \"") {
            self.look_for_import(line);
        } else if line.starts_with("Traceback (most recent call last)") {
            self.traceback.clear();
        } else if line.contains("_cffi_backend") && !self.traceback.is_empty() {
            self.imports = std::mem::take(&mut self.traceback);
        }
        if line.contains("/var/task")
            || line.contains("/opt/python")
            || line.contains("Runtime.")
            || line.contains("INIT_")
        {
            self.is_lambda |= line.contains("/var/task/")
                || line.contains("/opt/python/")
                || line.contains("Runtime.ImportModuleError")
                || line.contains("INIT_START Runtime Version")
                || line.contains("INIT_REPORT ");
        }
        if !line.contains("From: ") && !line.contains("called, but") {
            return;
        }
        if let Some(found) = PLUGIN.as_ref().and_then(|regex| regex.captures(line))
            && let Some(name) = found.name("from").or(found.name("called"))
        {
            remember(&mut self.plugins, name.as_str());
        }
    }

    /// The Python that the log is about: what it says of the search path and of the run time counts most.
    pub(super) fn python(&self) -> Option<Version> {
        // The first of those with most weight would be the oldest.
        self.pythons.iter().max_by_key(|(version, weight)| (**weight, **version)).map(|(v, _)| *v)
    }

    /// An advice about some `pythonX.Y`, about this one.
    pub(super) fn named_in(&self, advice: &str) -> String {
        match self.python() {
            Some((major, minor)) => advice.replace("X.Y", &format!("{major}.{minor}")),
            None => advice.to_owned(),
        }
    }

    /// The packages through which the last import went: of the traceback that ended, or of the one that has not.
    pub(super) fn imports(&self) -> &[String] {
        if self.imports.is_empty() { &self.traceback } else { &self.imports }
    }

    fn look_for_pythons(&mut self, line: &str) {
        let mut weight = 1;
        if let Some(found) = RUNTIME.as_ref().and_then(|regex| regex.captures(line))
            && let Some(version) = version(&found["a"], &found["b"])
        {
            self.weigh(version, 100);
        }
        if let Some(found) = SEARCH_PATH.as_ref().and_then(|regex| regex.captures(line)) {
            let entries = found["list"].split(',');
            let entries = entries.map(|entry| entry.trim().trim_matches(['\'', '"']));
            self.search_path = entries
                .filter(|entry| !entry.is_empty())
                .take(REMEMBERED)
                .map(str::to_owned)
                .collect();
            weight = 10;
        }
        for found in STDLIB.iter().flat_map(|regex| regex.captures_iter(line)) {
            let Some(version) = version(&found["a"], &found["b"]) else { continue };
            self.weigh(version, 2 * weight);
            let is_stdlib = !matches!(&found["next"], "site-packages" | "dist-packages");
            if is_stdlib && self.interpreters.len() < REMEMBERED {
                let (major, minor) = version;
                let interpreter = format!("{}/bin/python{major}.{minor}", &found["prefix"]);
                if !self.interpreters.iter().any(|(_, known)| *known == interpreter) {
                    self.interpreters.push((version, interpreter));
                }
            }
        }
        for found in VERSION.iter().flat_map(|regex| regex.captures_iter(line)) {
            let digits =
                [("a", "b"), ("c", "d"), ("e", "f")].into_iter().find_map(|(major, minor)| {
                    version(found.name(major)?.as_str(), found.name(minor)?.as_str())
                });
            if let Some(version) = digits {
                self.weigh(version, weight);
            }
        }
    }

    fn weigh(&mut self, version: Version, weight: u64) {
        if self.pythons.len() < REMEMBERED || self.pythons.contains_key(&version) {
            *self.pythons.entry(version).or_default() += weight;
        }
    }

    fn look_for_libraries(&mut self, line: &str) {
        for found in LIBRARY.iter().flat_map(|regex| regex.find_iter(line)) {
            remember(&mut self.libraries, found.as_str());
        }
    }

    fn look_for_import(&mut self, line: &str) {
        let files = FILE.iter().flat_map(|regex| regex.captures_iter(line));
        for file in files {
            let package =
                PACKAGE.as_ref().and_then(|regex| regex.captures(file.name("path")?.as_str()));
            if let Some(package) = package {
                remember(&mut self.traceback, &package["name"]);
            }
        }
    }
}

fn remember(names: &mut Vec<String>, name: &str) {
    if names.len() < REMEMBERED && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// A version, if there was or can be such a Python.
fn version(major: &str, minor: &str) -> Option<Version> {
    let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
    let is_real = match major {
        2 => (6..=7).contains(&minor),
        _ => (3..=30).contains(&minor),
    };
    is_real.then_some((major, minor))
}
