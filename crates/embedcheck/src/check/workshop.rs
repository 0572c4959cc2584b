//! What all checks of a run share: the hosts, the compiler, the cache, the CFFI installation.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use embedcheck_plan::Flags;

use super::{Lab, LabError, Options};
use crate::dll::{self, Cache, CffiKit, Compiler, LinkOptions};
use crate::elf::{self, ProbeShape};
use crate::env::Caller;
use crate::report::Producer;
use crate::run::{Environment, HostCommand, ScratchRoot, Stop};
use crate::target::{Libpython, Target};

/// Shared by all checks of a run.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    pub(super) target: &'a Target,
    pub(super) libpython: &'a Libpython,
    pub(super) options: &'a Options,
    pub(super) stop: &'a Stop,
    pub(super) caller: &'a Caller,
    pub(super) scratch: ScratchRoot,
    pub(super) cache: Cache,
    pub(super) compiler: Option<Compiler>,
    pub(super) c_host: HostCommand,
    /// Value of PATH for every host: the first `python3` on it decides the prefix.
    pub(super) path: String,
    pub(super) cffi: OnceLock<Result<CffiKit, dll::Unavailable>>,
    pub(super) unimportable: OnceLock<Vec<String>>,
}
