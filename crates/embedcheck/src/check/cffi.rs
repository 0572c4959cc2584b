//! Not a check yet.

pub(super) const CHECKS: &[super::Check] = &[];
