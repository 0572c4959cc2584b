//! Hosts that are compiled at check time.

use std::path::Path;

use super::Workshop;
use crate::check::{Lab, LabError};
use crate::dll::{HostBuilder, HostLink};
use crate::run::{HostCommand, HostKind};

impl Lab<'_> {
    /// The C host, linked as said.
    pub fn linked_host(&self, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
        self.workshop.linked_host(out, link)
    }
}

impl Workshop<'_> {
    fn linked_host(&self, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
        let compiler = self.compiler()?;
        HostBuilder::new(compiler, &self.cache).build(link, out)?;
        Ok(HostCommand::new(HostKind::CLinked, out).with_args(["--parent-death", "kill"]))
    }
}
