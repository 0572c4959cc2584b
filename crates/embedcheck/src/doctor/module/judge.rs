//! What is wrong with a candidate, if anything.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::candidate::Flaw;
use super::elffile;
use super::find::Sighting;
use super::library;
use super::loader::Loader;
use super::owner::Owner;
use super::profile::{Libc, Profile, architecture_of, machine_of};
use super::search::{At, Layer};
use super::tag::Tag;
use crate::elf::{Elf, ElfError, Kind, Missing};

/// What a judgement depends on.
pub(super) struct Judge<'a> {
    pub(super) profile: &'a Profile,
    /// The last part of the module's name.
    pub(super) name: &'a str,
    /// The interpreter, if it is here.
    pub(super) loader: Option<&'a Loader>,
    /// The layers, which may bring libraries.
    pub(super) layers: &'a [Layer],
}

/// What the file of an extension module shows.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) flaws: Vec<Flaw>,
    pub(super) built_for: Option<String>,
    /// The newest glibc that it asks for.
    pub(super) glibc: Option<(u32, u32)>,
}

impl Judge<'_> {
    /// Judges the file of an extension module, the decisive flaw first.
    pub(super) fn extension(&self, sighting: &Sighting, owner: Option<&Owner>) -> Judgement {
        let tag = sighting.tag.clone().unwrap_or(Tag::None);
        let mut judgement = Judgement::default();
        // By the name alone: in an archive Python looks for no extension module at all.
        let rest = sighting.found.name.strip_prefix(self.name);
        let is_looked_for =
            self.profile.extension_suffixes.iter().any(|known| Some(known.as_str()) == rest);
        judgement.flaws.extend(self.tag(&tag, is_looked_for));
        if tag != Tag::None {
            judgement.built_for = Some(tag.built_for());
        }
        match &sighting.found.root.at {
            At::Archive { .. } => judgement.flaws.insert(0, Flaw::InArchive),
            At::Folder(folder) => {
                self.file(&folder.join(&sighting.found.name), &tag, owner, &mut judgement);
            }
        }
        judgement
    }

    /// What the tag says.
    fn tag(&self, tag: &Tag, is_looked_for: bool) -> Option<Flaw> {
        let profile = self.profile;
        let other = || Some(Flaw::OtherPython { built_for: tag.built_for() });
        match tag {
            Tag::None => (!is_looked_for).then(other).flatten(),
            Tag::Stable if profile.free_threaded => Some(Flaw::StableAbi),
            Tag::Stable | Tag::Other(_) => (!is_looked_for).then(other).flatten(),
            // A debug build loads modules of a usual one, too, since 3.8 (bpo-36721).
            Tag::CPython { .. } if is_looked_for => None,
            Tag::CPython { version, flags, platform } => {
                let has = |flag| flags.contains(flag);
                if *version != profile.version
                    || has('t') != profile.free_threaded
                    || has('d') != profile.debug
                    || profile.implementation != "CPython"
                {
                    return other();
                }
                platform.as_deref().map_or_else(other, |platform| Some(self.platform(platform)))
            }
        }
    }

    /// A platform that is not this Python's.
    fn platform(&self, platform: &str) -> Flaw {
        let built_for = platform.to_owned();
        let architecture = platform.split('-').next().unwrap_or_default();
        if architecture == self.profile.architecture {
            let libc = if platform.contains("musl") { "musl" } else { "glibc" };
            return Flaw::OtherLibc { built_for: libc.to_owned() };
        }
        Flaw::OtherMachine { built_for }
    }

    fn file(&self, path: &Path, tag: &Tag, owner: Option<&Owner>, judgement: &mut Judgement) {
        let elf = match Elf::read(path) {
            Ok(elf) => elf,
            Err(error) => return judgement.flaws.push(unreadable(error)),
        };
        if elf.kind != Kind::SharedLibrary || !elf.dynamic {
            let what = "it is no shared library".to_owned();
            return judgement.flaws.push(Flaw::Damaged { what });
        }
        let machine = machine_of(&elf);
        if machine != self.profile.machine {
            let name =
                architecture_of(machine).map_or_else(|| elf.machine.to_string(), str::to_owned);
            let known =
                judgement.flaws.iter().any(|flaw| matches!(flaw, Flaw::OtherMachine { .. }));
            if !known {
                judgement.flaws.push(Flaw::OtherMachine { built_for: name });
            }
            return;
        }
        let needs = elf.version_needs.iter().map(|need| need.version.as_str());
        judgement.glibc = elffile::newest_glibc(needs);
        if let Some(flaw) = self.libc(&elf) {
            // The name may say so already.
            if !judgement.flaws.contains(&flaw) {
                judgement.flaws.push(flaw);
            }
            return;
        }
        judgement.flaws.extend(self.init_function(&elf));
        if let Some((needs, has)) = judgement.glibc.zip(self.profile.glibc)
            && needs > has
        {
            let text = |(major, minor)| format!("{major}.{minor}");
            judgement.flaws.push(Flaw::NewerGlibc { needs: text(needs), has: text(has) });
        }
        // Nobody imports what its name forbids: what else it lacks is of no interest.
        let is_other =
            |flaw: &Flaw| matches!(flaw, Flaw::OtherPython { .. } | Flaw::OtherModule { .. });
        if judgement.flaws.iter().any(is_other) {
            return;
        }
        let (pythons, signs) = self.signs(path, owner);
        if self.profile.lambda {
            // What this machine has is not what the runtime has.
            let foreign = library::foreign(&elf, path, self.layers);
            let flaw = |name| Flaw::ForeignLibrary { name };
            judgement.flaws.extend(foreign.into_iter().map(flaw));
        } else if let Some(loader) = self.loader {
            let missing = loader.model.missing_for(path);
            judgement.flaws.extend(self.missing(missing));
        }
        self.build(tag, &pythons, signs, judgement);
    }

    fn libc(&self, elf: &Elf) -> Option<Flaw> {
        let (other, name) = match self.profile.libc {
            Libc::Glibc => (elffile::is_for_musl(elf) && !elffile::is_for_glibc(elf), "musl"),
            Libc::Musl => (elffile::is_for_glibc(elf), "glibc"),
        };
        other.then(|| Flaw::OtherLibc { built_for: name.to_owned() })
    }

    fn init_function(&self, elf: &Elf) -> Option<Flaw> {
        // Other names are spelled in Punycode, PEP 489.
        if !self.name.is_ascii() {
            return None;
        }
        let prefix = if self.profile.version.0 == 2 { "init" } else { "PyInit_" };
        let expected = format!("{prefix}{}", self.name);
        if elf.defines(&expected) {
            return None;
        }
        // What Python 2 calls its functions says nothing; more than a few are no help.
        let mut has = elffile::init_functions(elf, 3);
        has.truncate(5);
        Some(Flaw::OtherModule { expected, has })
    }

    /// The Pythons that the file and its distribution name, and where they do.
    fn signs(&self, path: &Path, owner: Option<&Owner>) -> (Vec<(u32, u32)>, Vec<String>) {
        let mut signs = Vec::new();
        let bytes = elffile::bytes(path).unwrap_or_default();
        let mut pythons: Vec<_> = elffile::named_pythons(&bytes).into_iter().collect();
        // Only cffi is known to hold the version of its Python by itself; elsewhere it may be that of any library.
        if pythons.is_empty() && self.name == "_cffi_backend" {
            pythons = elffile::standalone_pythons(&bytes).into_iter().collect();
        }
        if !pythons.is_empty() {
            let names: Vec<_> =
                pythons.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
            signs.push(format!(
                "the file names the headers or the version of Python {}",
                names.join(", ")
            ));
        }
        if let Some(owner) = owner
            && let Some(version) = owner.python()
        {
            pythons.push(version);
            signs.push(format!(
                "the wheel of {} has the tag {}",
                owner.title(),
                owner.tags.first().map_or("", String::as_str)
            ));
        }
        (pythons, signs)
    }

    /// Whether it was built for this Python, where the tag does not say so or says too much.
    fn build(
        &self,
        tag: &Tag,
        pythons: &[(u32, u32)],
        signs: Vec<String>,
        judgement: &mut Judgement,
    ) {
        // The stable ABI is built with the headers of any version.
        if *tag == Tag::Stable || self.profile.implementation != "CPython" {
            return;
        }
        match pythons.first() {
            Some(&(major, minor)) if !pythons.contains(&self.profile.version) => {
                let built_for = format!("CPython {major}.{minor}");
                judgement.built_for = Some(built_for.clone());
                judgement.flaws.push(Flaw::ProbablyOtherPython { built_for, signs });
            }
            Some(_) if judgement.built_for.is_none() => {
                judgement.built_for = Some(self.profile.title());
            }
            None if *tag == Tag::None && self.profile.version.0 >= 3 => {
                judgement.flaws.push(Flaw::Untagged);
            }
            _ => {}
        }
    }

    fn missing(&self, missing: Missing) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for library in missing.libraries {
            let tried = library
                .tried
                .iter()
                .map(|one| format!("{} ({}): {}", one.path.display(), one.rule, one.refusal));
            flaws.push(Flaw::MissingLibrary { name: library.name.clone(), tried: tried.collect() });
        }
        for version in missing.versions {
            // Told already, with the version that is there.
            if !(version.version.starts_with("GLIBC_") && self.profile.glibc.is_some()) {
                let library = version.provider.display().to_string();
                flaws.push(Flaw::MissingVersion { version: version.version, library });
            }
        }
        let mut symbols: Vec<_> = missing.symbols.into_iter().map(|one| one.symbol).collect();
        symbols.sort();
        symbols.dedup();
        if !symbols.is_empty() {
            flaws.push(Flaw::MissingSymbols { symbols });
        }
        flaws
    }
}

