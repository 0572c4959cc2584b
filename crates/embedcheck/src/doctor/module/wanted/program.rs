//! Which modules to import to see the module in question being wanted.

use super::distribution::Installed;
use super::model::Wanted;

/// Programs that are imported, each in a process of its own.
const MOST: usize = 12;
/// Of one distribution at the beginning of a chain.
const TOPS: usize = 2;
/// Modules that contain the name, of all distributions.
const MENTIONS: usize = 6;

/// First the distributions at the beginnings of the chains, by their top modules; then the modules that
/// contain the name, native ones first, because only an import shows what they do.
pub(super) fn programs(wanted: &Wanted, installed: &[Installed], module: &str) -> Vec<String> {
    let mut programs: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if name != module && !programs.iter().any(|known| known == name) {
            programs.push(name.to_owned());
        }
    };
    for chain in &wanted.chains {
        let first = chain.links.first().filter(|link| link.place.is_some());
        let one = first.and_then(|link| installed.iter().find(|one| one.name == link.distribution));
        for name in one.into_iter().flat_map(tops).take(TOPS) {
            add(&name);
        }
    }
    let mut mentions: Vec<_> = wanted.mentions.iter().collect();
    mentions.sort_by_key(|mention| !mention.native);
    for mention in mentions.into_iter().take(MENTIONS) {
        add(&mention.module);
    }
    programs.truncate(MOST);
    programs
}

/// What `import` is written with: not the private names, unless there are no others.
fn tops(installed: &Installed) -> Vec<String> {
    let public: Vec<_> =
        installed.modules.iter().filter(|name| !name.starts_with('_')).cloned().collect();
    match (public.is_empty(), installed.modules.is_empty()) {
        (false, _) => public,
        (true, false) => installed.modules.clone(),
        (true, true) => vec![installed.key.replace('-', "_")],
    }
}
