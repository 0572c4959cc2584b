//! The interpreters of this machine that have a libpython.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// One libpython.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `3.13t-pythons`: version, flags and the folder, for the names of tests.
    pub(crate) name: String,
    pub(crate) library: PathBuf,
    /// The prefix that its interpreter must report.
    pub(crate) prefix: PathBuf,
    pub(crate) version: (u8, u8),
    pub(crate) flags: String,
    /// Its own dynamic loader, if it needs a newer C library than this machine's.
    pub(crate) loader: Option<PathBuf>,
}

impl Target {
    fn new(prefix: &Path, library: &Path) -> Option<Target> {
        let name = library.file_name()?.to_str()?;
        let stem = name.strip_prefix("libpython3.")?.strip_suffix(".so.1.0")?;
        let minor = stem.trim_end_matches(char::is_alphabetic);
        let flags = stem[minor.len()..].to_owned();
        let version = (3, minor.parse().ok()?);
        let folder = prefix.file_name().map(|name| name.to_string_lossy().into_owned())?;
        let loader = fs::read_dir(prefix.join("lib"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("ld-linux-x86-64.so.2"))
            .find(|loader| loader.exists() && prefix != Path::new("/usr"));
        // What lies elsewhere and is linked to (as packages unpacked by hand are) has its prefix there.
        let real = library.canonicalize().ok()?;
        let stdlib = format!("lib/python3.{minor}{}", if flags.contains('t') { "t" } else { "" });
        let prefix = real.ancestors().find(|folder| folder.join(&stdlib).join("os.py").exists())?;
        (version >= (3, 8)).then(|| Target {
            name: format!("{}.{minor}{flags}-{folder}", version.0),
            library: library.to_owned(),
            prefix: prefix.to_owned(),
            version,
            flags,
            loader,
        })
    }

    /// The interpreter beside the library.
    pub(crate) fn python(&self) -> PathBuf {
        let (major, minor) = self.version;
        let exact = self.prefix.join(format!("bin/python{major}.{minor}{}", self.flags));
        if exact.exists() { exact } else { self.prefix.join(format!("bin/python{major}.{minor}")) }
    }

    /// The folder under `lib` that has the standard library.
    pub(crate) fn stdlib(&self) -> PathBuf {
        let (major, minor) = self.version;
        let thread = if self.flags.contains('t') { "t" } else { "" };
        self.prefix.join(format!("lib/python{major}.{minor}{thread}"))
    }
}

/// A libpython that is too old for the run time.
pub(crate) fn old() -> Vec<PathBuf> {
    let versions = pyenv().and_then(|root| fs::read_dir(root.join("versions")).ok());
    let folders = versions.into_iter().flatten().flatten().map(|entry| entry.path().join("lib"));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let old = ["libpython2.7.", "libpython3.6m.", "libpython3.7m."];
            old.iter().any(|old| name.starts_with(old)) && name.ends_with(".so.1.0")
        })
        .collect()
}

fn pyenv() -> Option<PathBuf> {
    let root = variable("PYENV_ROOT").map(PathBuf::from);
    root.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".pyenv")))
}

/// All of them: those of pyenv, those under /usr, and the prefixes in `EMBED_DLL_TEST_PYTHONS`.
pub(crate) fn all() -> Vec<Target> {
    let mut prefixes: Vec<PathBuf> = pyenv()
        .and_then(|root| fs::read_dir(root.join("versions")).ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    prefixes.push(PathBuf::from("/usr"));
    let more = variable("EMBED_DLL_TEST_PYTHONS").unwrap_or_default();
    prefixes.extend(std::env::split_paths(&more).filter(|path| path.is_dir()));
    let mut targets: Vec<Target> = prefixes
        .iter()
        .flat_map(|prefix| {
            let folders = ["lib", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64"];
            folders.into_iter().map(move |folder| (prefix, prefix.join(folder)))
        })
        .flat_map(|(prefix, folder)| {
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            files.filter_map(|entry| Target::new(prefix, &entry.path())).collect::<Vec<_>>()
        })
        .collect();
    targets.sort_by(|a, b| (a.version, &a.name).cmp(&(b.version, &b.name)));
    targets.dedup_by(|a, b| a.name == b.name);
    targets
}

/// A variable of whoever runs the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where interpreters are by their caller"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
