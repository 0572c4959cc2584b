//! Where ld.so looks for a library, in its order.
//!
//! The order is that of ld.so(8); what the page leaves open is taken from `_dl_map_new_object` and
//! `open_path` in glibc's elf/dl-load.c.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Environment;
use super::rule::{Candidate, Refusal, Rule};
use super::state::{FileId, Object, Role};
use super::tokens::Tokens;
use crate::elf::{Elf, ElfError, Kind};

/// A file that the search ended at.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    pub(super) elf: Arc<Elf>,
    pub(super) rule: Rule,
}

/// One search.
pub(super) struct Searcher<'a> {
    pub(super) environment: &'a Environment,
    pub(super) executable: Option<&'a Object>,
    /// Whoever asks, whoever loaded that one, and so on.
    pub(super) chain: Vec<&'a Object>,
    /// Whether `dlopen` searches, not the start of the program.
    pub(super) opening: bool,
    pub(super) tried: Vec<Candidate>,
}

impl Searcher<'_> {
    /// Finds the file for a name, or leaves in `tried` why there is none.
    pub(super) fn find(&mut self, name: &OsStr) -> Option<Found> {
        if name.as_encoded_bytes().contains(&b'/') {
            let expanded = match self.chain.first() {
                Some(&asker) => self.tokens(Some(asker)).expand(name)?,
                None => name.to_owned(),
            };
            return self.try_file(PathBuf::from(expanded), Rule::Path);
        }
        let asker = self.chain.first().copied();
        if asker.is_none_or(|asker| asker.elf.runpath.is_none())
            && let Some(end) = self.search_rpaths(name)
        {
            return end;
        }
        let environment = self.environment;
        if !environment.secure {
            for entry in &environment.library_path {
                let rule = Rule::LibraryPath { entry: entry.clone() };
                if let Some(end) = self.try_entry(entry.as_os_str(), self.executable, name, rule) {
                    return end;
                }
            }
        }
        if let Some(asker) = asker
            && let Some(runpath) = asker.elf.runpath.clone()
        {
            let rule =
                |entry: &str| Rule::RunPath { of: asker.path.clone(), entry: entry.to_owned() };
            if let Some(end) = self.try_list(&runpath, asker, name, rule) {
                return end;
            }
        }
        let without_defaults =
            asker.or(self.executable).is_some_and(|object| object.elf.flags.no_default_libraries);
        let cached = name
            .to_str()
            .and_then(|name| environment.cache.lookup(name, &environment.platform.hwcaps).next());
        if let Some(path) = cached {
            let is_default =
                environment.platform.system_dirs.iter().any(|dir| path.starts_with(dir));
            if !(without_defaults && is_default)
                && let Some(end) = self.conclude(path.to_owned(), Rule::Cache)
            {
                return end;
            }
        }
        if !without_defaults {
            for dir in &environment.platform.system_dirs {
                if let Some(end) = self.try_dir(dir.as_os_str(), name, &Rule::DefaultDir) {
                    return end;
                }
            }
        }
        None
    }

    /// `Some(None)`: the search has ended without a result.
    fn search_rpaths(&mut self, name: &OsStr) -> Option<Option<Found>> {
        let mut objects = self.chain.clone();
        if let Some(executable) = self.executable
            && objects.iter().all(|object| object.role != Role::Executable)
        {
            objects.push(executable);
        }
        for object in objects {
            // An object that has both is taken for one without RPATH.
            let (None, Some(rpath)) = (&object.elf.runpath, &object.elf.rpath) else {
                continue;
            };
            let rule =
                |entry: &str| Rule::RPath { of: object.path.clone(), entry: entry.to_owned() };
            if let Some(end) = self.try_list(rpath, object, name, rule) {
                return Some(end);
            }
        }
        None
    }

    fn try_list(
        &mut self,
        list: &str,
        owner: &Object,
        name: &OsStr,
        rule: impl Fn(&str) -> Rule,
    ) -> Option<Option<Found>> {
        if list.is_empty() {
            return None;
        }
        list.split(':')
            .find_map(|entry| self.try_entry(entry.as_ref(), Some(owner), name, rule(entry)))
    }

    fn try_entry(
        &mut self,
        entry: &OsStr,
        owner: Option<&Object>,
        name: &OsStr,
        rule: Rule,
    ) -> Option<Option<Found>> {
        let dir = self.tokens(owner).expand(entry)?;
        // An entry that is empty as written is the current directory; one that expands to nothing is none.
        if dir.is_empty() && !entry.is_empty() {
            return None;
        }
        self.try_dir(&dir, name, &rule)
    }

    fn try_dir(&mut self, dir: &OsStr, name: &OsStr, rule: &Rule) -> Option<Option<Found>> {
        let environment = self.environment;
        for hwcaps in &environment.platform.hwcaps {
            let sub = join(dir, OsStr::new(&format!("glibc-hwcaps/{hwcaps}")));
            // Few directories have any, and a report should not list those that cannot be.
            if environment.absolute(Path::new(&sub)).is_dir()
                && let Some(end) = self.conclude(join(&sub, name).into(), rule.clone())
            {
                return Some(end);
            }
        }
        self.conclude(join(dir, name).into(), rule.clone())
    }

    /// `None`: the search goes on.
    fn conclude(&mut self, path: PathBuf, rule: Rule) -> Option<Option<Found>> {
        match self.try_file(path, rule) {
            Some(found) => Some(Some(found)),
            None if self.tried.last().is_some_and(|last| last.refusal.ends_search()) => Some(None),
            None => None,
        }
    }

    fn try_file(&mut self, path: PathBuf, rule: Rule) -> Option<Found> {
        let path = self.environment.absolute(&path);
        match self.look_at(&path) {
            Ok((id, elf)) => Some(Found { path, id, elf, rule }),
            Err(refusal) => {
                self.tried.push(Candidate { path, rule, refusal });
                None
            }
        }
    }

    fn look_at(&self, path: &Path) -> Result<(FileId, Arc<Elf>), Refusal> {
        let metadata = fs::metadata(path).map_err(|_| Refusal::NotThere)?;
        let id = FileId { device: metadata.dev(), inode: metadata.ino() };
        let elf = self.environment.files.read(path, &metadata).map_err(|error| match &*error {
            ElfError::Io { .. } => Refusal::NotThere,
            other => Refusal::Unusable(other.to_string()),
        })?;
        if let Err(ElfError::OtherMachine { machine, .. }) = elf.require_this_machine() {
            return Err(Refusal::OtherMachine(machine));
        }
        let unusable = match elf.kind {
            Kind::SharedLibrary if self.opening && elf.flags.no_open => {
                "is marked as not to be opened"
            }
            Kind::SharedLibrary if elf.dynamic => return Ok((id, elf)),
            Kind::SharedLibrary => "has no dynamic segment",
            Kind::Executable | Kind::PositionIndependentExecutable => "is an executable",
            Kind::Other => "is neither a shared library nor an executable",
        };
        Err(Refusal::Unusable(unusable.to_owned()))
    }

    fn tokens<'a>(&'a self, owner: Option<&'a Object>) -> Tokens<'a> {
        Tokens {
            origin: owner.and_then(|owner| owner.path.parent()),
            platform: &self.environment.platform,
            secure: self.environment.secure,
            is_executable: owner.is_some_and(|owner| owner.role == Role::Executable),
        }
    }
}

/// `dir` and `name` with one slash between them; without `dir`, just the name.
fn join(dir: &OsStr, name: &OsStr) -> OsString {
    let mut path = dir.to_owned();
    if !dir.is_empty() && !dir.as_encoded_bytes().ends_with(b"/") {
        path.push("/");
    }
    path.push(name);
    path
}