fn unreadable(error: ElfError) -> Flaw {
    match error {
        ElfError::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            Flaw::Unreadable { reason: source.to_string() }
        }
        // Such as a link that leads nowhere, or in a circle.
        ElfError::Io { source, .. } => Flaw::Damaged { what: source.to_string() },
        ElfError::NotElf { found: crate::elf::NotElf::OtherSystem(system), .. } => {
            Flaw::OtherMachine { built_for: system.to_owned() }
        }
        ElfError::NotElf { found, .. } => Flaw::Damaged { what: found.to_string() },
        ElfError::Truncated { what, end, len, .. } => Flaw::Damaged {
            what: format!("it is truncated: {what} should reach byte {end}, it ends at byte {len}"),
        },
        ElfError::Malformed { what, .. } => Flaw::Damaged { what: what.to_owned() },
        other => Flaw::Damaged { what: other.to_string() },
    }
}

/// The file of a candidate, if it lies on disk.
pub(super) fn on_disk(sighting: &Sighting) -> Option<PathBuf> {
    match &sighting.found.root.at {
        At::Folder(folder) => Some(folder.join(&sighting.found.name)),
        At::Archive { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn tag_flaw(profile: &Profile, file: &str) -> Option<Flaw> {
        let judge = Judge { profile, name: "_x", loader: None, layers: &[] };
        let is_looked_for = profile.extension_suffixes.iter().any(|end| format!("_x{end}") == file);
        judge.tag(&Tag::of(file, "_x").unwrap(), is_looked_for)
    }

    #[test]
    fn a_debug_build_takes_modules_of_a_usual_one() {
        let mut profile = Profile::described((3, 13), "x86_64").unwrap();
        let usual = "_x.cpython-313-x86_64-linux-gnu.so";
        profile.debug = true;
        assert!(matches!(
            tag_flaw(&profile, "_x.cpython-313t-x86_64-linux-gnu.so"),
            Some(Flaw::OtherPython { .. })
        ));
        // What `EXTENSION_SUFFIXES` of a debug build of 3.13 begins with.
        profile.extension_suffixes.insert(0, ".cpython-313d-x86_64-linux-gnu.so".to_owned());
        assert_eq!(tag_flaw(&profile, usual), None);
        // Until 3.7 it takes none of them.
        profile.extension_suffixes.retain(|end| !end.starts_with(".cpython-313-"));
        assert!(matches!(tag_flaw(&profile, usual), Some(Flaw::OtherPython { .. })));
    }

    #[test]
    fn only_permissions_are_a_matter_of_permissions() {
        let flaw = |kind| {
            let (path, source) = (PathBuf::from("_x.so"), io::Error::from(kind));
            unreadable(ElfError::Io { path, source })
        };
        assert!(matches!(flaw(ErrorKind::PermissionDenied), Flaw::Unreadable { .. }));
        assert!(matches!(flaw(ErrorKind::NotFound), Flaw::Damaged { .. }));
    }
}
