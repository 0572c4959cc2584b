//! Kinds of findings, as data: reports, documents and tests use one definition.

use super::Severity;

/// A kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Stable name, such as `module-other-python`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means, for the reference.
    pub meaning: &'static str,
    /// Where the fact behind it is documented; empty if it is plain.
    pub source: &'static str,
}

/// Defines constants of [`Kind`], and `KINDS` with all of them.
macro_rules! kinds {
    ($($name:ident = $id:literal: $severity:ident, $meaning:literal, $source:literal;)+) => {
        $(
            #[doc = $meaning]
            pub(super) const $name: $crate::doctor::Kind = $crate::doctor::Kind {
                id: $id,
                severity: $crate::doctor::Severity::$severity,
                meaning: $meaning,
                source: $source,
            };
        )+

        /// Every kind of this part.
        pub(in crate::doctor) const KINDS: &[&$crate::doctor::Kind] = &[$(&$name),+];
    };
}
pub(super) use kinds;
