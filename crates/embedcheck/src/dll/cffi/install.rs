//! CFFI for a target: its own, or one in the cache.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::dll::advice::{OsFamily, Package};
use crate::dll::cache::{Cache, KeyBuilder};
use crate::dll::error::{BuildError, Unavailable};
use crate::dll::python::PythonFacts;
use crate::dll::surroundings::Surroundings;
use crate::dll::tool::{Tool, ToolError};
use crate::env::is_for_pip;

/// For all of an installation: pip, if need be a virtual environment to get pip, and the proof that it works.
pub(super) const LIMIT: Duration = Duration::from_secs(120);

/// The first version whose thread states survive between calls of a host thread.
/// <https://cffi.readthedocs.io/en/stable/whatsnew.html#v1-12>
pub(super) const OLDEST: (u32, u32) = (1, 12);

pub(super) const SITE: &str = "site";
const VERSION_FILE: &str = "version";

/// Where CFFI is for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CffiInstall {
    /// Has to be on `PYTHONPATH` when a DLL of this target runs; `None` if the target finds CFFI by itself.
    pub site_dir: Option<PathBuf>,
    /// Version of `cffi` and `_cffi_backend`.
    pub cffi_version: String,
}

/// Whether pip needs a variable of the caller's to reach its index: certificates, proxies, its configuration.
/// Variables that would send the installation elsewhere (`PIP_TARGET` …) are not among them.
pub fn is_pip_variable(name: &OsStr) -> bool {
    const OURS: [&str; 8] = [
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_USER",
        "PIP_PYTHON",
        "PIP_DRY_RUN",
        "PIP_REPORT",
        "PIP_REQUIRE_VIRTUALENV",
    ];
    name.to_str().is_some_and(|name| is_for_pip(name) && !OURS.contains(&name))
}

/// Finds CFFI for a target, or installs it in the cache, once. The target itself is never changed.
///
/// Takes up to two minutes when it has to be fetched, and tries again at each call if that fails.
///
/// # Errors
///
/// [`BuildError::Unavailable`] with the reason for a skip: `--offline`, no pip, no network …
pub fn ensure_cffi(
    python: &PythonFacts,
    surroundings: &Surroundings,
    cache: &Cache,
) -> Result<CffiInstall, BuildError> {
    if let Some(version) = python.cffi.as_deref().filter(|version| is_new_enough(version)) {
        return Ok(CffiInstall { site_dir: None, cffi_version: version.to_owned() });
    }
    let key = KeyBuilder::new("cffi-install")
        .input(&python.identity)
        .input(python.executable.as_os_str().as_encoded_bytes())
        .input(python.version_text())
        .finish();
    if surroundings.offline && cache.lookup(&key).is_none() {
        return Err(cffi_offline(python).into());
    }
    let entry = cache.entry(&key, |dir| install(python, surroundings, dir))?;
    let file = entry.join(VERSION_FILE);
    let cffi_version = fs::read_to_string(&file).map_err(BuildError::file("read", &file))?;
    Ok(CffiInstall { site_dir: Some(entry.join(SITE)), cffi_version })
}

fn cffi_offline(python: &PythonFacts) -> Unavailable {
    let executable = python.executable.display();
    let has = match &python.cffi {
        Some(version) => format!("{executable} has CFFI {version}, which is too old"),
        None => format!("{executable} cannot import cffi"),
    };
    let (major, minor) = OLDEST;
    // A distribution's Python refuses pip (PEP 668, externally managed environments).
    let path = &python.executable;
    let install = if path.starts_with("/usr") && !path.starts_with("/usr/local") {
        OsFamily::of_this_machine().install(Package::Cffi)
    } else {
        format!("`{executable} -m pip install 'cffi>={major}.{minor}'`")
    };
    let advice = format!("run once without --offline, or {install}");
    offline(&has, advice)
}

pub(super) fn offline(reason: &str, advice: String) -> Unavailable {
    Unavailable::new(format!("{reason}, and --offline forbids to fetch it"), advice)
}

/// The target's interpreter, with nothing of the caller's environment. It writes no bytecode, so the
/// target's folders stay as they are.
pub(super) fn interpreter(
    python: &PythonFacts,
    site_dir: Option<&Path>,
    surroundings: &Surroundings,
    dir: &Path,
    limit: Duration,
) -> Tool {
    let tool = Tool::new(&python.executable, surroundings, limit)
        .arg("-B")
        .env("PYTHONIOENCODING", "utf-8")
        .current_dir(dir);
    let tool = match &python.library_path {
        Some(folder) => tool.env("LD_LIBRARY_PATH", folder),
        None => tool,
    };
    match site_dir {
        Some(site_dir) => tool.env("PYTHONPATH", site_dir),
        None => tool,
    }
}

/// Fills `dir` with the folder for `PYTHONPATH` and the version.
fn install(
    python: &PythonFacts,
    surroundings: &Surroundings,
    dir: &Path,
) -> Result<(), BuildError> {
    let until = Instant::now() + LIMIT;
    let site = dir.join(SITE);
    let wanted = [format!("cffi>={}.{}", OLDEST.0, OLDEST.1)];
    pip_install_somehow(python, surroundings, dir, &wanted, until)?;
    keep_only(&site, dir)?;
    let show = "import cffi, _cffi_backend, sys; \
        assert cffi.__version__ == _cffi_backend.__version__; \
        sys.stdout.write(cffi.__version__)";
    let output = interpreter(python, Some(&site), surroundings, dir, left(until))
        .args(["-c", show])
        .run()
        .map_err(|error| cannot_install(python, error))?;
    let file = dir.join(VERSION_FILE);
    fs::write(&file, output.stdout.trim()).map_err(BuildError::file("write", &file))
}

