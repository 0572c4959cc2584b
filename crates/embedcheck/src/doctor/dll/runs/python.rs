//! The interpreter whose packages a DLL gets, which need not be the one that the doctor was given.

use std::path::{Path, PathBuf};

use super::About;
use super::judge::Judged;
use crate::dll::quote;
use crate::doctor::Fix;
use crate::target::{LibraryName, Target};

/// Commands that give the Python of the DLL a cffi.
pub(super) fn install_cffi(target: &Target, about: &About, judged: &[Judged]) -> Vec<Fix> {
    let Some(executable) = interpreter(target, about, judged) else {
        let series = series(about, judged)
            .map_or_else(|| "X.Y".to_owned(), |(major, minor)| format!("{major}.{minor}"));
        return vec![Fix::advice(format!(
            "Install cffi with the pip of the Python that the DLL gets, python{series}; its interpreter is not beside its libpython."
        ))];
    };
    let python = quote(executable.as_os_str());
    vec![
        Fix::command(
            "Install cffi, the package and its _cffi_backend, for exactly this Python.",
            format!("{python} -m pip install --upgrade --force-reinstall cffi"),
        ),
        Fix::command(
            "See which file of that name this Python finds, and why.",
            format!("embedcheck doctor --module _cffi_backend --python {python}"),
        ),
    ]
}

/// The visit that tells where the Python of the DLL looks for a module that its init code misses.
pub(super) fn look_for<'l>(
    mut lines: impl Iterator<Item = &'l String>,
    target: &Target,
    about: &About,
    judged: &[Judged],
) -> Option<Fix> {
    let python = interpreter(target, about, judged)?;
    let (_, rest) = lines.find_map(|line| line.split_once("No module named "))?;
    let name = rest.trim().trim_matches('\'');
    let what = format!("See where this Python looks for {name}, and what gives it one.");
    let (name, python) = (quote(name.as_ref()), quote(python.as_os_str()));
    Some(Fix::command(what, format!("embedcheck doctor --module {name} --python {python}")))
}

/// The interpreter of the Python that the DLL gets, as far as one is there.
fn interpreter(target: &Target, about: &About, judged: &[Judged]) -> Option<PathBuf> {
    let own = (target.version.major, target.version.minor);
    let Some(series) = series(about, judged).filter(|series| *series != own) else {
        return target.executable.clone();
    };
    let name = format!("python{}.{}", series.0, series.1);
    let prefix = judged.iter().find_map(|judged| judged.run.prefix.as_deref()).map(PathBuf::from);
    // lib/libpython3.12.so.1.0, or lib/x86_64-linux-gnu/ of it.
    let above = about.libpython.iter().flat_map(|path| path.ancestors().skip(2).take(2));
    let mut folders = prefix.into_iter().chain(above.map(Path::to_owned));
    folders.find_map(|folder| Some(folder.join("bin").join(&name)).filter(|path| path.is_file()))
}

/// Major and minor number of the Python that answered in the runs, or that the DLL names.
fn series(about: &About, judged: &[Judged]) -> Option<(u32, u32)> {
    let seen =
        judged.iter().filter_map(|judged| judged.run.version.as_deref()).find_map(|version| {
            let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        });
    seen.or_else(|| {
        let name = about.libpython.as_ref()?.file_name()?.to_str().and_then(LibraryName::parse)?;
        Some((name.major, name.minor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_that_of_the_libpython() {
        let about = |path: &str| About { libpython: Some(path.into()), ..About::default() };
        assert_eq!(series(&about("/opt/lib/libpython3.12.so.1.0"), &[]), Some((3, 12)));
        assert_eq!(series(&about("/opt/lib/libother.so"), &[]), None);
    }
}
