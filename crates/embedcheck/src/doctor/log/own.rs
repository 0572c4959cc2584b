//! Init code that asks for the DLL's own module by another name than it has.

use std::collections::BTreeSet;

use super::names::Names;
use crate::diagnose::log::Recognised;
use crate::doctor::{Finding, Fix};

/// The rule about a module that init code does not get.
const RULE: &str = "init-module-missing";
/// Names of examples, which are copied together with the code around them.
const EXAMPLES: [&str; 4] = ["my_plugin", "c_module_name", "module_name", "plugin"];
/// Letters of a word that two names can have in common by more than chance.
const WORD: usize = 4;

/// A module that the init code of a DLL itself asked for.
#[derive(Debug)]
pub(super) struct Misnamed {
    name: String,
    own: String,
    is_likely: bool,
}

impl Misnamed {
    /// Told from the frame in which the import failed.
    pub(super) fn of(one: &Recognised, names: &Names) -> Option<Self> {
        let name = one.name("name").filter(|_| one.rule.id == RULE)?;
        let unfound = names.trace.unfound.iter().find(|unfound| unfound.name == name)?;
        let own = unfound.by.clone().filter(|own| own != name)?;
        let is_file = names.libraries.iter().any(|file| stem(file) == name);
        let is_likely = is_file || EXAMPLES.contains(&name) || is_alike(name, &own);
        Some(Self { name: name.to_owned(), own, is_likely })
    }

    /// Says so: first if it is likely, since no distribution has such a module then, and else last.
    pub(super) fn tell(&self, mut finding: Finding) -> Finding {
        let Self { name, own, is_likely } = self;
        if *is_likely {
            finding.summary = format!(
                "the init code imports {name}, and there is no such module: that of this DLL is {own}, as set_source() \
                 named it"
            );
            finding.fixes.retain(|fix| fix.commands.is_empty());
            for fix in finding.fixes.iter_mut().take(1) {
                fix.what = format!("If {name} is a module of its own: {}", fix.what);
            }
            let what = format!(
                "Write `from {own} import ffi` in the init code, or give set_source() the name {name}."
            );
            finding.fixes.insert(0, Fix::advice(what));
        } else {
            finding.fixes.push(Fix::advice(format!(
                "If {name} is meant to be the DLL's own module: its name is {own}, as set_source() named it."
            )));
        }
        finding
    }
}

/// The name of a module that a plugin's file suggests.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_prefix("lib").unwrap_or(name);
    name.split_once(".so").map_or(name, |(stem, _)| stem)
}

fn is_alike(name: &str, own: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split('_').filter(|word| word.len() >= WORD && *word != "cffi");
        words.map(str::to_lowercase).collect()
    };
    !words(name).is_disjoint(&words(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_are_alike() {
        assert!(is_alike("my_plugin", "plugin_x"));
        assert!(is_alike("solver", "_solver_cffi"));
        assert!(!is_alike("numpy", "_solver"));
        assert!(!is_alike("_a_cffi", "_b_cffi"));
        assert_eq!(stem("/l/libadd_one.so.1"), "add_one");
    }
}
