//! What the file name of an extension module says: for which Python, which build, which platform (PEP 3149, PEP 384).

use std::fmt;

/// The tag between the name of a module and `.so`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `x.so`: any Python takes it.
    None,
    /// `abi3`: any CPython 3 from the version on that it was built for, with the GIL.
    Stable,
    /// `cpython-313t-x86_64-linux-gnu`.
    CPython {
        /// 3 and 13.
        version: (u32, u32),
        /// `t`, `d`, `m` or several.
        flags: String,
        /// `x86_64-linux-gnu`; absent in `cpython-36m`.
        platform: Option<String>,
    },
    /// `pypy39-pp73-x86_64-linux-gnu`, and whatever else.
    Other(String),
}

impl Tag {
    /// Takes the file name of an extension module apart; `None` if the file is not called as one of this module. Other
    /// systems' names count too: they show what was packed by mistake.
    pub(super) fn of(file: &str, module: &str) -> Option<Self> {
        let rest = file.strip_prefix(module)?;
        let rest = ["so", "pyd", "dylib"].iter().find_map(|end| rest.strip_suffix(end))?;
        match rest.strip_prefix('.')? {
            "" => Some(Self::None),
            tag => Some(Self::parse(tag.strip_suffix('.')?)),
        }
    }

    /// The tag by itself.
    pub(super) fn parse(tag: &str) -> Self {
        if tag == "abi3" {
            return Self::Stable;
        }
        Self::cpython(tag).unwrap_or_else(|| Self::Other(tag.to_owned()))
    }

    fn cpython(tag: &str) -> Option<Self> {
        // Windows says `cp312-win_amd64`.
        let rest = tag.strip_prefix("cpython-").or_else(|| tag.strip_prefix("cp"))?;
        let (version, platform) = match rest.split_once('-') {
            Some((version, platform)) => (version, Some(platform.to_owned())),
            None => (rest, None),
        };
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        let (digits, flags) = version.split_at(digits);
        if digits.len() < 2 || !flags.bytes().all(|flag| flag.is_ascii_lowercase()) {
            return None;
        }
        let (major, minor) = digits.split_at(1);
        let version = (major.parse().ok()?, minor.parse().ok()?);
        Some(Self::CPython { version, flags: flags.to_owned(), platform })
    }

    /// `CPython 3.11`, `PyPy (pypy39-pp73-…)`.
    pub(super) fn built_for(&self) -> String {
        match self {
            Self::None => "any Python".to_owned(),
            Self::Stable => "the stable ABI of CPython 3".to_owned(),
            Self::CPython { version: (major, minor), flags, .. } => {
                let mut text = format!("CPython {major}.{minor}");
                if flags.contains('t') {
                    text += ", free-threaded";
                }
                if flags.contains('d') {
                    text += ", debug build";
                }
                text
            }
            Self::Other(tag) if tag.starts_with("pypy") => format!("PyPy ({tag})"),
            Self::Other(tag) => format!("something else ({tag})"),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(""),
            Self::Stable => f.write_str("abi3"),
            Self::CPython { version: (major, minor), flags, platform } => {
                write!(f, "cpython-{major}{minor}{flags}")?;
                platform.as_ref().map_or(Ok(()), |platform| write!(f, "-{platform}"))
            }
            Self::Other(tag) => f.write_str(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_of_real_files() {
        let built_for = |file| Tag::of(file, "_x").map(|tag| tag.built_for());
        let is =
            |file, expected: &str| assert_eq!(built_for(file).as_deref(), Some(expected), "{file}");
        is("_x.cpython-311-x86_64-linux-gnu.so", "CPython 3.11");
        is("_x.cpython-36m-x86_64-linux-gnu.so", "CPython 3.6");
        is("_x.cpython-313t-aarch64-linux-gnu.so", "CPython 3.13, free-threaded");
        is("_x.cpython-312d-x86_64-linux-gnu.so", "CPython 3.12, debug build");
        is("_x.cp311-win_amd64.pyd", "CPython 3.11");
        is("_x.pypy39-pp73-x86_64-linux-gnu.so", "PyPy (pypy39-pp73-x86_64-linux-gnu)");
        is("_x.abi3.so", "the stable ABI of CPython 3");
        is("_x.so", "any Python");
        is("_x.x86_64-linux-gnu.so", "something else (x86_64-linux-gnu)");
        for file in
            ["_xy.so", "_x", "_x.py", "_xso", "_x.cpython-311-x86_64-linux-gnu.so.bak", "_x..so"]
        {
            assert_eq!(built_for(file).filter(|_| file != "_x..so"), None, "{file}");
        }
    }

    proptest! {
        #[test]
        fn any_name_can_be_asked(file in "_x\\PC{0,30}") {
            let _ = Tag::of(&file, "_x").map(|tag| (tag.built_for(), tag.to_string()));
        }
    }
}
