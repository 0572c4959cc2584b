//! The environment of a child, built from nothing.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde::{Serialize, Serializer};

/// The complete environment of a child, in alphabetical order.
///
/// What the caller of the program happens to have set changes what an embedded Python does
/// (`PYTHONUNBUFFERED`, `PATH`, `LANG`, `PYTHONHOME`), so that nothing is inherited.
/// [`Environment::new`] is the whole baseline:
///
/// | variable | value |
/// | --- | --- |
/// | `PATH` | as stated; there is no default, because the first `python3` on it decides the prefix of an embedded CPython |
/// | `LANG`, `LC_ALL` | `C.UTF-8` |
/// | `HOME`, `TMPDIR` | the scratch folder of the run |
///
/// The runner adds one more variable on its own, `EMBEDCHECK_RUN`, by which it finds what a child
/// left behind.
///
/// ```
/// use embedcheck::run::Environment;
///
/// let mut environment = Environment::new("/usr/bin:/bin", "/tmp/scratch");
/// environment.set("LD_LIBRARY_PATH", "/opt/python/lib").unset("LC_ALL");
/// assert_eq!(environment.get("LANG").unwrap(), "C.UTF-8");
/// assert_eq!(environment.get("LC_ALL"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The documented baseline.
    pub fn new(path: impl AsRef<OsStr>, scratch: impl AsRef<Path>) -> Self {
        let mut environment = Self::empty();
        environment
            .set("PATH", path)
            .set("LANG", "C.UTF-8")
            .set("LC_ALL", "C.UTF-8")
            .set("HOME", scratch.as_ref())
            .set("TMPDIR", scratch.as_ref());
        environment
    }

    /// No variable at all, for children that are about just that.
    #[must_use]
    pub fn empty() -> Self {
        Self { variables: BTreeMap::new() }
    }

    /// Sets a variable, whatever it was before.
    pub fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.variables.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Removes a variable; one that is not set is no error.
    pub fn unset(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.variables.remove(name.as_ref());
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.variables.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// All variables with their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The same as text for a report; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn to_text(&self) -> BTreeMap<String, String> {
        let text = |raw: &OsStr| raw.to_string_lossy().into_owned();
        self.iter().map(|(name, value)| (text(name), text(value))).collect()
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_text().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_is_what_the_documentation_says() {
        let environment = Environment::new("/bin", "/s");
        insta::assert_snapshot!(serde_json::to_string(&environment).unwrap(),
            @r#"{"HOME":"/s","LANG":"C.UTF-8","LC_ALL":"C.UTF-8","PATH":"/bin","TMPDIR":"/s"}"#);
    }
}
