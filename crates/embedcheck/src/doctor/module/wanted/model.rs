//! Who wants a module: from metadata, from the contents of files, and from what happened.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::module::outcome::Outcome;
use crate::doctor::module::{Candidate, Origin};

/// Who wants a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The distribution that has the module, or should have it: by what is listed in the metadata, or
    /// else by its name.
    pub provider: Option<String>,
    /// How many distributions lie on the search path.
    pub distributions: usize,
    /// Dependencies that lead to the provider, the unconditional and the short ones first.
    pub chains: Vec<Chain>,
    /// How many chains were found; more than are listed if there are very many.
    pub chains_found: usize,
    /// Modules of the distributions that depend on the provider which contain the name of the module.
    pub mentions: Vec<Mention>,
    /// The extension modules of the distributions in the chains, without those of the provider.
    pub extensions: Vec<Extension>,
    /// What happened when programs were imported in child processes.
    pub traces: Vec<Trace>,
}

/// A distribution that wants another one, and so on, down to the one with the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// From the one that nobody wants down to the provider.
    pub links: Vec<Link>,
}

/// A distribution in a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its name, as it calls itself.
    pub distribution: String,
    /// Its version; `None`: it is not on the search path, or does not say.
    pub version: Option<String>,
    /// Where it lies; `None`: not on the search path.
    pub place: Option<Place>,
    /// By which dependency it wants the next one.
    pub requires: Option<String>,
    /// The dependency is an optional one: of this extra.
    pub extra: Option<String>,
}

/// An entry of the search path in which something lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The folder or archive.
    pub entry: String,
    /// Why it is on the path.
    pub origin: Origin,
}

/// A module that contains the name of the module in question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    /// Its full name.
    pub module: String,
    /// Its file.
    pub file: String,
    /// The distribution to which it belongs.
    pub distribution: String,
    /// It is no Python code: an import of it shows in no traceback.
    pub native: bool,
}

/// An extension module of a distribution that wants the module in question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Its full name.
    pub module: String,
    /// The distribution that lists it.
    pub distribution: String,
    /// The version of that.
    pub version: Option<String>,
    /// The file that an import would take, or the first one that it would pass by.
    pub candidate: Candidate,
}

/// What happened when one program was imported in a child process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The module that was imported.
    pub program: String,
    /// How that ended.
    pub outcome: Outcome,
    /// Each time when the module in question was looked for; at most a few are kept.
    pub attempts: Vec<Attempt>,
    /// Imports that failed, the first first; at most a few are kept.
    pub failures: Vec<Failure>,
    /// How many imports were begun.
    pub imports: usize,
    /// The end of what was written to standard error.
    pub stderr: Vec<String>,
}

/// The module in question was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Who imported whom, from the program down to the module.
    pub chain: Vec<Step>,
    /// How it ended.
    pub outcome: Outcome,
    /// The module whose import succeeded all the same: its code, or that of one that it imports, caught
    /// the error.
    pub swallowed_by: Option<String>,
}

/// An import on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The module that was imported.
    pub module: String,
    /// Where: file and line of the Python code that runs at that moment. If native code of a module
    /// imports, it is the line that imports that one.
    pub at: Option<String>,
}

/// An import that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The module that was imported.
    pub module: String,
    /// The module in the course of whose import that happened.
    pub inside: Option<String>,
    /// What was raised.
    pub outcome: Outcome,
    /// As in [`Attempt::swallowed_by`].
    pub swallowed_by: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Layer(number) => write!(f, "layer {number}"),
            _ => f.write_str(&self.entry),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.distribution)?;
        if let Some(extra) = &self.extra {
            write!(f, "[{extra}]")?;
        }
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        match &self.place {
            Some(place) => write!(f, " ({place})"),
            None => f.write_str(" (not installed)"),
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, link) in self.links.iter().enumerate() {
            if index > 0 {
                f.write_str(" -> ")?;
            }
            write!(f, "{link}")?;
        }
        Ok(())
    }
}

impl Chain {
    /// Whether one of its dependencies is of an extra.
    pub fn is_optional(&self) -> bool {
        self.links.iter().any(|link| link.extra.is_some())
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modules: Vec<_> = self.chain.iter().map(|step| step.module.as_str()).collect();
        f.write_str(&modules.join(" -> "))
    }
}
