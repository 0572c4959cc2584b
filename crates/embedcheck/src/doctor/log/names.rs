//! What a log names: Pythons, a search path, libraries, plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::trace::Trace;
use crate::diagnose::LAMBDA;

/// Names of one kind that are remembered; a log may have any number.
const REMEMBERED: usize = 64;
/// Longest line that is searched for names, in bytes.
const LONGEST: usize = 16 << 10;

/// Longest reason of ld.so that is repeated, in characters.
const REFUSAL: usize = 200;

/// A minor version of Python.
pub(super) type Version = (u32, u32);

/// Collects while the log is read.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Versions, with the weight of what names them.
    pub(super) pythons: BTreeMap<Version, u64>,
    /// Those of files, of a search path or of a run time: the others stand in words only, as in an advice.
    pub(super) seen: BTreeSet<Version>,
    /// Interpreters in the folders of standard libraries that something was loaded from.
    pub(super) interpreters: Vec<(Version, String)>,
    /// The last `sys.path` that something printed.
    pub(super) search_path: Vec<String>,
    /// Files with `.so` in their names.
    pub(super) libraries: Vec<String>,
    /// Those of them that were not found.
    pub(super) absent: Vec<String>,
    /// Those of them that ld.so refused for a reason that can be none of a rule's, with its words.
    pub(super) refused: Vec<(String, String)>,
    /// What the tracebacks say.
    pub(super) trace: Trace,
    /// Modules of CFFI or embed-dll whose functions were called, as `From:` and the messages name them.
    pub(super) plugins: Vec<String>,
    /// Words of AWS Lambda.
    pub(super) is_lambda: bool,
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
regex!(
    RUNTIME = r"(?:Runtime Version: python:|interpreter version is incompatible: |(?:^|-- )Python )(?P<a>[23])\.(?P<b>\d{1,2})(?:\.\w+|$)"
);
regex!(SEARCH_PATH = r"sys\.path(?: = |: )\[(?P<list>[^\]]*)");
regex!(LIBRARY = r"[\w./+@%~-]*[\w+-]\.so(?:\.\d+)*\b");
regex!(
    ABSENT = r"(?P<name>[^\s:'(]+): (?:cannot open shared object file: )?No such file or directory"
);
regex!(
    REFUSED = r#"(?P<file>[^\s:'"(]+\.so[\w.]*): (?P<text>undefined symbol: \S+|symbol \S+.* not defined.*|cannot \w+.*|ELF .*)"#
);
regex!(
    PLUGIN = r"^From: (?P<from>\w+)$|\bfunction (?P<called>\w+)\.\w+\(\) called, but|<init code for '(?P<init>\w+)'>"
);

/// What the rule about layers goes by.
static LAMBDA_WORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(LAMBDA.expression()?).ok());

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
        self.trace.look(line);
        self.is_lambda |= LAMBDA_WORDS.as_ref().is_some_and(|regex| regex.is_match(line));
        if !["From: ", "called, but", "<init code for"].iter().any(|words| line.contains(words)) {
            return;
        }
        if let Some(found) = PLUGIN.as_ref().and_then(|regex| regex.captures(line))
            && let Some(name) = found.name("from").or(found.name("called")).or(found.name("init"))
        {
            remember(&mut self.plugins, name.as_str());
        }
    }

    /// The Python that the log is about: what it says of the search path and of the run time counts most.
    pub(super) fn python(&self) -> Option<Version> {
        self.versions().first().copied()
    }

    /// The Pythons that the log is about, the likeliest first. Words count only where nothing else names one.
    pub(super) fn versions(&self) -> Vec<Version> {
        let is_word = |version: &Version| !self.seen.contains(version);
        let mut all: Vec<_> = self
            .pythons
            .iter()
            .filter(|(version, _)| self.seen.is_empty() || !is_word(version))
            .collect();
        // The first of those with most weight would be the oldest.
        all.sort_by_key(|&(version, weight)| std::cmp::Reverse((*weight, *version)));
        all.into_iter().map(|(version, _)| *version).collect()
    }

    /// An advice about some `pythonX.Y`, about this one.
    pub(super) fn named_in(&self, advice: &str) -> String {
        match self.python() {
            Some((major, minor)) => advice.replace("X.Y", &format!("{major}.{minor}")),
            None => advice.to_owned(),
        }
    }

    fn look_for_pythons(&mut self, line: &str) {
        let mut weight = 1;
        if let Some(found) = RUNTIME.as_ref().and_then(|regex| regex.captures(line))
            && let Some(version) = version(&found["a"], &found["b"])
        {
            self.weigh(version, 100);
            self.seen.insert(version);
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
        // Of the folders that Python computes before it starts, and of those in an advice, none need exist.
        let is_loaded = weight > 1
            || ["File \"", ".py:", ".so: ", "(required by "].iter().any(|sign| line.contains(sign));
        for found in STDLIB.iter().flat_map(|regex| regex.captures_iter(line)) {
            let Some(version) = version(&found["a"], &found["b"]) else { continue };
            self.weigh(version, 2 * weight);
            self.seen.insert(version);
            let is_stdlib = !matches!(&found["next"], "site-packages" | "dist-packages");
            if is_loaded && is_stdlib && self.interpreters.len() < REMEMBERED {
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
            let Some(version) = digits else { continue };
            self.weigh(version, weight);
            // An ABI tag, or an archive of the standard library.
            if weight > 1 || found.name("c").or(found.name("e")).is_some() {
                self.seen.insert(version);
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
        for found in ABSENT.iter().flat_map(|regex| regex.captures_iter(line)) {
            remember(&mut self.absent, &found["name"]);
        }
        if let Some(found) = REFUSED.as_ref().and_then(|regex| regex.captures(line))
            && self.refused.len() < REMEMBERED
        {
            let text: String = found["text"].chars().take(REFUSAL).collect();
            self.refused.push((found["file"].to_owned(), text));
        }
    }
}

pub(super) fn remember(names: &mut Vec<String>, name: &str) {
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
