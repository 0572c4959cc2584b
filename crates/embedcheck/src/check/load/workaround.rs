//! The remedies for a local libpython, tried on this very build before they are recommended.

use super::run_way;
use super::ways::WAYS;
use crate::check::{Judgement, Lab, LabError};
use crate::report::Producer;

/// What was tried, and what worked.
#[derive(Clone, Debug)]
pub(super) struct Verified {
    /// Remedies that worked with every producer.
    pub(super) words: Vec<String>,
    /// The evidence, for the check that asked first.
    pub(super) cases: Vec<Judgement>,
}

/// Tries the promotion and the preload, once in a run: every check that asks later gets the same
/// words, and the evidence stays with the first.
pub(super) fn verified(lab: &Lab<'_>) -> Result<Verified, LabError> {
    let mut known = lab.workarounds();
    if let Some(words) = &*known {
        return Ok(Verified { words: words.clone(), cases: Vec::new() });
    }
    let verified = try_all(lab)?;
    *known = Some(verified.words.clone());
    Ok(verified)
}

fn try_all(lab: &Lab<'_>) -> Result<Verified, LabError> {
    let soname = lab.soname()?;
    let remedies = [
        (
            &WAYS.promote_before,
            format!(
                "dlopen(\"{soname}\", RTLD_NOW|RTLD_GLOBAL|RTLD_NOLOAD) after loading the DLL and \
                 before the first call"
            ),
        ),
        (
            &WAYS.libpython_global,
            format!(
                "dlopen(\"{}\", RTLD_NOW|RTLD_GLOBAL) before loading the DLL",
                lab.libpython.real_path.display()
            ),
        ),
    ];
    let mut verified = Verified { words: Vec::new(), cases: Vec::new() };
    for (way, words) in remedies {
        let mut works = true;
        let limited = lab.producers(&mut Vec::new())?;
        for producer in limited.into_iter().filter(|one| *one != Producer::Rust) {
            let case = run_way(lab, way, producer, &lab.c_host(), producer == Producer::Probe)?;
            works &= case.is_good();
            verified.cases.push(case);
        }
        if works {
            verified.words.push(words);
        }
    }
    Ok(verified)
}
