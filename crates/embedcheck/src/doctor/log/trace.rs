//! Tracebacks: through which packages an import went, where they lie, and what it could not get.

use std::sync::LazyLock;

use regex::Regex;

use super::names::remember;

/// Follows the tracebacks of a log.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Folders that hold imported modules.
    pub(super) folders: Vec<String>,
    /// The module whose import ended in an error of the loader, or of the module itself.
    pub(super) failed: Option<String>,
    /// Files that an import could not load.
    pub(super) loaded: Vec<String>,
    /// Modules that were not found.
    pub(super) unfound: Vec<Unfound>,
    /// Top-level packages of the last traceback that ended in `_cffi_backend`, from the program inwards.
    ended: Vec<String>,
    /// Those of a traceback that has not come to its end yet.
    open: Vec<String>,
    /// The last import statement: candidates for the module that it loads, the likeliest first.
    statement: Vec<String>,
    /// The module of the DLL whose init code is the last frame.
    init: Option<String>,
}

/// A module that was not found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfound {
    /// Its name.
    pub(super) name: String,
    /// The module of the DLL whose init code itself asked for it.
    pub(super) by: Option<String>,
}

macro_rules! regex {
    ($name:ident = $text:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}

regex!(FILE = r#"File "(?P<path>[^"]+)", line \d+"#);
regex!(INIT = r"^<init code for '(?P<module>\w+)'>$");
regex!(
    PACKAGE = r"(?:site-packages|dist-packages|/opt/python|/var/task)[/\\](?P<name>[A-Za-z_]\w*)"
);
regex!(
    STATEMENT = r"^(?:>>> )?(?:from (?P<from>[A-Za-z_][\w.]*) import \(?(?P<what>\w*)|import (?P<module>[A-Za-z_][\w.]*))"
);
regex!(UNFOUND = r#"No module named \\?['"]?(?P<name>[A-Za-z_][\w.]*)"#);
regex!(LOADED = r"(?:^|\W)ImportError: (?P<file>[^\s:']+\.so[\w.]*): ");
// Files of packages whose names say nothing else, wherever a message shows them.
regex!(
    KNOWN = r#"(?P<root>/[^\s"':,]*?)/(?:cffi/(?:api|__init__|lock|recompiler)\.py|cryptography/(?:(?:hazmat|x509)/|(?:__init__|exceptions|fernet|utils)\.py)|_cffi_backend\.[\w.-]*(?:so|py)\b)"#
);
// What belongs to a Python, or to the runtime of AWS Lambda, is on its path without a word.
regex!(
    OWN = r"/lib(?:64)?/(?:python[23](?:\.\d+)?t?|pypy[\d.]*)(?:/|$)|/python[23]\d+\.zip$|^/(?:var/task|var/lang|var/runtime|opt/python)(?:/|$)"
);

impl Trace {
    /// Looks at one line.
    pub(super) fn look(&mut self, line: &str) {
        if line.contains("File \"") {
            self.look_for_frames(line);
        } else if line.starts_with("Traceback (most recent call last)") {
            self.open.clear();
            self.statement.clear();
            self.init = None;
        } else if line.contains("_cffi_backend") && !self.open.is_empty() {
            self.ended = std::mem::take(&mut self.open);
        }
        if line.contains("cffi") || line.contains("cryptography/") {
            for found in KNOWN.iter().flat_map(|regex| regex.captures_iter(line)) {
                remember(&mut self.folders, &found["root"]);
            }
        }
        if line.contains("import ") {
            self.look_for_statement(line.trim_start());
        }
        if let Some(found) = UNFOUND.as_ref().and_then(|regex| regex.captures(line)) {
            let name = found["name"].trim_end_matches('.').to_owned();
            let unfound = Unfound { name, by: self.init.clone() };
            if self.unfound.len() < 64 && !self.unfound.contains(&unfound) {
                self.unfound.push(unfound);
            }
        }
        if line.contains("ImportError: ") {
            if let Some(module) = self.statement.first() {
                self.failed = Some(module.clone());
            }
            self.look_for_loaded(line);
        }
    }

    /// The packages through which the last import went: of the traceback that ended, or of the one that has not.
    pub(super) fn imports(&self) -> &[String] {
        if self.ended.is_empty() { &self.open } else { &self.ended }
    }

    fn look_for_frames(&mut self, line: &str) {
        for file in FILE.iter().flat_map(|regex| regex.captures_iter(line)) {
            let path = &file["path"];
            if let Some(package) = PACKAGE.as_ref().and_then(|regex| regex.captures(path)) {
                remember(&mut self.open, &package["name"]);
            }
            let init = INIT.as_ref().and_then(|regex| regex.captures(path));
            self.init = init.map(|init| init["module"].to_owned());
            // Python's own machinery stands between a statement and the file that it leads to.
            if path.starts_with('<') || path.contains("/importlib/") {
                continue;
            }
            let root = self.statement.iter().find_map(|module| root(path, module));
            if let Some(root) = root {
                remember(&mut self.folders, root);
            }
            self.statement.clear();
        }
    }

    fn look_for_statement(&mut self, line: &str) {
        let Some(found) = STATEMENT.as_ref().and_then(|regex| regex.captures(line)) else {
            return;
        };
        let Some(module) = found.name("from").or(found.name("module")) else { return };
        let module = module.as_str().trim_end_matches('.').to_owned();
        let what = found.name("what").map_or("", |what| what.as_str());
        self.statement = if what.is_empty() {
            vec![module]
        } else {
            // By custom, what begins like that is an extension module of the package.
            let both = [format!("{module}.{what}"), module];
            if what.starts_with('_') { both.into() } else { both.into_iter().rev().collect() }
        };
    }

    /// A file that is the module itself: a library that the module needs stands in such a line, too.
    fn look_for_loaded(&mut self, line: &str) {
        let Some(found) = LOADED.as_ref().and_then(|regex| regex.captures(line)) else { return };
        let file = &found["file"];
        let Some(stem) = stem(file) else { return };
        let named = self.statement.iter().find(|module| module.rsplit('.').next() == Some(stem));
        match named {
            Some(module) => self.failed = Some(module.clone()),
            None if self.statement.is_empty() && !stem.starts_with("lib") => {
                self.failed = Some(stem.to_owned());
            }
            None => return,
        }
        remember(&mut self.loaded, file);
        if let Some((folder, _)) = file.rsplit_once('/') {
            let packages = self.failed.as_deref().unwrap_or(stem).matches('.').count();
            let root = (0..packages)
                .try_fold(folder, |folder, _| folder.rsplit_once('/').map(|(parent, _)| parent));
            root.into_iter().for_each(|root| remember(&mut self.folders, root));
        }
    }
}

/// The name of the module that a file with `.so` at its end or a tag before that can be.
fn stem(file: &str) -> Option<&str> {
    let name = file.rsplit('/').next()?;
    let stem = name.strip_suffix(".so")?.split('.').next()?;
    (!stem.is_empty() && stem.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(stem)
}

/// The folder from which a module, or a package that holds it, was imported if this is its file.
fn root<'a>(path: &'a str, module: &str) -> Option<&'a str> {
    let mut inside = module.replace('.', "/");
    loop {
        for end in [".py", "/__init__.py"] {
            if let Some(root) = path.strip_suffix(&format!("/{inside}{end}")) {
                return Some(root);
            }
        }
        inside.truncate(inside.rfind('/')?);
    }
}

/// Whether no Python searches this folder by itself.
pub(super) fn is_foreign(folder: &str) -> bool {
    folder.starts_with('/')
        && folder.len() > 1
        && !OWN.as_ref().is_some_and(|regex| regex.is_match(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_told_from_the_statement_before() {
        assert_eq!(root("/s/jwt/__init__.py", "jwt"), Some("/s"));
        assert_eq!(root("/s/jwt/jwt/api.py", "jwt.api"), Some("/s/jwt"));
        assert_eq!(root("/s/jwt/__init__.py", "jwt.api"), Some("/s"));
        assert_eq!(root("/s/other.py", "jwt"), None);
    }

    #[test]
    fn what_a_python_brings_is_not_foreign() {
        for own in [
            "/u/.local/lib/python3.13/site-packages",
            "/usr/lib/python3/dist-packages",
            "/usr/lib64/python3.9",
            "/usr/lib/python311.zip",
            "/opt/python",
            "",
            "relative",
        ] {
            assert!(!is_foreign(own), "{own}");
        }
        assert!(is_foreign("/build/site-packages"));
    }

    #[test]
    fn a_library_that_a_module_needs_is_not_the_module() {
        let mut trace = Trace::default();
        trace.look("    from torch._C import *");
        trace.look("ImportError: /l/libother.so: undefined symbol: f");
        assert_eq!(trace.failed.as_deref(), Some("torch._C"));
        assert_eq!(trace.loaded, [""; 0]);
    }
}
