//! What to do about a runtime without a shared libpython.

use std::path::Path;

use super::model::{Origin, Version};
pub(super) use crate::distribution::Distribution;

/// Whose installation a file is, judged by its real path and prefix.
pub(super) fn origin(file: &Path, prefix: Option<&Path>) -> Origin {
    // conda keeps its list of packages in the prefix.
    if prefix.is_some_and(|prefix| prefix.join("conda-meta").is_dir()) {
        return Origin::Conda;
    }
    // `root/versions/NAME/…`, where the root holds pyenv itself.
    let is_pyenv = |folder: &Path| {
        folder.file_name().is_some_and(|name| name == "versions")
            && folder.parent().is_some_and(|root| {
                root.file_name().is_some_and(|name| name == ".pyenv")
                    || root.join("libexec/pyenv").is_file()
            })
    };
    if file.ancestors().any(is_pyenv) {
        return Origin::Pyenv;
    }
    if file.ancestors().any(|folder| folder.ends_with("uv/python")) {
        return Origin::Uv;
    }
    if file.starts_with("/usr") && !file.starts_with("/usr/local") {
        return Origin::System;
    }
    Origin::Other
}

/// How to get a shared libpython for an interpreter that has none. `flags` are its ABI flags.
pub(super) fn for_missing_library(
    origin: Origin,
    version: &Version,
    flags: &str,
    distribution: &Distribution,
) -> String {
    let series = format!("{}.{}", version.major, version.minor);
    match origin {
        Origin::System if distribution.is_like(&["debian", "ubuntu"]) => {
            // Debian's package of a debug build is that of the usual one with another suffix.
            let suffix = if flags.contains('d') { "-dbg" } else { "" };
            format!("apt install libpython{series}{suffix}")
        }
        // rpm packages provide the SONAMEs of what they hold, so no package name has to be known.
        Origin::System if distribution.is_like(&["fedora", "rhel", "centos"]) => {
            format!("dnf install 'libpython{series}{flags}.so.1.0()(64bit)'")
        }
        Origin::System if distribution.is_like(&["suse", "opensuse", "sles"]) => {
            format!("zypper install 'libpython{series}{flags}.so.1.0()(64bit)'")
        }
        Origin::System => {
            format!("install the distribution's package with libpython{series}{flags}.so.1.0")
        }
        Origin::Pyenv => format!(
            "PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force {version}{}",
            if flags.contains('t') { "t" } else { "" }
        ),
        Origin::Conda => format!("conda install --force-reinstall python={version}"),
        Origin::Uv => format!("uv python install --reinstall {version}"),
        Origin::Other => "build it again with ./configure --enable-shared".to_owned(),
    }
}

/// What to say about a libpython whose interpreter is gone.
pub(super) fn for_missing_interpreter(tag: &str) -> String {
    format!(
        "its interpreter is gone: without python{tag} its standard library cannot be found, and an \
         embedded Python will not start; install python{tag} again, or name the libpython of an \
         installation that is whole"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const DEBIAN: &str = "PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n";
    const ROCKY: &str = "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n";

    fn advice(origin: Origin, os_release: &str, flags: &str) -> String {
        let version = Version::parse("3.13.1").unwrap();
        for_missing_library(origin, &version, flags, &Distribution::parse(os_release))
    }

    #[test]
    fn the_advice_speaks_the_language_of_the_installation() {
        assert_eq!(advice(Origin::System, DEBIAN, ""), "apt install libpython3.13");
        let dnf = "dnf install 'libpython3.13t.so.1.0()(64bit)'";
        assert_eq!(advice(Origin::System, ROCKY, "t"), dnf);
        assert!(advice(Origin::System, "", "").contains("libpython3.13.so.1.0"));
        let pyenv = "PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force 3.13.1t";
        assert_eq!(advice(Origin::Pyenv, DEBIAN, "t"), pyenv);
        assert!(advice(Origin::Other, DEBIAN, "").contains("--enable-shared"));
    }

    #[test]
    fn the_origin_is_read_from_the_path() {
        let origin = |path| origin(Path::new(path), None);
        assert_eq!(origin("/usr/bin/python3.11"), Origin::System);
        assert_eq!(origin("/usr/local/bin/python3.11"), Origin::Other);
        assert_eq!(origin("/h/.pyenv/versions/3.11.7/bin/python3.11"), Origin::Pyenv);
        assert_eq!(origin("/srv/versions/3.11.7/bin/python3.11"), Origin::Other);
        let uv = "/h/.local/share/uv/python/cpython-3.12.1-linux/bin/python3.12";
        assert_eq!(origin(uv), Origin::Uv);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("conda-meta")).unwrap();
        let file = folder.path().join("bin/python3.11");
        assert_eq!(super::origin(&file, Some(folder.path())), Origin::Conda);
    }
}
