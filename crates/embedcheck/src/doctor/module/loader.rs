//! The interpreter as ld.so sees it, to ask what a module would miss in it.

use std::path::{Path, PathBuf};

use super::ModuleOptions;
use super::elffile::newest_glibc;
use super::search::library_path;
use crate::elf::{Elf, Environment, LoaderModel};
use crate::target::Target;

/// A model of the running interpreter.
#[derive(Debug)]
pub(super) struct Loader {
    pub(super) model: LoaderModel,
    /// The version of its glibc.
    pub(super) glibc: Option<(u32, u32)>,
}

impl Loader {
    /// Of the interpreter of a target; `None` if its file cannot be read, or it is no program of this machine.
    pub(super) fn of(target: &Target, options: &ModuleOptions, folder: &Path) -> Option<Self> {
        let executable = target.executable.as_ref()?;
        let real = executable.canonicalize().unwrap_or_else(|_| executable.clone());
        let mut environment = Environment::of_program(&real, folder).ok()?;
        environment.library_path = library_path(target, options);
        let (model, _) = LoaderModel::start(environment);
        let libc = model.find(0, "libc.so.6").and_then(|libc| model.path(libc));
        let libc = libc.map(PathBuf::from).and_then(|libc| Elf::read(&libc).ok());
        let glibc =
            libc.and_then(|libc| newest_glibc(libc.version_definitions.iter().map(String::as_str)));
        Some(Self { model, glibc })
    }
}
