//! What was made once and need not be made again: C code, objects, an installation of CFFI.
//!
//! An entry is a folder, named by a digest of everything that went into it. It is made beside the others under a
//! temporary name and moved into place, so that whoever finds an entry finds a whole one, however many
//! processes run at once and wherever one of them was killed. It carries digests of its files, so that one that was
//! damaged later (a full disk, a machine that went down, somebody who tidied up) is made again.
//!
//! A cache that cannot be used (no folder, read-only, full, somebody else's) is no reason to stop: the entries are
//! then made in a scratch folder of this run, and [`Cache::notes`] says why.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Entries that nobody used for this long are removed.
pub const UNUSED_LIMIT: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often [`Cache::open`] looks for entries to remove.
const PRUNE_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// Younger unfinished entries are not touched: their maker may not have locked them yet.
const UNFINISHED_LIMIT: Duration = Duration::from_secs(60);

/// With less free space than this, a failed build is tried again in the scratch folder.
const SPACE_FLOOR: u64 = 64 << 20;

/// The list of what a finished entry holds, in the entry.
const SEAL: &str = ".sealed";

const UNFINISHED: &str = ".new-";
const PRUNED_STAMP: &str = ".pruned";

/// The name of a cache entry. Equal keys mean: the same inputs went in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The name of the folder: the kind, and a digest in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gathers everything that a cache entry is made from.
#[derive(Debug)]
pub struct KeyBuilder {
    kind: &'static str,
    digest: Sha256,
}

impl KeyBuilder {
    /// `kind` is for people who look into the folder. The tool's own version always goes in.
    pub fn new(kind: &'static str) -> Self {
        let builder = Self { kind, digest: Sha256::new() };
        builder.input(kind).input(env!("CARGO_PKG_VERSION"))
    }

    /// Adds one input. Its length goes in too: `ab` + `c` is not `a` + `bc`.
    #[must_use]
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        let input = input.as_ref();
        self.digest.update((input.len() as u64).to_le_bytes());
        self.digest.update(input);
        self
    }

    /// The finished key.
    pub fn finish(self) -> Key {
        let hex = hex(&self.digest.finalize());
        Key(format!("{}-{}", self.kind, &hex[..40]))
    }
}

/// Neither the cache nor the scratch folder can hold an entry.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a folder in {}: {source}; give a scratch folder that can be written", dir.display())]
pub struct CacheError {
    dir: PathBuf,
    source: io::Error,
}

/// The cache folder, and the place to go to when it cannot be used.
#[derive(Debug)]
pub struct Cache {
    dir: Option<PathBuf>,
    scratch: PathBuf,
    fallback: OnceLock<TempDir>,
    notes: Mutex<Vec<String>>,
    /// One lock a key: two threads that want the same entry make it once.
    making: Mutex<HashMap<Key, Arc<Mutex<()>>>>,
    space_floor: u64,
}

impl Cache {
    /// `dir` is the cache folder, made if it is not there (e.g. `$XDG_CACHE_HOME/embedcheck`); `None` if the
    /// user has none. `scratch` is an existing folder for this run; what is put there is removed when the
    /// value is dropped.
    ///
    /// Never fails: a folder that cannot be used is noted and not used. Once a day, entries that were not used for
    /// [`UNUSED_LIMIT`] are removed.
    pub fn open(dir: Option<&Path>, scratch: &Path) -> Self {
        let cache = Self {
            dir: None,
            scratch: scratch.to_owned(),
            fallback: OnceLock::new(),
            notes: Mutex::default(),
            making: Mutex::default(),
            space_floor: SPACE_FLOOR,
        };
        let Some(dir) = dir else {
            cache.note("no cache folder is known, so nothing is kept for the next run".to_owned());
            return cache;
        };
        if let Err(reason) = usable(dir) {
            cache.note(format!(
                "the cache {} is not used: {reason}; everything is made anew in this run",
                dir.display()
            ));
            return cache;
        }
        let cache = Self { dir: Some(dir.to_owned()), ..cache };
        cache.prune_daily(dir);
        cache
    }

    /// What the user should know: why the cache was not used.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The entry, if it is there. Counts as a use.
    pub fn lookup(&self, key: &Key) -> Option<PathBuf> {
        let fallback = self.fallback.get().map(TempDir::path);
        [self.dir.as_deref(), fallback].into_iter().flatten().find_map(|dir| find(dir, key))
    }

