//! Which package to install, in the words of the machine's distribution.

use crate::distribution::Distribution;

/// What may have to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    /// A C compiler with the headers of the C library.
    CCompiler,
    /// `Python.h` of this minor version of Python 3.
    PythonHeaders(u32),
    /// `pip` for this minor version of Python 3.
    Pip(u32),
    /// CFFI for the distribution's own Python 3.
    Cffi,
}

/// Distributions that name their packages alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OsFamily {
    Debian,
    Fedora,
    Suse,
    Alpine,
    Arch,
    Other,
}

impl OsFamily {
    pub(super) fn of_this_machine() -> Self {
        Self::of(&Distribution::here())
    }

    fn of(distribution: &Distribution) -> Self {
        distribution
            .ids()
            .find_map(|id| match id {
                "debian" | "ubuntu" => Some(Self::Debian),
                "fedora" | "rhel" | "centos" => Some(Self::Fedora),
                "suse" | "opensuse" | "sles" => Some(Self::Suse),
                "alpine" => Some(Self::Alpine),
                "arch" => Some(Self::Arch),
                _ => None,
            })
            .unwrap_or(Self::Other)
    }

    /// What to do to get the package. Names as of 2025; the distributions' own Pythons only.
    pub(super) fn install(self, package: Package) -> String {
        use Package::{CCompiler, Cffi, Pip, PythonHeaders};
        match (self, package) {
            (Self::Debian, Cffi) => "apt install python3-cffi".to_owned(),
            (Self::Fedora, Cffi) => "dnf install python3-cffi".to_owned(),
            (Self::Suse, Cffi) => "zypper install python3-cffi".to_owned(),
            (Self::Alpine, Cffi) => "apk add py3-cffi".to_owned(),
            (Self::Arch, Cffi) => "pacman -S python-cffi".to_owned(),
            (Self::Other, Cffi) => "install the distribution's package of cffi".to_owned(),
            (Self::Debian, CCompiler) => "apt install gcc libc6-dev".to_owned(),
            (Self::Debian, PythonHeaders(minor)) => format!("apt install libpython3.{minor}-dev"),
            (Self::Debian, Pip(minor)) => {
                format!("apt install python3-pip, or python3.{minor}-venv")
            }
            (Self::Fedora, CCompiler) => "dnf install gcc glibc-devel".to_owned(),
            (Self::Fedora, PythonHeaders(minor)) => {
                format!("dnf install python3-devel, or python3.{minor}-devel")
            }
            (Self::Fedora, Pip(minor)) => {
                format!("dnf install python3-pip, or python3.{minor}-pip")
            }
            (Self::Suse, CCompiler) => "zypper install gcc glibc-devel".to_owned(),
            (Self::Suse, PythonHeaders(minor)) => format!("zypper install python3{minor}-devel"),
            (Self::Suse, Pip(minor)) => format!("zypper install python3{minor}-pip"),
            (Self::Alpine, CCompiler) => "apk add gcc musl-dev".to_owned(),
            (Self::Alpine, PythonHeaders(_)) => "apk add python3-dev".to_owned(),
            (Self::Alpine, Pip(_)) => "apk add py3-pip".to_owned(),
            (Self::Arch, CCompiler) => "pacman -S gcc".to_owned(),
            (Self::Arch, PythonHeaders(_)) => "pacman -S python".to_owned(),
            (Self::Arch, Pip(_)) => "pacman -S python-pip".to_owned(),
            (Self::Other, CCompiler) => {
                "install a C compiler with the headers of the C library".to_owned()
            }
            (Self::Other, PythonHeaders(minor)) => {
                format!("install the development files of Python 3.{minor}")
            }
            (Self::Other, Pip(minor)) => format!("install pip for Python 3.{minor}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_id_then_by_id_like() {
        let family = |text| OsFamily::of(&Distribution::parse(text));
        assert_eq!(family("NAME=\"Debian\"\nID=debian\n"), OsFamily::Debian);
        assert_eq!(family("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), OsFamily::Debian);
        assert_eq!(family("ID_LIKE=\"rhel centos fedora\"\nID=\"rocky\"\n"), OsFamily::Fedora);
        assert_eq!(family("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n"), OsFamily::Suse);
        assert_eq!(family("ID=nixos\n"), OsFamily::Other);
        assert_eq!(family(""), OsFamily::Other);
    }

    #[test]
    fn advice_names_the_version() {
        let advice = OsFamily::Debian.install(Package::PythonHeaders(13));
        assert_eq!(advice, "apt install libpython3.13-dev");
    }
}
