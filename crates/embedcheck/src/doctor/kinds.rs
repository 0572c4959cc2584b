//! All kinds of findings.

use super::{Kind, dll, module};

/// Every kind of finding that does not come from a diagnosis rule, in the order of the reference.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    dll::KINDS
        .iter()
        .chain(dll::RUN_KINDS)
        .chain(module::KINDS)
        .chain(module::WANTED_KINDS)
        .chain(module::IMPORT_KINDS)
        .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::kinds;
    use crate::diagnose::RULES;

    #[test]
    fn an_id_means_one_thing() {
        let mut seen: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        for kind in kinds() {
            assert!(seen.insert(kind.id), "{} stands twice", kind.id);
        }
    }
}
