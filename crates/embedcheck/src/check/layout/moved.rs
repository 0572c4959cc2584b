//! A bundle that is moved after it ran.

use std::fs;

use super::layouts::{BEFORE_AND_AFTER, MOVED};
use super::seen::Seen;
use crate::check::{Finding, Lab, LabError};

/// Each bundle runs where it was made, is renamed, and runs again.
pub(super) fn moved(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut seen = Seen::default();
    for [before, after] in MOVED {
        for (producer, host) in seen.settings(lab, before)? {
            let folder = lab.folder(&format!("{}-{}", producer.word(), host.kind))?;
            let here = folder.path();
            let plugin = before.lay_out(lab, producer, here)?;
            seen.open(lab, before, &plugin, &host, here)?;
            let [from, to] = BEFORE_AND_AFTER.map(|name| here.join(name));
            fs::rename(&from, &to).map_err(LabError::internal("move the bundle"))?;
            let plugin = after.opened_as(lab, plugin, here)?;
            seen.open(lab, after, &plugin, &host, here)?;
        }
    }
    Ok(seen.conclude())
}
