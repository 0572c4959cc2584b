//! `.pth` files: the lines by which `site` extends the search path (Python documentation, `site`).

use std::fs;
use std::io::Read;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::regular;

/// Bytes read of one file; real ones have a few lines.
const MAX_FILE: u64 = 256 << 10;

/// A `.pth` file of a site folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PthFile {
    /// The file.
    pub path: String,
    /// The folders that its lines name and that exist, absolute, in their order.
    pub adds: Vec<String>,
    /// The folders that its lines name and that do not exist: `site` leaves them out without a word.
    pub absent: Vec<String>,
    /// It has lines that are code, which can do anything, such as install a finder of modules.
    pub runs_code: bool,
}

/// The `.pth` files of a site folder, in the order in which `site` reads them.
pub(super) fn of_folder(folder: &Path) -> Vec<PthFile> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    // site.py passes hidden files by, since 3.11.9 and 3.12.4; no older one has any.
    let is_pth = |name: &str| name.ends_with(".pth") && !name.starts_with('.');
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_pth(name))
        .collect();
    names.sort();
    let files = names.into_iter().filter_map(|name| {
        let path = folder.join(name);
        let mut text = Vec::new();
        regular::open(&path).ok()?.take(MAX_FILE).read_to_end(&mut text).ok()?;
        Some(read(&path, folder, &text))
    });
    files.collect()
}

fn read(path: &Path, folder: &Path, text: &[u8]) -> PthFile {
    let lines = lines(text);
    let named = lines.folders.iter().map(|line| folder.join(line));
    let (adds, absent): (Vec<_>, Vec<_>) = named.partition(|path| path.exists());
    let texts = |paths: Vec<std::path::PathBuf>| {
        paths.into_iter().map(|path| path.display().to_string()).collect()
    };
    PthFile {
        path: path.display().to_string(),
        adds: texts(adds),
        absent: texts(absent),
        runs_code: lines.has_code,
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Lines {
    folders: Vec<String>,
    has_code: bool,
}

fn lines(text: &[u8]) -> Lines {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = Lines::default();
    for line in text.lines() {
        if line.starts_with("import ") || line.starts_with("import\t") {
            lines.has_code = true;
        } else if !line.starts_with('#') && !line.trim().is_empty() && !line.contains('\0') {
            lines.folders.push(line.trim_end().to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_line() {
        let text = b"# comment\n\nsub\nimport x; x.install()\n/absolute/one \n";
        let expected =
            Lines { folders: vec!["sub".to_owned(), "/absolute/one".to_owned()], has_code: true };
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn folders_that_are_not_there_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("b.pth"), "none\n").unwrap();
        fs::write(folder.path().join("a.pth"), "sub\n").unwrap();
        fs::write(folder.path().join("c.txt"), "sub\n").unwrap();
        let files = of_folder(folder.path());
        let sub = folder.path().join("sub").display().to_string();
        assert_eq!(files.len(), 2);
        assert_eq!((&files[0].adds, &files[0].absent), (&vec![sub], &Vec::new()));
        assert_eq!(files[1].absent.len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(Path::new("/nowhere/x.pth"), Path::new("/nowhere"), &text);
        }
    }
}
