//! Where symbols are looked up, and which are missing there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rule::NotFound;
use crate::elf::{Elf, Undefined, Use};

/// The objects in which the symbols of an object are looked up, in order.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub(super) objects: Vec<(PathBuf, Arc<Elf>)>,
}

impl Scope {
    /// The objects and the paths that they were loaded by.
    pub fn objects(&self) -> impl Iterator<Item = (&Path, &Elf)> {
        self.objects.iter().map(|(path, elf)| (path.as_path(), &**elf))
    }

    /// The object that ld.so binds this reference to.
    pub fn provider(&self, reference: &Undefined) -> Option<&Path> {
        self.objects().find(|(_, elf)| elf.provides(reference)).map(|(path, _)| path)
    }

    /// The symbols that `object` refers to, not weakly, and that nothing in this scope defines, or
    /// nothing in the version that is demanded.
    pub fn unresolved<'a>(&self, object: &'a Elf) -> Vec<&'a Undefined> {
        let is_missed = |symbol: &&Undefined| {
            !symbol.weak && symbol.used != Use::Nowhere && self.provider(symbol).is_none()
        };
        object.undefined.iter().filter(is_missed).collect()
    }
}

/// What is missing for a library to be opened with `RTLD_NOW`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Libraries that are not found: the one itself, or what it needs.
    pub libraries: Vec<NotFound>,
    /// Symbols that are not defined in the scope of the object that refers to them.
    pub symbols: Vec<MissingSymbol>,
    /// Versions that an object demands and another lacks.
    pub versions: Vec<MissingVersion>,
}

impl Missing {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty() && self.symbols.is_empty() && self.versions.is_empty()
    }
}

/// A symbol that is not defined where it is looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingSymbol {
    /// Its name.
    pub symbol: String,
    /// The version that is demanded with it.
    pub version: Option<String>,
    /// The object that refers to it.
    pub object: PathBuf,
    /// Whether only calls refer to it, so that `RTLD_LAZY` postpones the failure to the first call.
    pub only_calls: bool,
}

/// A version that one object demands and another lacks; fails before any symbol is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingVersion {
    /// The version.
    pub version: String,
    /// The object that lacks it.
    pub provider: PathBuf,
    /// The object that demands it.
    pub required_by: PathBuf,
}
