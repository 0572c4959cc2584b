//! ELF files: what a shared library states, and what the dynamic loader makes of it.
//!
//! * [`Elf`] is one file, read the way ld.so reads it: from the program headers and the dynamic
//!   segment, so that files without section headers are no special case.
//! * [`Editor`] changes single entries in place, without relinking; [`shape_probe`] uses it to fit the
//!   prebuilt probe to a target.
//! * [`LdCache`] is `/etc/ld.so.cache`.
//! * [`LoaderModel`] predicts which file each `DT_NEEDED` resolves to, by which rule, and which
//!   symbols stay unresolved.
//! * [`trace()`] asks the real ld.so the same question, without running any code of the object.
//!
//! Nothing here loads or executes a file that is being examined.

mod error;
mod image;
mod ldcache;
mod machine;
mod notes;
mod patch;
mod platform;
mod probe;
mod read;
mod resolve;
mod symbols;
mod trace;
mod versions;

pub use error::{ElfError, NotElf};
pub use ldcache::{CacheEntry, LdCache, LdCacheError};
pub use machine::Machine;
pub use patch::{BLANK_TAG, Editor, PatchError, Tag};
pub use platform::Platform;
pub use probe::{ProbeShape, Search, shape_probe};
pub use read::{Elf, Flags, Kind};
pub use resolve::{
    Candidate, Environment, Files, LoaderModel, Missing, MissingSymbol, MissingVersion, Mode,
    NotFound, ObjectId, Opened, Refusal, Resolved, Rule, Scope, expand_entry, split_library_path,
    split_preload,
};
pub use symbols::{Definition, Undefined, Use};
pub use trace::{Trace, TraceError, TraceLoaded, TraceUndefined, TraceVersion, trace};
pub use versions::VersionNeed;
