//! A second Python for the checks that bring two of them into one process.

use super::Workshop;
use crate::check::LabError;
use crate::target::{self, Libpython, Support, Target};

impl Workshop<'_> {
    /// The first target of another minor version.
    pub(in crate::check) fn other(&self) -> Result<(&Target, &Libpython), LabError> {
        let search = || match &self.options.others {
            Some(others) => others.iter().find(|other| self.is_another(other)).cloned(),
            None => {
                let options =
                    target::Options { stop: Some(self.stop.clone()), ..target::Options::default() };
                target::discover_first(self.caller, &options, |other| self.is_another(other))
            }
        };
        let found = self.other.get_or_init(search).as_ref();
        found.and_then(|other| Some((other, other.embeddable().ok()?))).ok_or_else(|| {
            LabError::Unavailable {
                reason: format!(
                    "no second libpython: nothing but {} was found that is a CPython from 3.8 on \
                     of another minor version with a shared libpython",
                    self.target.id
                ),
                advice: Some("install one, or name it in EMBEDCHECK_PYTHONS".into()),
            }
        })
    }

    /// Whether ld.so does not take its libpython for that of the target, which it tells by the
    /// soname.
    fn is_another(&self, other: &Target) -> bool {
        let number = |target: &Target| (target.version.major, target.version.minor);
        let soname = other.embeddable().ok().and_then(|libpython| libpython.soname.as_ref());
        other.support == Support::Full
            && number(other) != number(self.target)
            && soname.is_some()
            && soname != self.libpython.soname.as_ref()
    }
}
