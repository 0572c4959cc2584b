//! ELF files that were read already: a closure names libc.so.6 dozens of times.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::elf::{Elf, ElfError};

type Outcome = Result<Arc<Elf>, Arc<ElfError>>;

/// A store of ELF files that were read, shared by its clones.
#[derive(Clone, Debug, Default)]
pub struct Files(Arc<Mutex<HashMap<Key, Outcome>>>);

/// Device, inode, length and time of change: a file that is rewritten is another one.
type Key = (u64, u64, u64, i64, i64);

impl Files {
    pub(super) fn read(&self, path: &Path, metadata: &Metadata) -> Outcome {
        let key = (
            metadata.dev(),
            metadata.ino(),
            metadata.size(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        );
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = known().get(&key) {
            return outcome.clone();
        }
        let outcome = Elf::read(path).map(Arc::new).map_err(Arc::new);
        known().insert(key, outcome.clone());
        outcome
    }
}
