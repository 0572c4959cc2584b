//! The search path of a DLL: expanded, and what shells, make and build machines leave in it.

use std::path::{Component, Path, PathBuf};

use super::Seen;
use super::facts::{SearchEntry, SearchPath, SearchTag};
use super::libraries::leading;
use super::resolve::tried;
use crate::doctor::dll::kinds;
use crate::doctor::{Finding, Fix};
use crate::elf::{NotFound, expand_entry};

/// Folders that belong to the system, whatever package fills them.
const SYSTEM: [&str; 4] = ["/usr", "/lib", "/lib64", "/lib32"];

/// Entries that lead nowhere, or where ld.so looks anyway.
const IDLE: [&str; 3] = ["/", "/lib", "/lib64"];

/// `DT_RPATH` and `DT_RUNPATH` with what ld.so makes of them.
pub(super) fn facts(seen: &Seen<'_>) -> Vec<SearchPath> {
    let tags = [(SearchTag::Rpath, &seen.elf.rpath), (SearchTag::Runpath, &seen.elf.runpath)];
    let paths = tags.into_iter().filter_map(|(tag, text)| Some((tag, text.as_ref()?)));
    let path = |(tag, text): (SearchTag, &String)| SearchPath {
        tag,
        text: text.clone(),
        entries: text.split(':').map(|entry| self::entry(seen, entry)).collect(),
    };
    paths.map(path).collect()
}

fn entry(seen: &Seen<'_>, text: &str) -> SearchEntry {
    let expanded = expanded(seen, text);
    SearchEntry {
        text: text.to_owned(),
        exists: expanded.is_dir(),
        expanded: expanded.display().to_string(),
    }
}

fn expanded(seen: &Seen<'_>, entry: &str) -> PathBuf {
    match &seen.loading {
        Some(both) => expand_entry(entry, seen.folder(), &both.platform),
        None => entry.into(),
    }
}

/// Whether the folder of an entry exists.
pub(super) fn is_there(seen: &Seen<'_>, entry: &str) -> bool {
    expanded(seen, entry).is_dir()
}

/// Whether an entry serves somebody when the search path is written anew: a folder that ld.so does not search by
/// itself, and not what is left of an `$ORIGIN`.
pub(super) fn is_worth_keeping(seen: &Seen<'_>, entry: &str) -> bool {
    let is_remnant = || eaten(seen).iter().any(|one| one.entry == entry);
    !entry.is_empty() && !IDLE.contains(&entry) && is_there(seen, entry) && !is_remnant()
}

fn entries<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = &'a str> {
    seen.search_text().into_iter().flat_map(|text| text.split(':'))
}

/// An entry that was meant to begin with `$ORIGIN`.
struct Eaten<'a> {
    /// As it stands in the file.
    entry: &'a str,
    /// As it was meant.
    meant: String,
    /// Who changed it.
    how: &'static str,
}

/// The entries that were changed on their way to the linker.
fn eaten<'a>(seen: &'a Seen<'_>) -> Vec<Eaten<'a>> {
    let missing = seen.loading.as_ref().map(|both| both.given.names_not_found());
    let missing = missing.unwrap_or_default();
    let meant = |entry: &'a str| {
        let (meant, how) = recognise(entry)?;
        let lies_there = || {
            let folder = expanded(seen, &meant);
            missing.iter().any(|name| folder.join(name).is_file())
        };
        // `/lib` alone may be meant as it stands.
        let is_sure = !entry.starts_with('/') || entry.starts_with("/..");
        let is_idle = IDLE.contains(&entry) && !missing.is_empty();
        (is_sure || is_idle || lies_there()).then_some(Eaten { entry, meant, how })
    };
    entries(seen).filter_map(meant).collect()
}

