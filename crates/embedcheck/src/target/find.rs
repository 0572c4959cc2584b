//! Where interpreters are looked for.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::env::Caller;

use super::model::FoundBy;

/// A path that may be an interpreter, not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) rule: FoundBy,
}

/// Everything in the places where interpreters usually are, in the order of `docs/targets.md`.
pub(super) fn candidates(caller: &Caller) -> Vec<Candidate> {
    let mut finder = Finder::default();
    for path in caller.named_pythons() {
        finder.found.push(Candidate { path, rule: FoundBy::EmbedcheckPythons });
    }
    for folder in caller.path_folders() {
        finder.list(&folder, FoundBy::Path);
    }
    for root in pyenv_roots(caller) {
        finder.list_each(&root.join("versions"), "bin", FoundBy::Pyenv);
    }
    for prefix in conda_prefixes(caller) {
        finder.list(&prefix.join("bin"), FoundBy::Conda);
        finder.list_each(&prefix.join("envs"), "bin", FoundBy::Conda);
    }
    for folder in uv_folders(caller) {
        finder.list_each(&folder, "bin", FoundBy::Uv);
    }
    for folder in ["/usr/bin", "/usr/local/bin"] {
        finder.list(Path::new(folder), FoundBy::UsualFolder);
    }
    // The second is where the manylinux images keep theirs.
    for folder in ["/opt", "/opt/python"] {
        finder.list_each(Path::new(folder), "bin", FoundBy::UsualFolder);
    }
    finder.found
}

/// The first `name` that is an executable file in a folder of `PATH`.
pub(super) fn on_path(caller: &Caller, name: &OsStr) -> Option<PathBuf> {
    caller.path_folders().map(|folder| folder.join(name)).find(|path| is_executable(path))
}

pub(super) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
        && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Whether a file in a `bin` folder is called like an interpreter: `python`, `python3`,
/// `python3.13t`, `python3.11-dbg`, `pypy3.10`; not `python3-config`.
pub(super) fn is_interpreter_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy")) else {
        return false;
    };
    let rest = rest.strip_suffix("-dbg").unwrap_or(rest);
    let version = rest.trim_end_matches(['d', 'm', 't', 'u']);
    // The letters are ABI flags, and those follow a minor version.
    let has_flags = version.len() != rest.len();
    let mut parts = version.split('.');
    let major = parts.next().unwrap_or_default();
    let minor = parts.next();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match minor {
        None => !has_flags && (major.is_empty() || digits(major)),
        Some(minor) => digits(major) && digits(minor) && parts.next().is_none(),
    }
}

#[derive(Default)]
struct Finder {
    found: Vec<Candidate>,
    /// Folders that were listed, by device and inode: `/bin` is often `/usr/bin`.
    listed: HashSet<(u64, u64)>,
}

impl Finder {
    /// A folder that is not there or may not be read holds no interpreter for this user.
    fn list(&mut self, folder: &Path, rule: FoundBy) {
        let Ok(metadata) = fs::metadata(folder) else { return };
        if !self.listed.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| is_interpreter_name(name)).collect();
        names.sort_by_cached_key(|name| rank(name));
        let paths = names.into_iter().map(|name| folder.join(name));
        let paths = paths.filter(|path| is_executable(path));
        self.found.extend(paths.map(|path| Candidate { path, rule }));
    }

    /// Lists `folder/*/inner`.
    fn list_each(&mut self, folder: &Path, inner: &str, rule: FoundBy) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort_by_cached_key(|path| by_number(path.file_name().unwrap_or_default()));
        for path in folders {
            self.list(&path.join(inner), rule);
        }
    }
}

/// The order within one folder: `python3` is what most people mean, then what has a plain name, then
/// the newest first.
fn rank(name: &str) -> (usize, Reverse<Vec<(u64, String)>>) {
    let usual = ["python3", "python", "python2"];
    let place = usual.iter().position(|&known| known == name).unwrap_or(usual.len());
    (place + usize::from(name.starts_with("pypy")), Reverse(by_number(OsStr::new(name))))
}

/// A sort key that puts `3.9` before `3.10`.
fn by_number(name: &OsStr) -> Vec<(u64, String)> {
    let name = name.to_string_lossy();
    let pieces = name.split_inclusive(|c: char| !c.is_ascii_digit());
    let piece = |piece: &str| {
        let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        (piece[..end].parse().unwrap_or(0), piece[end..].to_owned())
    };
    pieces.map(piece).collect()
}

fn pyenv_roots(caller: &Caller) -> impl Iterator<Item = PathBuf> {
    let home = caller.home.as_ref().map(|home| home.join(".pyenv"));
    caller.pyenv_root.clone().into_iter().chain(home)
}

