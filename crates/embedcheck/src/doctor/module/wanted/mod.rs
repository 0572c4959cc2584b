//! Who wants a module: the dependencies of distributions that lead to it, and an import of the
//! programs at their ends.

mod chain;
mod distribution;
mod extensions;
mod kinds;
mod marker;
mod mention;
mod metadata;
mod model;
mod program;
mod provider;
mod requirement;
mod story;
mod text;
mod trace;

pub(in crate::doctor) use kinds::KINDS;
pub use model::{Attempt, Chain, Extension, Failure, Link, Mention, Place, Step, Trace, Wanted};
pub(super) use story::{evidence, findings};

use super::child::Children;
use super::search::Search;
use crate::doctor::DoctorError;
use crate::run::Stop;
use distribution::Installed;
use marker::Setting;

/// Who is asked about, and for which Python.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// Full name of the module.
    pub(super) module: &'a str,
    /// Major and minor version of the Python.
    pub(super) version: (u32, u32),
    /// As `uname -m` gives it.
    pub(super) architecture: &'a str,
}

/// Looks at the metadata of everything on the path, and at the files of those who want the module.
/// Imports nothing.
pub(super) fn find(search: &Search, question: Question<'_>, stop: &Stop) -> Wanted {
    let installed = distribution::all(search);
    let provider = provider::provider_of(question.module, &installed);
    let setting = Setting::of(question.version, question.architecture);
    let (chains, chains_found) = match &provider {
        Some(provider) => chain::chains(&installed, provider, &setting),
        None => (Vec::new(), 0),
    };
    let mentions = dependents(&installed, &chains)
        .flat_map(|one| mention::mentions(one, question.module, stop))
        .collect();
    let extensions = extensions::extensions(search, &installed, &chains, stop);
    Wanted {
        provider,
        distributions: installed.len(),
        chains,
        chains_found,
        mentions,
        extensions,
        traces: Vec::new(),
    }
}

/// Those who want the provider itself.
fn dependents<'a>(
    installed: &'a [Installed],
    chains: &'a [Chain],
) -> impl Iterator<Item = &'a Installed> {
    installed.iter().filter(|one| {
        chains.iter().any(|chain| {
            let dependent = chain.links.iter().rev().nth(1);
            dependent.is_some_and(|link| link.distribution == one.name && is_at(link, one))
        })
    })
}

fn is_at(link: &Link, installed: &Installed) -> bool {
    link.place.as_ref().is_some_and(|place| place.entry == installed.entry)
}

/// Imports the programs that want the module, each in a child process, and follows what they import.
pub(super) fn follow(
    wanted: &mut Wanted,
    children: &Children<'_>,
    module: &str,
) -> Result<(), DoctorError> {
    let programs = if children.options.imports.is_empty() {
        program::programs(wanted, &distribution::all(children.search), module)
    } else {
        children.options.imports.clone()
    };
    for program in programs {
        wanted.traces.push(trace::trace(children, &program, module)?);
    }
    Ok(())
}

/// Imports one module and follows what it imports.
pub(super) fn follow_one(children: &Children<'_>, module: &str) -> Result<Trace, DoctorError> {
    trace::trace(children, module, module)
}
