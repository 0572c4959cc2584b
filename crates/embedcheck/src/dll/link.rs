//! The linker options that decide where a library is found at run time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::tool::xlinker;
use crate::elf::Search;

/// Linker words for a search path. The tag is always said, since distributions differ in their default.
pub(super) fn search_args(search: &Search) -> Vec<OsString> {
    let (tags, path) = match search {
        Search::None => return Vec::new(),
        Search::RunPath(path) => ("--enable-new-dtags", path),
        Search::RPath(path) => ("--disable-new-dtags", path),
    };
    xlinker([tags.into(), "-rpath".into(), path.clone()])
}

/// How a DLL is linked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkOptions {
    /// Its search path.
    pub search: Search,
    /// `DT_SONAME`; without one, a program linked to the DLL records the path or name it was given.
    pub soname: Option<String>,
    /// `-Bsymbolic-functions`: the DLL's calls to its own functions cannot be taken over by another library.
    pub symbolic: bool,
    /// The full path of the libpython that becomes `DT_NEEDED` (under its own `DT_SONAME`); `None` leaves the symbols
    /// of Python undefined and names no library.
    pub libpython: Option<PathBuf>,
}

impl LinkOptions {
    /// Compiler arguments that make a shared library `out` of `object`.
    pub(super) fn shared_library(&self, object: &Path, out: &Path) -> Vec<OsString> {
        let mut args: Vec<OsString> = ["-shared", "-pthread"].map(Into::into).into();
        args.extend([object.into(), "-o".into(), out.into()]);
        args.extend(search_args(&self.search));
        if let Some(soname) = &self.soname {
            args.extend(xlinker(["-soname".into(), soname.into()]));
        }
        if self.symbolic {
            args.extend(xlinker(["-Bsymbolic-functions".into()]));
        }
        if let Some(libpython) = &self.libpython {
            args.extend(xlinker(["--no-as-needed".into()]));
            args.push(libpython.into());
        }
        args
    }

    /// Whether another run can want the same: a path into a scratch folder is never seen again, and would only fill
    /// the cache.
    pub(super) fn is_reusable(&self) -> bool {
        let (Search::RunPath(path) | Search::RPath(path)) = &self.search else { return true };
        let libdir = self.libpython.as_deref().and_then(Path::parent);
        path.as_encoded_bytes().starts_with(b"$ORIGIN") || libdir == Some(Path::new(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_come_again_are_kept() {
        let options = |search| LinkOptions {
            search,
            libpython: Some("/opt/lib/libpython3.13.so.1.0".into()),
            ..LinkOptions::default()
        };
        assert!(options(Search::None).is_reusable());
        assert!(options(Search::RunPath("$ORIGIN/../lib".into())).is_reusable());
        assert!(options(Search::RPath("/opt/lib".into())).is_reusable());
        assert!(!options(Search::RunPath("/tmp/scratch/lib".into())).is_reusable());
    }

    #[test]
    fn a_comma_in_a_path_stays_one_word() {
        let options = LinkOptions {
            search: Search::RPath("/a,b".into()),
            soname: Some("libx.so".to_owned()),
            ..LinkOptions::default()
        };
        let words = options.shared_library(Path::new("x.o"), Path::new("libx.so"));
        let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "-shared -pthread x.o -o libx.so -Xlinker --disable-new-dtags -Xlinker -rpath \
             -Xlinker /a,b -Xlinker -soname -Xlinker libx.so"
        );
    }
}
