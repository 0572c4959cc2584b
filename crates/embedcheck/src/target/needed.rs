//! Where ld.so finds a library by its name alone, predicted from the files.

use std::path::{Path, PathBuf};

use crate::elf::{Elf, Environment, LdCache, LoaderModel};

/// The libpython that ld.so chooses for the interpreter, with the rule by which it does; if it finds
/// none, each place that it looks at.
pub(super) fn predict(interpreter: &Elf, library_path: Option<&Path>) -> Vec<(PathBuf, String)> {
    let Ok(mut environment) = Environment::of_program(&interpreter.path, Path::new("/")) else {
        return Vec::new();
    };
    environment.library_path = library_path.map(Path::to_owned).into_iter().collect();
    let (_, opened) = LoaderModel::start(environment);
    let is_libpython = |name: &str| {
        Path::new(name)
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"libpython"))
    };
    let found = opened.resolved.into_iter().filter(|found| is_libpython(&found.name));
    let mut places: Vec<_> = found.map(|found| (found.path, found.rule)).collect();
    let missing = opened.not_found.into_iter().filter(|missing| is_libpython(&missing.name));
    let tried = missing.flat_map(|missing| missing.tried);
    places.extend(tried.map(|candidate| (candidate.path, candidate.rule)));
    let rule = |(path, rule)| (path, format!("DT_NEEDED of the executable, by {rule}"));
    places.into_iter().map(rule).collect()
}

/// What `/etc/ld.so.cache` has for a SONAME.
pub(super) fn cached(soname: &str) -> Vec<(PathBuf, String)> {
    // A damaged cache is an empty one to ld.so, too.
    let cache = LdCache::load(Path::new(LdCache::PATH)).unwrap_or_default();
    let paths = cache.entries(soname).iter().map(|entry| entry.path.clone());
    paths.map(|path| (path, "ld.so.cache".to_owned())).collect()
}
