//! Virtual environments: what `pyvenv.cfg` says.

use std::path::{Path, PathBuf};

/// A virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Venv {
    /// Its folder, absolute.
    pub(crate) folder: PathBuf,
    /// The folder of the interpreter that it was made from: `home` in `pyvenv.cfg`.
    pub(crate) home: PathBuf,
    /// (major, minor), if it can be told.
    pub(crate) version: Option<(u8, u8)>,
}

impl Venv {
    /// Reads `folder/pyvenv.cfg`.
    ///
    /// # Errors
    ///
    /// Why it is no virtual environment.
    pub(crate) fn read(folder: &Path) -> Result<Venv, String> {
        let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
        let file = folder.join("pyvenv.cfg");
        let text = std::fs::read(&file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let settings = Settings::parse(&String::from_utf8_lossy(&text));
        let home =
            settings.home.ok_or_else(|| format!("{} has no line `home = …`", file.display()))?;
        let version = settings.version.or_else(|| version_of_folder(&folder));
        Ok(Venv { folder, home, version })
    }

    /// The prefix of the interpreter that it was made from.
    pub(crate) fn base(&self) -> PathBuf {
        let home = self.home.canonicalize().unwrap_or_else(|_| self.home.clone());
        home.parent().map_or_else(|| home.clone(), Path::to_owned)
    }

    /// The interpreter of the environment.
    pub(crate) fn python(&self) -> PathBuf {
        let python = self.folder.join("bin/python");
        if python.exists() { python } else { self.folder.join("bin/python3") }
    }
}

/// The lines of a `pyvenv.cfg` that matter here.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    home: Option<PathBuf>,
    version: Option<(u8, u8)>,
}

impl Settings {
    /// Lines are `key = value`; `venv` writes `version`, `virtualenv` and uv `version_info`.
    fn parse(text: &str) -> Settings {
        let mut settings = Settings::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "home" if !value.is_empty() => settings.home = Some(PathBuf::from(value)),
                "version" | "version_info" => {
                    settings.version = settings.version.or_else(|| version(value));
                }
                _ => {}
            }
        }
        settings
    }
}

/// "3.11.2" → (3, 11).
pub(crate) fn version(text: &str) -> Option<(u8, u8)> {
    let mut numbers = text.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The version that `lib/python3.X` of an environment tells.
fn version_of_folder(folder: &Path) -> Option<(u8, u8)> {
    let entries = std::fs::read_dir(folder.join("lib")).ok()?;
    entries.flatten().find_map(|entry| {
        let name = entry.file_name();
        version(name.to_str()?.strip_prefix("python")?.trim_end_matches('t'))
    })
}

#[cfg(test)]
mod tests {
    use super::{Settings, version};
    use std::path::PathBuf;

    #[test]
    fn the_lines_of_three_tools_are_understood() {
        let venv = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n";
        let expected = Settings { home: Some(PathBuf::from("/usr/bin")), version: Some((3, 11)) };
        assert_eq!(Settings::parse(venv), expected);
        let virtualenv = "home=/usr/bin\nversion_info = 3.11.2.final.0\n";
        assert_eq!(Settings::parse(virtualenv), expected);
        assert_eq!(Settings::parse("nothing\n= \nhome =\n"), Settings::default());
    }

    #[test]
    fn versions_are_two_numbers() {
        assert_eq!(version("3.13.0"), Some((3, 13)));
        assert_eq!(version("3"), None);
        assert_eq!(version("3.x"), None);
    }
}