fn uv_folders(caller: &Caller) -> impl Iterator<Item = PathBuf> {
    let home = caller.home.as_ref().map(|home| home.join(".local/share"));
    caller.xdg_data_home.clone().into_iter().chain(home).map(|data| data.join("uv/python"))
}

fn conda_prefixes(caller: &Caller) -> Vec<PathBuf> {
    let mut prefixes: Vec<_> = caller.conda_prefix.clone().into_iter().collect();
    let program = caller.conda_exe.as_deref();
    prefixes.extend(program.and_then(Path::parent).and_then(Path::parent).map(Path::to_owned));
    prefixes.extend(caller.mamba_root_prefix.clone());
    if let Some(home) = &caller.home {
        let names = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"];
        prefixes.extend(names.iter().map(|name| home.join(name)));
        // conda notes each environment that it makes here, one path a line.
        if let Ok(noted) = fs::read_to_string(home.join(".conda/environments.txt")) {
            let lines = noted.lines().map(str::trim).filter(|line| line.starts_with('/'));
            prefixes.extend(lines.map(PathBuf::from));
        }
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn interpreters_are_told_from_their_neighbours() {
        let good = [
            "python",
            "python2",
            "python3",
            "python3.11",
            "python3.7m",
            "python3.13t",
            "python3.13td",
            "python3.11-dbg",
            "pypy",
            "pypy3",
            "pypy3.10",
        ];
        let bad = [
            "python3-config",
            "python3.11-config",
            "python3.7-gdb.py",
            "pythonw",
            "python3.11.7",
            "python-argcomplete-tcsh",
            "python3.",
            "python.3",
            "ipython3",
            "pythond",
            "pypy3-c",
        ];
        for name in good {
            assert!(is_interpreter_name(name), "{name}");
        }
        for name in bad {
            assert!(!is_interpreter_name(name), "{name}");
        }
    }

    fn executable(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Without what `/usr` and `/opt` of this machine add.
    fn found(caller: &Caller) -> Vec<(PathBuf, FoundBy)> {
        let all = candidates(caller).into_iter();
        let all = all.filter(|candidate| candidate.rule != FoundBy::UsualFolder);
        all.map(|candidate| (candidate.path, candidate.rule)).collect()
    }

    #[test]
    fn every_place_is_looked_at_once_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for name in ["python3.9", "python3", "python3.10", "python3-config", "pypy3"] {
            executable(&at("bin").join(name));
        }
        fs::write(at("bin/python3.12"), "not executable").unwrap();
        symlink(at("bin"), at("same-bin")).unwrap();
        executable(&at("home/.pyenv/versions/3.10.13/bin/python3"));
        executable(&at("home/.pyenv/versions/3.9.18/bin/python3"));
        executable(&at("home/miniforge3/envs/a/bin/python3"));
        executable(&at("noted/bin/python3"));
        fs::create_dir_all(at("home/.conda")).unwrap();
        let noted = format!("{}\n\nnonsense\n", at("noted").display());
        fs::write(at("home/.conda/environments.txt"), noted).unwrap();
        executable(&at("home/.local/share/uv/python/cpython-3.12/bin/python3.12"));

        let caller = Caller {
            path: Some(std::env::join_paths([at("bin"), at("same-bin"), at("gone")]).unwrap()),
            home: Some(at("home")),
            embedcheck_pythons: Some(at("named").into()),
            ..Caller::default()
        };
        let expected = [
            (at("named"), FoundBy::EmbedcheckPythons),
            (at("bin/python3"), FoundBy::Path),
            (at("bin/python3.10"), FoundBy::Path),
            (at("bin/python3.9"), FoundBy::Path),
            (at("bin/pypy3"), FoundBy::Path),
            (at("home/.pyenv/versions/3.9.18/bin/python3"), FoundBy::Pyenv),
            (at("home/.pyenv/versions/3.10.13/bin/python3"), FoundBy::Pyenv),
            (at("home/miniforge3/envs/a/bin/python3"), FoundBy::Conda),
            (at("noted/bin/python3"), FoundBy::Conda),
            (at("home/.local/share/uv/python/cpython-3.12/bin/python3.12"), FoundBy::Uv),
        ];
        assert_eq!(found(&caller), expected);
    }

    #[test]
    fn a_name_is_looked_up_like_a_shell_does() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("a/python3")).unwrap();
        executable(&at("b/python3"));
        let path = Some(std::env::join_paths([at("a"), at("b")]).unwrap());
        let caller = Caller { path, ..Caller::default() };
        assert_eq!(on_path(&caller, OsStr::new("python3")), Some(at("b/python3")));
        assert_eq!(on_path(&caller, OsStr::new("python2")), None);
    }
}
