//! The doctor on real files of DLLs and hosts: each kind of finding in a file that deserves it, and not in one that
//! does not; the fixes that it prints, run.

mod contents;
mod damaged;
mod host;
mod lab;
mod libraries;
mod names;
mod producers;
mod python;
mod search;
mod text;
mod truth;

use std::collections::BTreeSet;

use embedcheck::doctor;

/// Tests, each of which has to show one kind of finding, and a file without it.
macro_rules! cases {
    ($($name:ident: $id:literal => $test:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let Some(lab) = crate::lab::Lab::new() else { return };
                let test: fn(&crate::lab::Lab) = $test;
                test(&lab);
                lab.has_shown($id);
            }
        )+

        /// The kinds that are shown here.
        pub(crate) const KINDS: &[&str] = &[$($id),+];
    };
}
pub(crate) use cases;

/// A kind that no file has shown is a promise that nobody checked.
#[test]
fn every_kind_is_shown() {
    let parts = [
        search::KINDS,
        libraries::KINDS,
        python::KINDS,
        names::KINDS,
        contents::KINDS,
        host::KINDS,
    ];
    let shown: BTreeSet<_> = parts.concat().into_iter().collect();
    let is_of_files =
        |id: &&str| (id.starts_with("dll-") || id.starts_with("host-")) && !OF_RUNS.contains(id);
    let all: BTreeSet<_> = doctor::kinds().map(|kind| kind.id).filter(is_of_files).collect();
    assert_eq!(shown, all);
}

/// Kinds that only runs show.
const OF_RUNS: &[&str] = &["dll-run-failed", "dll-backend-elsewhere"];
