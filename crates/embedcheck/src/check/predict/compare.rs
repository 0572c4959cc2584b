//! Differences between the answers, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::modules::ModuleNeeds;

/// What ld.so says against what was computed.
pub(super) fn against_ld_so(computed: &[ModuleNeeds], asked: &[ModuleNeeds]) -> Vec<String> {
    let mut differences = Vec::new();
    for (computed, asked) in computed.iter().zip(asked) {
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).take(5).cloned().collect::<Vec<_>>().join(", ")
        };
        for (what, mine, theirs) in [
            ("symbols", &computed.symbols, &asked.symbols),
            ("libraries", &computed.libraries, &asked.libraries),
        ] {
            if mine != theirs {
                differences.push(format!(
                    "{}: missing {what} differ; only computed: [{}]; only ld.so: [{}]",
                    computed.name,
                    only(mine, theirs),
                    only(theirs, mine)
                ));
            }
        }
    }
    differences
}

/// What a live process said (import name and exception) against what was computed.
pub(in crate::check) fn against_live(
    computed: &[ModuleNeeds],
    failed: &BTreeMap<String, String>,
    except: &[String],
) -> Vec<String> {
    let mut differences = Vec::new();
    for module in computed.iter().filter(|module| !except.contains(&module.name)) {
        let broken = !module.symbols.is_empty() || !module.libraries.is_empty();
        match failed.get(&module.name) {
            None if broken => {
                differences.push(format!("{module} was computed, and the module could be imported"))
            }
            None => {}
            Some(error) => {
                if let Some(difference) = explain(computed, module, error) {
                    differences.push(difference);
                }
            }
        }
    }
    differences
}

/// `None` if the exception says what was computed, for this module or for another one that it
/// imports.
fn explain(computed: &[ModuleNeeds], module: &ModuleNeeds, error: &str) -> Option<String> {
    let Some((file, symbol)) = undefined_symbol(error) else {
        let library = module.libraries.iter().any(|library| error.contains(library.as_str()));
        return (!library).then(|| format!("{}: failed otherwise: {error}", module.name));
    };
    let same_file = |other: &&ModuleNeeds| {
        Path::new(file).file_name().is_some()
            && Path::new(file).file_name() == other.path.file_name()
    };
    let blamed = computed.iter().find(same_file).unwrap_or(module);
    (!blamed.symbols.contains(symbol))
        .then(|| format!("{}: live misses {symbol}, computed was {blamed}", module.name))
}

/// File and symbol of ld.so's message.
fn undefined_symbol(error: &str) -> Option<(&str, &str)> {
    let (before, after) = error.split_once(": undefined symbol: ")?;
    let file = before.rsplit([' ', '\'', '"']).next()?;
    let symbol = after.split([',', ' ', '\n', '\'', ')']).next()?;
    Some((file, symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, symbols: &[&str]) -> ModuleNeeds {
        ModuleNeeds {
            name: name.into(),
            path: format!("/lib/{name}.so").into(),
            symbols: symbols.iter().map(|&symbol| symbol.into()).collect(),
            libraries: BTreeSet::new(),
        }
    }

    fn failed(name: &str, error: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.into(), error.into())])
    }

    #[test]
    fn agreement_has_no_differences() {
        let computed = [module("math", &["PyFloat_Type"]), module("zlib", &[])];
        assert!(against_ld_so(&computed, &computed).is_empty());
        let live = failed("math", "ImportError: /lib/math.so: undefined symbol: PyFloat_Type");
        assert!(against_live(&computed, &live, &[]).is_empty());
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        let computed = [module("math", &["PyFloat_Type"])];
        let other = [module("math", &["PyTuple_Type"])];
        assert!(against_ld_so(&computed, &other)[0].contains("only ld.so: [PyTuple_Type]"));
        let none = BTreeMap::new();
        assert!(against_live(&computed, &none, &[])[0].contains("could be imported"));
        assert!(against_live(&computed, &none, &["math".into()]).is_empty());
        let live = failed("math", "ImportError: /lib/math.so: undefined symbol: PyList_Type");
        assert!(against_live(&computed, &live, &[])[0].contains("live misses PyList_Type"));
        let live = failed("math", "RuntimeError: no");
        assert!(against_live(&computed, &live, &[])[0].contains("failed otherwise"));
    }

    #[test]
    fn a_module_may_fail_for_what_it_imports() {
        let computed = [module("_asyncio", &[]), module("_socket", &["PyExc_OSError"])];
        let error = "ImportError: /lib/_socket.so: undefined symbol: PyExc_OSError";
        let mut live = failed("_asyncio", error);
        live.insert("_socket".into(), error.into());
        assert!(against_live(&computed, &live, &[]).is_empty());
    }
}