/// Installs into the folder for `PYTHONPATH` in `dir`, with a pip of the installation or, if it has
/// none, of a virtual environment.
pub(super) fn pip_install_somehow(
    python: &PythonFacts,
    surroundings: &Surroundings,
    dir: &Path,
    wanted: &[String],
    until: Instant,
) -> Result<(), BuildError> {
    match pip_install(python, &python.executable, surroundings, dir, wanted, until) {
        Err(error) if has_no_pip(&error) => {
            let pip = venv_with_pip(python, surroundings, dir, until)?;
            pip_install(python, &pip, surroundings, dir, wanted, until)
        }
        result => result,
    }
    .map_err(|error| cannot_install(python, error))
}

/// Removes what pip and venv left in `dir`.
pub(super) fn keep_only(site: &Path, dir: &Path) -> Result<(), BuildError> {
    let entries = fs::read_dir(dir).map_err(BuildError::file("read", dir))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != site) {
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(BuildError::file("remove", &path))?;
    }
    Ok(())
}

fn pip_install(
    python: &PythonFacts,
    executable: &Path,
    surroundings: &Surroundings,
    dir: &Path,
    wanted: &[String],
    until: Instant,
) -> Result<(), ToolError> {
    let python = PythonFacts { executable: executable.to_owned(), ..python.clone() };
    let mut tool = interpreter(&python, None, surroundings, dir, left(until));
    for (name, value) in
        surroundings.pip_environment.iter().filter(|(name, _)| is_pip_variable(name))
    {
        tool = tool.env(name, value);
    }
    // The user's pip.conf may ask for either; both exclude --target.
    tool.env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        // A source build needs libffi and a compiler, so an older wheel is the better choice.
        .args(["-m", "pip", "install", "--no-input", "--prefer-binary"])
        .args(["--disable-pip-version-check", "--no-warn-script-location", "--target"])
        .arg(dir.join(SITE))
        .args(wanted)
        .run()
        .map(drop)
}

fn has_no_pip(error: &ToolError) -> bool {
    matches!(error, ToolError::Failed { stderr, .. } if stderr.contains("No module named pip"))
}

/// An interpreter of the same installation that has pip, in a virtual environment below `dir`.
fn venv_with_pip(
    python: &PythonFacts,
    surroundings: &Surroundings,
    dir: &Path,
    until: Instant,
) -> Result<PathBuf, BuildError> {
    let venv = dir.join("venv");
    let made = interpreter(python, None, surroundings, dir, left(until))
        .args(["-m", "venv"])
        .arg(&venv)
        .run();
    match made {
        Ok(_) => Ok(venv.join("bin/python")),
        Err(error @ ToolError::Interrupted { .. }) => Err(error.into()),
        Err(error) => Err(Unavailable::new(
            format!(
                "{} has neither cffi nor pip, nor can it make a virtual environment with pip ({})",
                python.executable.display(),
                summary(&error)
            ),
            OsFamily::of_this_machine().install(Package::Pip(python.version.1)),
        )
        .into()),
    }
}

fn cannot_install(python: &PythonFacts, error: ToolError) -> BuildError {
    if let ToolError::Interrupted { .. } = error {
        return error.into();
    }
    let executable = python.executable.display();
    Unavailable::new(
        format!("CFFI cannot be installed for {executable}: {}", summary(&error)),
        format!(
            "check network, proxy and index of pip, or install it yourself: \
             `{executable} -m pip install cffi`"
        ),
    )
    .into()
}

/// One line of a long message: what pip marks as the error, else the last.
fn summary(error: &ToolError) -> String {
    let (stdout, stderr) = match error {
        ToolError::Failed { stdout, stderr, .. } => (stdout, stderr),
        ToolError::TimedOut { limit, .. } => {
            return format!("it took more than {} s", limit.as_secs());
        }
        ToolError::Start { .. } | ToolError::Interrupted { .. } => return error.to_string(),
    };
    let lines = || stderr.lines().chain(stdout.lines()).filter(|line| !line.trim().is_empty());
    let marked = lines().find(|line| line.to_ascii_lowercase().contains("error:"));
    marked.or_else(|| lines().next_back()).unwrap_or("no message").trim().to_owned()
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Versions that cannot be read count as old.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= OLDEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_told_from_new_ones() {
        for (version, new) in [
            ("2.1.1", true),
            ("1.12.0", true),
            ("1.12", true),
            ("2.2.0.dev0", true),
            ("1.11.5", false),
            ("0.9", false),
            ("", false),
            ("strange", false),
        ] {
            assert_eq!(is_new_enough(version), new, "{version}");
        }
    }

    #[test]
    fn pip_gets_what_leads_to_its_index_and_nothing_else() {
        let taken = ["PIP_INDEX_URL", "PIP_CERT", "https_proxy", "HTTPS_PROXY", "SSL_CERT_FILE"];
        let left = ["PIP_TARGET", "PIP_USER", "PYTHONPATH", "PYTHONHOME", "LD_PRELOAD", "PATH"];
        assert!(taken.iter().all(|name| is_pip_variable(OsStr::new(name))));
        assert!(!left.iter().any(|name| is_pip_variable(OsStr::new(name))));
    }
}