/// What an entry may have been, and who changed it.
fn recognise(entry: &str) -> Option<(String, &'static str)> {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with('/');
    if entry.is_empty() {
        let how = "a shell, or CMake or make, replaced the variable ORIGIN by nothing";
        return Some(("$ORIGIN".to_owned(), how));
    }
    if let Some(rest) = entry.strip_prefix("RIGIN").filter(|rest| ends(rest)) {
        return Some((format!("$ORIGIN{rest}"), "make took `$O` for a variable"));
    }
    for name in ["ORIGIN", "{ORIGIN}", "(ORIGIN)"] {
        if let Some(rest) = entry.strip_prefix(name).filter(|rest| ends(rest)) {
            return Some((format!("$ORIGIN{rest}"), "the `$` was lost"));
        }
    }
    let behind_number = entry.trim_start_matches(|c: char| c.is_ascii_digit());
    if behind_number.len() < entry.len()
        && let Some(rest) = behind_number.strip_prefix("ORIGIN").filter(|rest| ends(rest))
    {
        let how = "a shell put its process number for `$$`";
        return Some((format!("$ORIGIN{rest}"), how));
    }
    let bare = entry.trim_start_matches(['\\', '\'', '"']);
    let bare = bare.trim_start_matches('$');
    if let Some(rest) = bare.strip_prefix("ORIGIN").or_else(|| bare.strip_prefix("{ORIGIN}")) {
        let rest = rest.trim_end_matches(['\\', '\'', '"']);
        let is_intact = ["$ORIGIN", "${ORIGIN}"].iter().any(|token| entry.starts_with(token));
        if ends(rest) && !is_intact {
            return Some((format!("$ORIGIN{rest}"), "it was escaped or quoted once too often"));
        }
    }
    entry.starts_with('/').then(|| {
        let how = "a shell replaced the variable ORIGIN by nothing and left the rest";
        (format!("$ORIGIN{}", entry.trim_end_matches('/')), how)
    })
}

/// Whether a missing library is told of with the entries that were changed: a search path serves those that
/// the DLL itself names.
pub(super) fn is_told(seen: &Seen<'_>, missing: &NotFound) -> bool {
    missing.needed_by.as_deref() == Some(&*seen.path) && !eaten(seen).is_empty()
}

/// The absolute entries whose folders are not here.
pub(super) fn gone(seen: &Seen<'_>) -> Vec<String> {
    let eaten: Vec<_> = eaten(seen).iter().map(|one| one.entry).collect();
    let is_gone = |entry: &&str| entry.starts_with('/') && !is_there(seen, entry);
    let gone = entries(seen).filter(is_gone).filter(|entry| !eaten.contains(entry));
    gone.map(str::to_owned).collect()
}

/// The folder as seen from the DLL, if both are in one bundle: the folder is below the DLL's, or below the
/// folder above that.
pub(super) fn from_origin(seen: &Seen<'_>, folder: &Path) -> Option<String> {
    let own = normal(seen.folder());
    let folder = normal(folder);
    if let Ok(below) = folder.strip_prefix(&own) {
        let below = below.display().to_string();
        return Some(if below.is_empty() {
            "$ORIGIN".to_owned()
        } else {
            format!("$ORIGIN/{below}")
        });
    }
    let above = own.parent().filter(|above| !is_shared(above))?;
    let below = folder.strip_prefix(above).ok()?;
    Some(format!("$ORIGIN/../{}", below.display()))
}

/// Folders that are nobody's bundle.
fn is_shared(folder: &Path) -> bool {
    let depth = folder.components().filter(|part| matches!(part, Component::Normal(_))).count();
    depth < 2
}

/// Without links, as far as the folder is there.
fn normal(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let Some(tag) = facts(seen).last().map(|path| path.tag) else {
        return needed_by_path(seen).into_iter().collect();
    };
    let eaten = eaten(seen);
    let mut findings = Vec::new();
    if !eaten.is_empty() {
        findings.push(changed(seen, tag, &eaten));
    }
    findings.extend(relative(seen, tag, &eaten));
    let missing = seen.loading.as_ref().is_some_and(|both| !both.given.opened.not_found.is_empty());
    let gone = gone(seen);
    // When something is missing, the finding about that says so.
    if !gone.is_empty() && !missing {
        findings.push(of_build_machine(seen, tag, &gone));
    }
    findings.extend(bound(seen, tag, &eaten));
    findings.extend(needed_by_path(seen));
    findings
}

