//! From the distribution with the module back to those that nobody wants.

use std::collections::{BTreeMap, VecDeque};

use super::distribution::Installed;
use super::marker::Setting;
use super::model::{Chain, Link, Place};
use super::requirement::{Applies, normalized};

/// Chains that are kept.
const MOST: usize = 50;

/// One distribution wants another.
#[derive(Clone)]
struct Want {
    from: usize,
    requires: String,
    extra: Option<String>,
}

/// The chains that lead to `provider`, and how many there are. A distribution is in several chains, but
/// each is the shortest from its beginning, with as few optional dependencies as that allows.
pub(super) fn chains(
    installed: &[Installed],
    provider: &str,
    setting: &Setting,
) -> (Vec<Chain>, usize) {
    let wants = wants(installed, setting);
    // For each distribution that leads there: by which want, breadth first.
    let mut next: BTreeMap<usize, Want> = BTreeMap::new();
    let mut target: BTreeMap<usize, String> = BTreeMap::new();
    let mut queue = VecDeque::from([normalized(provider)]);
    let mut order = Vec::new();
    while let Some(key) = queue.pop_front() {
        for want in wants.get(&key).into_iter().flatten() {
            let from = &installed[want.from].key;
            if *from == normalized(provider) || next.contains_key(&want.from) {
                continue;
            }
            next.insert(want.from, want.clone());
            target.insert(want.from, key.clone());
            order.push(want.from);
            queue.push_back(from.clone());
        }
    }
    let ends = |index: &&usize| !target.values().any(|key| *key == installed[**index].key);
    let mut chains: Vec<_> = order
        .iter()
        .filter(ends)
        .map(|start| follow(installed, provider, *start, &next, &target))
        .collect();
    chains.sort_by_key(|chain| (chain.is_optional(), chain.links.len(), chain.to_string()));
    let found = chains.len();
    chains.truncate(MOST);
    (chains, found)
}

/// For each name who wants it, the unconditional wants first. Of two distributions of one name the
/// first on the path is the one that counts.
fn wants(installed: &[Installed], setting: &Setting) -> BTreeMap<String, Vec<Want>> {
    let mut wants: BTreeMap<String, Vec<Want>> = BTreeMap::new();
    for (from, distribution) in installed.iter().enumerate() {
        if first(installed, &distribution.key).is_none_or(|index| index != from) {
            continue;
        }
        for requirement in &distribution.requires {
            let extra = match requirement.applies(setting) {
                Applies::Never => continue,
                Applies::Always => None,
                Applies::With(extra) => Some(extra),
            };
            let want = Want { from, requires: requirement.text(), extra };
            wants.entry(normalized(&requirement.name)).or_default().push(want);
        }
    }
    for list in wants.values_mut() {
        list.sort_by_key(|want| (want.extra.is_some(), want.from));
    }
    wants
}

fn first(installed: &[Installed], key: &str) -> Option<usize> {
    installed.iter().position(|distribution| distribution.key == key)
}

fn follow(
    installed: &[Installed],
    provider: &str,
    start: usize,
    next: &BTreeMap<usize, Want>,
    target: &BTreeMap<usize, String>,
) -> Chain {
    let mut links = Vec::new();
    let mut at = Some(start);
    while let Some((index, want)) = at.and_then(|index| Some((index, next.get(&index)?))) {
        links.push(Link {
            requires: Some(want.requires.clone()),
            extra: want.extra.clone(),
            ..link(&installed[index])
        });
        at = target.get(&index).and_then(|key| first(installed, key));
    }
    let end = first(installed, &normalized(provider)).map(|index| link(&installed[index]));
    links.push(end.unwrap_or_else(|| Link {
        distribution: provider.to_owned(),
        version: None,
        place: None,
        requires: None,
        extra: None,
    }));
    Chain { links }
}

fn link(installed: &Installed) -> Link {
    Link {
        distribution: installed.name.clone(),
        version: installed.version.clone(),
        place: Some(Place { entry: installed.entry.clone(), origin: installed.origin.clone() }),
        requires: None,
        extra: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::requirement::Requirement;
    use super::*;
    use crate::doctor::module::Origin;

    fn installed(name: &str, layer: usize, requires: &[&str]) -> Installed {
        Installed {
            name: name.to_owned(),
            key: normalized(name),
            version: Some("1".to_owned()),
            requires: requires.iter().map(|text| Requirement::parse(text).unwrap()).collect(),
            entry: "/l".to_owned(),
            folder: None,
            origin: Origin::Layer(layer),
            modules: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn found(installed: &[Installed], provider: &str) -> Vec<String> {
        let (chains, _) = chains(installed, provider, &Setting::of((3, 12), "x86_64"));
        chains.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_chain_of_two_layers() {
        let installed = [
            installed(
                "PyMySQL",
                1,
                &["cryptography ; extra == 'rsa'", "PyNaCl>=1; extra == 'ed25519'"],
            ),
            installed("cffi", 2, &["pycparser"]),
            installed("cryptography", 2, &["cffi>=1.12"]),
            installed("pycparser", 2, &[]),
        ];
        assert_eq!(
            found(&installed, "cffi"),
            ["PyMySQL[rsa] 1 (layer 1) -> cryptography 1 (layer 2) -> cffi 1 (layer 2)"]
        );
    }

    #[test]
    fn what_is_wanted_need_not_be_there() {
        let installed =
            [installed("a", 1, &["Cffi"]), installed("b", 1, &["x; python_version < '3'"])];
        assert_eq!(found(&installed, "cffi"), ["a 1 (layer 1) -> cffi (not installed)"]);
        assert_eq!(found(&installed, "x"), [""; 0]);
    }

    #[test]
    fn circles_end_and_the_first_of_a_name_counts() {
        let installed = [
            installed("a", 1, &["b"]),
            installed("b", 1, &["a", "c"]),
            installed("c", 1, &["c"]),
            installed("a", 2, &["c"]),
        ];
        assert_eq!(found(&installed, "c"), ["a 1 (layer 1) -> b 1 (layer 1) -> c 1 (layer 1)"]);
    }

    proptest! {
        #[test]
        fn any_graph_is_followed(edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..30)) {
            let name = |index: usize| format!("d{index}");
            let all: Vec<_> = (0..8)
                .map(|from| {
                    let to: Vec<_> =
                        edges.iter().filter(|edge| edge.0 == from).map(|edge| name(edge.1)).collect();
                    installed(&name(from), 1, &to.iter().map(String::as_str).collect::<Vec<_>>())
                })
                .collect();
            let (chains, _) = chains(&all, "d0", &Setting::of((3, 12), "x86_64"));
            for chain in chains {
                prop_assert!(chain.links.len() <= 8);
                prop_assert_eq!(&chain.links.last().unwrap().distribution, "d0");
            }
        }
    }
}
