//! The distribution that a file belongs to, by the `RECORD` beside it (<https://packaging.python.org/en/latest/specifications/recording-installed-packages/>).

use super::search::Place;

/// Bytes read of one file of metadata.
const MAX: u64 = 8 << 20;

/// A distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// As its folder calls it.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// The tags of its wheel, such as `cp312-cp312-manylinux_2_17_x86_64`.
    pub(super) tags: Vec<String>,
}

impl Owner {
    /// `cffi 2.1.1`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The version of CPython that all tags agree on: `cp312` of `cp312-cp312-…`. `abi3` is for several.
    pub(super) fn python(&self) -> Option<(u32, u32)> {
        let mut versions = self.tags.iter().map(|tag| python_of(tag));
        let first = versions.next()??;
        versions.all(|version| version == Some(first)).then_some(first)
    }
}

fn python_of(tag: &str) -> Option<(u32, u32)> {
    let mut parts = tag.split('-');
    let (python, abi) = (parts.next()?, parts.next()?);
    let digits = python.strip_prefix("cp")?;
    if !abi.starts_with("cp") || digits.len() < 2 || !digits.is_ascii() {
        return None;
    }
    let (major, minor) = digits.split_at(1);
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Who installed the file `below` the top of the place that `entry` is in.
pub(super) fn of(places: &[Place], entry: usize, below: &str) -> Option<Owner> {
    let place = places.iter().find(|place| place.roots.iter().any(|root| root.entry == entry))?;
    let root = place.roots.iter().find(|root| root.entry == entry)?;
    let top = Place { roots: vec![root.clone()] };
    let infos = top.list(|name| name.ends_with(".dist-info"));
    infos.into_iter().filter(|info| info.is_folder).find_map(|info| {
        let folder = top.folder(&info.name)?;
        let read = |name: &str| folder.roots.first()?.at.read(name, MAX);
        let stem = info.name.strip_suffix(".dist-info").unwrap_or(&info.name);
        let (name, version) = stem.split_once('-').unwrap_or((stem, ""));
        let record = Some(name).filter(|name| is_name(name)).and_then(|_| read("RECORD"))?;
        lists(&record, below).then(|| {
            let tags = read("WHEEL").map(|wheel| tags(&wheel)).unwrap_or_default();
            Owner { name: name.to_owned(), version: version.to_owned(), tags }
        })
    })
}

/// Whether pip takes it for the name of a distribution (PEP 508), and not for a file, an address or nothing.
fn is_name(name: &str) -> bool {
    let is_edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    is_edge(name.bytes().next())
        && is_edge(name.bytes().last())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
}

/// Whether a `RECORD` has a line for this path.
fn lists(record: &[u8], path: &str) -> bool {
    let record = String::from_utf8_lossy(record);
    record.lines().any(|line| {
        let name = line.split(',').next().unwrap_or(line);
        name.trim_matches('"') == path
    })
}

fn tags(wheel: &[u8]) -> Vec<String> {
    let wheel = String::from_utf8_lossy(wheel);
    wheel.lines().filter_map(|line| Some(line.strip_prefix("Tag:")?.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(tags: &[&str]) -> Owner {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        Owner { name: "x".to_owned(), version: "1".to_owned(), tags }
    }

    #[test]
    fn the_tags_of_a_wheel_say_for_which_python_it_is() {
        let python = |tags: &[&str]| owner(tags).python();
        assert_eq!(
            python(&["cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64"]),
            Some((3, 12))
        );
        assert_eq!(python(&["cp37-abi3-manylinux_2_17_x86_64"]), None);
        assert_eq!(python(&["py3-none-any"]), None);
        assert_eq!(python(&["cp312-cp312-linux_x86_64", "cp311-cp311-linux_x86_64"]), None);
        assert_eq!(python(&[]), None);
    }

    #[test]
    fn names_of_distributions_are_told_from_other_words() {
        for name in ["cffi", "zope.interface", "charset_normalizer", "a"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "-r", "a b", "cffi @ file:", "a;b", "a\nb", "\u{1b}[2Ka", "cffi."] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_record_lists_files() {
        let record = b"_x.so,sha256=abc,12\n\"a,b.so\",,\nx/RECORD,,\n";
        assert!(lists(record, "_x.so"));
        assert!(!lists(record, "x.so"));
    }

    proptest! {
        #[test]
        fn any_metadata_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200), tag in "\\PC{0,20}") {
            let _ = (tags(&bytes), lists(&bytes, "x"), owner(&[&tag]).python());
        }
    }
}