    /// The folder of the entry, made by `build` if it is not there yet.
    ///
    /// `build` gets an empty folder and fills it; if it fails, nothing is left. It is called a second time, with a
    /// folder elsewhere, if it failed where space has run out. An entry must not contain its own path.
    ///
    /// # Errors
    ///
    /// What `build` returned, or a [`CacheError`] if there is no place to build.
    pub fn entry<E: From<CacheError>>(
        &self,
        key: &Key,
        build: impl Fn(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        let lock = self.lock_of(key);
        let _making = lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = self.lookup(key) {
            return Ok(entry);
        }
        if let Some(dir) = &self.dir {
            match make(dir, key, &build) {
                Ok(entry) => return Ok(entry),
                Err(MakeError::Place(source)) => self.note(format!(
                    "the cache {} cannot be written ({source}); new parts are made for this run only",
                    dir.display()
                )),
                Err(MakeError::Build(error)) if has_space(dir, self.space_floor) => {
                    return Err(error);
                }
                Err(MakeError::Build(_)) => self.note(format!(
                    "the cache {} has no space left; new parts are made for this run only",
                    dir.display()
                )),
            }
        }
        let dir = self.fallback_dir()?;
        make(dir, key, &build).map_err(|error| match error {
            MakeError::Build(error) => error,
            MakeError::Place(source) => CacheError { dir: dir.to_owned(), source }.into(),
        })
    }

    /// Removes entries that were not used for `unused`, and what killed processes left unfinished. An entry that
    /// another process is making is not touched. Gives the number of folders removed.
    pub fn prune(&self, unused: Duration) -> usize {
        let Some(entries) = self.dir.as_deref().and_then(|dir| fs::read_dir(dir).ok()) else {
            return 0;
        };
        let old = |path: &Path, limit| age(path).is_some_and(|age| age > limit);
        let mut removed = 0;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let dead = if name.starts_with(UNFINISHED) {
                old(&path, UNFINISHED_LIMIT) && !is_locked(&path)
            } else {
                !name.starts_with('.') && old(&path, unused)
            };
            if dead && bury(&path).is_ok() {
                removed += 1;
            }
        }
        removed
    }

    fn prune_daily(&self, dir: &Path) {
        let stamp = dir.join(PRUNED_STAMP);
        if age(&stamp).is_some_and(|age| age < PRUNE_INTERVAL) {
            return;
        }
        // A stamp that cannot be written only means to look again next time.
        let _ = File::create(&stamp).and_then(|file| file.set_modified(SystemTime::now()));
        self.prune(UNUSED_LIMIT);
    }

    fn lock_of(&self, key: &Key) -> Arc<Mutex<()>> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(making.entry(key.clone()).or_default())
    }

    fn fallback_dir(&self) -> Result<&Path, CacheError> {
        if let Some(dir) = self.fallback.get() {
            return Ok(dir.path());
        }
        let made = tempfile::Builder::new().prefix("cache-").tempdir_in(&self.scratch);
        let made = made.map_err(|source| CacheError { dir: self.scratch.clone(), source })?;
        // Another thread may have been quicker; then its folder is used and this one removed.
        Ok(self.fallback.get_or_init(|| made).path())
    }

    fn note(&self, text: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&text) {
            notes.push(text);
        }
    }
}

/// Makes the folder if need be, and says why code from it should not be loaded.
fn usable(dir: &Path) -> Result<(), String> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| e.to_string())?;
    let metadata = dir.metadata().map_err(|e| e.to_string())?;
    let owner = metadata.uid();
    if owner != rustix::process::geteuid().as_raw() && owner != 0 {
        return Err(format!("it belongs to user {owner}, and libraries from it would be loaded"));
    }
    if metadata.permissions().mode() & 0o002 != 0 {
        return Err("anybody can write to it, and libraries from it would be loaded".to_owned());
    }
    Ok(())
}

