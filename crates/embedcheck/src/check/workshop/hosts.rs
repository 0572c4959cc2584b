//! What is compiled or fetched at check time, beside DLLs.

use std::path::Path;

use super::Workshop;
use crate::check::{Lab, LabError};
use crate::dll::{ForeignBackend, HostBuilder, HostLink, ensure_foreign_backend};
use crate::run::{HostCommand, HostKind};

impl Lab<'_> {
    /// The C host, linked as said.
    pub fn linked_host(&self, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
        self.workshop.linked_host(out, link)
    }
}

impl Workshop<'_> {
    /// A `_cffi_backend` that this target must refuse.
    pub(in crate::check) fn foreign_backend(&self) -> Result<ForeignBackend, LabError> {
        Ok(ensure_foreign_backend(self.python()?, &self.surroundings, &self.cache)?)
    }

    fn linked_host(&self, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
        let compiler = self.compiler()?;
        HostBuilder::new(compiler, &self.cache).build(link, out)?;
        Ok(HostCommand::new(HostKind::CLinked, out).dying_with_starter())
    }
}