fn changed(seen: &Seen<'_>, tag: SearchTag, eaten: &[Eaten<'_>]) -> Finding {
    let Some(first) = eaten.first() else { return Finding::of(&kinds::ORIGIN_EATEN, "") };
    let not_found = seen.loading.as_ref().map(|both| &both.given.opened.not_found);
    let not_found: Vec<_> = not_found.into_iter().flatten().collect();
    let kind =
        if not_found.is_empty() { &kinds::ORIGIN_EATEN_UNUSED } else { &kinds::ORIGIN_EATEN };
    let consequence = match not_found.first() {
        Some(missing) => format!("{} is not found", missing.name),
        None => "what it needs is found elsewhere".to_owned(),
    };
    let summary = format!(
        "the {} of {} has `{}` where `{}` was meant ({}): {consequence}",
        tag.name(),
        seen.name(),
        first.entry,
        first.meant,
        first.how
    );
    let text = seen.search_text().unwrap_or_default();
    let mut evidence = vec![format!("{}: `{text}`", tag.name())];
    for missing in &not_found {
        evidence.push(missing.to_string());
        evidence.extend(tried(&missing.tried));
    }
    let is_behind = |missing: &&NotFound| {
        eaten.iter().any(|one| expanded(seen, &one.meant).join(&missing.name).is_file())
    };
    let elsewhere = not_found.iter().find(|missing| !is_behind(missing));
    let repaired: Vec<_> = entries(seen)
        .map(|entry| {
            let changed = eaten.iter().find(|one| one.entry == entry);
            changed.map_or(entry, |one| one.meant.as_str())
        })
        .collect();
    let repaired = repaired.join(":");
    let repair = match elsewhere {
        Some(missing) => {
            format!("Repair it in the file, and put {} where it leads", missing.name)
        }
        None => "Repair it in the file".to_owned(),
    };
    let mut finding = Finding::of(kind, summary)
        .with_evidence(evidence)
        .with_fix(Fix::command(repair, seen.set_search(&repaired)))
        .with_fix(seen.link_with(&format!("-Wl,-rpath,{repaired}")))
        .with_fix(Fix::advice(format!(
            "Each of those who read a command wants its own escape: in a shell '-Wl,-rpath,{repaired}', in a Makefile \
             '-Wl,-rpath,{}', in CMake \"\\{repaired}\".",
            repaired.replace('$', "$$")
        )));
    if let Some(missing) = elsewhere {
        finding.fixes.extend(leading(seen, &missing.name));
    }
    finding
}

/// Entries without a slash in front begin in the current folder of the host.
fn relative(seen: &Seen<'_>, tag: SearchTag, eaten: &[Eaten<'_>]) -> Option<Finding> {
    let is_relative = |entry: &&str| {
        !entry.starts_with(['/', '$']) && !eaten.iter().any(|one| one.entry == *entry)
    };
    let found: Vec<_> = entries(seen).filter(is_relative).collect();
    let first = found.first()?;
    let summary = format!(
        "the {} of {} has `{first}`, which begins in the current folder of the host, wherever that is",
        tag.name(),
        seen.name()
    );
    let meant = |entry: &str| {
        let rest = entry.trim_start_matches("./").trim_end_matches('/');
        if rest.is_empty() || rest == "." {
            "$ORIGIN".to_owned()
        } else {
            format!("$ORIGIN/{rest}")
        }
    };
    let repaired: Vec<_> = entries(seen)
        .map(|entry| if found.contains(&entry) { meant(entry) } else { entry.to_owned() })
        .collect();
    Some(
        Finding::of(&kinds::RELATIVE_SEARCH, summary)
            .with_evidence([format!(
                "{}: `{}`",
                tag.name(),
                seen.search_text().unwrap_or_default()
            )])
            .with_fix(Fix::command(
                "Let it begin at the DLL",
                seen.set_search(&repaired.join(":")),
            )),
    )
}

fn of_build_machine(seen: &Seen<'_>, tag: SearchTag, gone: &[String]) -> Finding {
    let summary = format!(
        "the {} of {} names {}, which is not here: a folder of the machine that it was built on",
        tag.name(),
        seen.name(),
        gone.join(", ")
    );
    let kept: Vec<_> = entries(seen).filter(|entry| !gone.iter().any(|one| one == entry)).collect();
    let fix = if kept.is_empty() {
        Fix::command(
            "Everything is found without it: remove it",
            format!("patchelf --remove-rpath {}", seen.word()),
        )
    } else {
        Fix::command("Everything is found without it: remove it", seen.set_search(&kept.join(":")))
    };
    let text = seen.search_text().unwrap_or_default();
    Finding::of(&kinds::BUILD_PATH, summary)
        .with_evidence([format!("{}: `{text}`", tag.name())])
        .with_fix(fix)
}

