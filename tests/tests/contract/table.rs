//! Every promise of the contract, what embed-dll makes of it, and what proves that.
//!
//! The promises are those of CFFI's documentation and of its code, as they were measured; their ids are
//! kept, so that a case, a line that it prints and a row of the document can be held together.

mod build;
mod calls;
mod errors;
mod life;
mod process;

/// A promise.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    /// What CFFI does or promises, in a few words.
    pub(crate) promise: &'static str,
    pub(crate) state: State,
    pub(crate) proofs: &'static [Proof],
}

/// What embed-dll makes of a promise.
pub(crate) enum State {
    /// The same can be seen.
    Same,
    /// Something better, namely this.
    Better(&'static str),
    /// Nothing, for this reason.
    NotYet(&'static str),
}

/// What proves a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// Lines of this case that begin with the id.
    Lines(&'static str),
    /// All that this case prints.
    Case(&'static str),
    /// A test elsewhere: file from the root of the workspace, and function.
    Test(&'static str, &'static str),
    /// A check of `embedcheck`.
    Check(&'static str),
}

/// Lines of cases.
macro_rules! lines {
    ($($case:literal),+) => { &[$(Proof::Lines($case)),+] };
}

use Proof::{Case, Check, Lines, Test};
use lines;

const fn same(id: &'static str, promise: &'static str, proofs: &'static [Proof]) -> Row {
    Row { id, promise, state: State::Same, proofs }
}

const fn better(
    id: &'static str,
    promise: &'static str,
    how: &'static str,
    proofs: &'static [Proof],
) -> Row {
    Row { id, promise, state: State::Better(how), proofs }
}

const fn not_yet(id: &'static str, promise: &'static str, why: &'static str) -> Row {
    Row { id, promise, state: State::NotYet(why), proofs: &[] }
}

/// A part of the contract.
pub(crate) struct Section {
    pub(crate) letter: char,
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
}

/// All parts, in order.
pub(crate) const SECTIONS: &[Section] = &[
    Section { letter: 'A', title: "Building", rows: build::BUILDING },
    Section { letter: 'B', title: "Loading and linking", rows: build::LOADING },
    Section { letter: 'C', title: "Initialisation", rows: life::INITIALISATION },
    Section { letter: 'D', title: "Calls, arguments, results", rows: calls::CALLS },
    Section { letter: 'E', title: "Exceptions", rows: errors::EXCEPTIONS },
    Section { letter: 'F', title: "Globals, own C functions", rows: calls::GLOBALS },
    Section { letter: 'G', title: "Several DLLs", rows: life::SEVERAL },
    Section { letter: 'H', title: "Threads", rows: life::THREADS },
    Section { letter: 'I', title: "Import in a running Python", rows: life::IMPORT },
    Section { letter: 'J', title: "Handles", rows: calls::HANDLES },
    Section { letter: 'K', title: "The backend module", rows: build::BACKEND },
    Section { letter: 'L', title: "The process", rows: process::PROCESS },
    Section { letter: 'M', title: "Start failures", rows: process::START },
    Section { letter: 'N', title: "Platforms", rows: process::PLATFORMS },
    Section { letter: 'X', title: "The `ffi` object", rows: calls::FFI },
];