/// The entry in this folder, marked as used now.
fn find(dir: &Path, key: &Key) -> Option<PathBuf> {
    let path = dir.join(key.as_str());
    let folder = File::open(&path).ok()?;
    // A read-only cache can still be read.
    let _ = folder.set_modified(SystemTime::now());
    if !is_whole(&path) {
        // Out of the way of a new one. In a read-only cache it stays, and is not used.
        let _ = bury(&path);
        return None;
    }
    // A prune may have come between: the mark keeps away only those that look after it.
    path.is_dir().then_some(path)
}

/// Removes an entry; out of sight in one step first, since nobody may find one that is half removed.
fn bury(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let grave = path.with_file_name(format!("{UNFINISHED}old-{name}"));
    fs::rename(path, &grave)?;
    if grave.is_dir() { fs::remove_dir_all(&grave) } else { fs::remove_file(&grave) }
}

/// Lists what is in an entry, each file with its digest.
fn seal(folder: &Path) -> io::Result<()> {
    let mut list = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for found in fs::read_dir(folder.join(&inner))? {
            let found = found?;
            let path = inner.join(found.file_name());
            if found.file_type()?.is_dir() {
                folders.push(path);
            } else {
                list.extend_from_slice(digest(&fs::read(folder.join(&path))?).as_bytes());
                list.push(b' ');
                list.extend_from_slice(path.as_os_str().as_bytes());
                list.push(b'\n');
            }
        }
    }
    // The end mark tells a whole list from one that was cut off between two lines.
    list.extend_from_slice(b"end\n");
    fs::write(folder.join(SEAL), list)
}

/// Whether every file that was sealed is still what it was. What came later, such as Python's compiled
/// modules, does not matter.
fn is_whole(folder: &Path) -> bool {
    let Ok(list) = fs::read(folder.join(SEAL)) else { return false };
    let Some(lines) = list.strip_suffix(b"end\n") else { return false };
    lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).all(|line| {
        let Some(space) = line.iter().position(|byte| *byte == b' ') else { return false };
        let path = folder.join(OsStr::from_bytes(&line[space + 1..]));
        fs::read(path).is_ok_and(|bytes| digest(&bytes).as_bytes() == &line[..space])
    })
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

enum MakeError<E> {
    /// There is no place for the entry.
    Place(io::Error),
    Build(E),
}

fn make<E>(
    dir: &Path,
    key: &Key,
    build: impl Fn(&Path) -> Result<(), E>,
) -> Result<PathBuf, MakeError<E>> {
    let unfinished =
        tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(dir).map_err(MakeError::Place)?;
    // Held while it is made, so that `prune` can tell it from what a killed process left.
    let lock = File::open(unfinished.path()).map_err(MakeError::Place)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|e| MakeError::Place(e.into()))?;
    build(unfinished.path()).map_err(MakeError::Build)?;
    seal(unfinished.path()).map_err(MakeError::Place)?;
    let entry = dir.join(key.as_str());
    match fs::rename(unfinished.path(), &entry) {
        Ok(()) => {
            // Nothing has that name any more.
            let _ = unfinished.keep();
            Ok(entry)
        }
        // Another process was quicker. Equal keys, equal contents: take its entry and drop ours.
        Err(_) if is_whole(&entry) => Ok(entry),
        Err(source) => Err(MakeError::Place(source)),
    }
}

/// A folder that cannot be opened or locked at all cannot be judged, and counts as locked.
fn is_locked(path: &Path) -> bool {
    File::open(path)
        .and_then(|folder| Ok(flock(&folder, FlockOperation::NonBlockingLockExclusive)?))
        .is_err()
}

/// Time since the last modification; `None` if there is no such file.
fn age(path: &Path) -> Option<Duration> {
    let modified = path.metadata().and_then(|m| m.modified()).ok()?;
    // A time in the future (a changed clock) counts as now.
    Some(modified.elapsed().unwrap_or_default())
}

fn has_space(dir: &Path, floor: u64) -> bool {
    let free = rustix::fs::statvfs(dir).map_or(u64::MAX, |s| s.f_bavail.saturating_mul(s.f_frsize));
    // A quota does not show in the figures, so try.
    let probe = || -> io::Result<()> {
        let mut file = tempfile::tempfile_in(dir)?;
        file.write_all(&[0; 1 << 16])?;
        file.sync_data()
    };
    free >= floor && probe().is_ok()
}

#[cfg(test)]
mod tests;