/// Absolute entries that exist, outside of the system's folders.
fn bound(seen: &Seen<'_>, tag: SearchTag, eaten: &[Eaten<'_>]) -> Option<Finding> {
    let is_bound = |entry: &&str| {
        let is_system = SYSTEM.iter().any(|system| Path::new(entry).starts_with(system));
        entry.starts_with('/')
            && !is_system
            && is_there(seen, entry)
            && !is_own_prefix(seen, Path::new(entry))
            && !eaten.iter().any(|one| one.entry == *entry)
    };
    let found: Vec<_> = entries(seen).filter(is_bound).collect();
    let first = found.first()?;
    let summary = format!(
        "the {} of {} names {}: it works on machines that have the folder in this place",
        tag.name(),
        seen.name(),
        found.join(", ")
    );
    let finding = Finding::of(&kinds::BOUND_HERE, summary).with_evidence([format!(
        "{}: `{}`",
        tag.name(),
        seen.search_text().unwrap_or_default()
    )]);
    Some(match from_origin(seen, Path::new(first)) {
        Some(relative) => {
            let text = entries(seen)
                .map(|entry| if entry == *first { relative.as_str() } else { entry })
                .collect::<Vec<_>>()
                .join(":");
            let fix = Fix::command("Let it move with the DLL", seen.set_search(&text));
            finding.with_fix(fix).with_fix(seen.link_with(&format!("-Wl,-rpath,{text}")))
        }
        None => finding.with_fix(Fix::advice(
            "To ship it, put the libpython with its standard library beside it, and lead to it with $ORIGIN.",
        )),
    })
}

/// Whether the DLL was installed into the prefix of the Python that its search path leads to.
fn is_own_prefix(seen: &Seen<'_>, folder: &Path) -> bool {
    let prefix = seen.target.base_prefix.as_ref().map(|prefix| normal(prefix));
    prefix.is_some_and(|prefix| {
        !is_shared(&prefix)
            && normal(folder).starts_with(&prefix)
            && normal(&seen.path).starts_with(&prefix)
    })
}

/// A `DT_NEEDED` with a slash is opened as a path and searched for nowhere.
fn needed_by_path(seen: &Seen<'_>) -> Option<Finding> {
    let is_bound = |name: &&String| {
        let is_system = SYSTEM.iter().any(|system| Path::new(name).starts_with(system));
        name.contains('/') && !name.starts_with('$') && !is_system
    };
    let found: Vec<_> = seen.elf.needed.iter().filter(is_bound).collect();
    let first = found.first()?;
    let kind = if Path::new(first).exists() { &kinds::BOUND_HERE } else { &kinds::BUILD_PATH };
    let summary = format!(
        "{} names {first} in DT_NEEDED: a path, which is searched for nowhere else (the library that it was linked with \
         has no DT_SONAME)",
        seen.name()
    );
    let name = first.rsplit('/').next().unwrap_or_default();
    Some(
        Finding::of(kind, summary)
            .with_evidence(found.iter().map(|name| format!("DT_NEEDED: {name}")))
            .with_fix(Fix::command(
                "Name the library without its folder",
                format!(
                    "patchelf --replace-needed {} {} {}",
                    crate::dll::quote(first.as_ref()),
                    crate::dll::quote(name.as_ref()),
                    seen.word()
                ),
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_origin_is_recognised() {
        let cases = [
            ("RIGIN/../lib", Some("$ORIGIN/../lib")),
            ("RIGIN", Some("$ORIGIN")),
            ("ORIGIN/lib", Some("$ORIGIN/lib")),
            ("{ORIGIN}/lib", Some("$ORIGIN/lib")),
            ("", Some("$ORIGIN")),
            ("$$ORIGIN/lib", Some("$ORIGIN/lib")),
            ("\\$ORIGIN/lib", Some("$ORIGIN/lib")),
            ("'$ORIGIN/lib'", Some("$ORIGIN/lib")),
            ("2415ORIGIN/lib", Some("$ORIGIN/lib")),
            ("2415", None),
            ("/../lib", Some("$ORIGIN/../lib")),
            ("/lib", Some("$ORIGIN/lib")),
            ("$ORIGIN/lib", None),
            ("${ORIGIN}", None),
            ("$LIB/x", None),
            ("RIGINAL", None),
            ("ORIGINAL/lib", None),
            ("lib", None),
        ];
        for (entry, meant) in cases {
            let found = recognise(entry).map(|(meant, _)| meant);
            assert_eq!(found.as_deref(), meant, "{entry}");
        }
    }
}
