//! What the interpreter is told when it starts: above all, which files are its own.
//!
//! CPython computes `sys.prefix` from the path of its program, and takes the first `python3` on
//! `PATH` for that if it is told nothing, even one of another version (`Modules/getpath.py`,
//! `getpath.c` before 3.11). So it is always told a program that belongs to the libpython.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::encoding::{self, Encoding};
use crate::find::environment;
use crate::find::venv::Venv;
use crate::find::{AUTHOR, Found, Named, Steps, origin, prefix};
use crate::spec::{Options, Spec};

/// What the interpreter is told.
#[derive(Debug)]
pub(super) struct Settings {
    /// `PyConfig.program_name`: an absolute path.
    pub(super) program: PathBuf,
    /// `PyConfig.home`: what the author says. `None` leaves it to `PYTHONHOME`.
    pub(super) home: Option<PathBuf>,
    /// `PyConfig.use_environment`.
    pub(super) use_environment: bool,
    /// `PyConfig.site_import`.
    pub(super) import_site: bool,
    /// Encodings.
    pub(super) encoding: Encoding,
    /// The version and the build.
    pub(super) build: Named,
}

impl Settings {
    /// Decides everything from what was found.
    pub(super) fn new(spec: &Spec, found: &Found, steps: &mut Steps) -> Settings {
        let Options { use_environment, import_site, .. } = spec.options;
        let build = prefix::build(found);
        let home = spec.locate.home.and_then(|home| origin(Path::new(home), AUTHOR, steps));
        let base = program(found.image.path.as_deref(), &build);
        let venv = found.venv.as_ref().map(Venv::python).filter(|python| is_executable(python));
        let program = venv.unwrap_or(base);
        Settings {
            program,
            home,
            use_environment,
            import_site,
            encoding: encoding::choose(use_environment),
            build,
        }
    }
}

/// The program to tell: the interpreter in the prefix of the library, or where it would be. A file
/// that does not exist still leads CPython to the right standard library.
fn program(library: Option<&Path>, build: &Named) -> PathBuf {
    let (major, minor) = build.version;
    let plain = format!("python{major}.{minor}");
    let exact = format!("{plain}{}", build.flags);
    let folder = match library {
        Some(library) => match prefix::of(library, build) {
            Some(prefix) => prefix.join("bin"),
            None => prefix::absolute(library).parent().map(Path::to_owned).unwrap_or_default(),
        },
        // The host contains the interpreter.
        None => std::fs::read_link("/proc/self/exe")
            .ok()
            .and_then(|file| Some(file.parent()?.to_owned()))
            .unwrap_or_default(),
    };
    if library.is_none() {
        return folder.join(exact);
    }
    let candidates = [folder.join(&exact), folder.join(plain)];
    let [exact, _] = &candidates;
    candidates.iter().find(|path| is_executable(path)).unwrap_or(exact).clone()
}

/// What is certain to make the interpreter fail after a point from which CPython allows no second
/// attempt, found before the first.
pub(super) fn objection(settings: &Settings, found: &Found) -> Option<String> {
    home_objection(settings).or_else(|| stdio_objection(settings, found))
}

/// A home without the standard library: `PYTHONHOME` of another version, or of nothing.
fn home_objection(settings: &Settings) -> Option<String> {
    let (what, home) = match &settings.home {
        Some(home) => ("home", home.clone()),
        None if settings.use_environment => ("PYTHONHOME", environment::path(c"PYTHONHOME")?),
        None => return None,
    };
    let may_be_elsewhere = settings.use_environment
        && [c"PYTHONPATH", c"PYTHONPLATLIBDIR"]
            .into_iter()
            .any(|name| environment::variable(name).is_some());
    // "prefix:exec_prefix" is allowed.
    let first = home.as_os_str().as_bytes().split(|&byte| byte == b':').next()?;
    let first = Path::new(OsStr::from_bytes(first));
    if may_be_elsewhere || prefix::has_stdlib(first, &settings.build) {
        return None;
    }
    let (major, minor) = settings.build.version;
    Some(format!(
        "Failed to import encodings module: {what} is {}, and there is no standard library of \
         Python {major}.{minor} in it (lib/python{major}.{minor}); unset {what}, or set it to the \
         base prefix of that version",
        home.display()
    ))
}

/// An encoding for standard streams that the standard library does not have.
fn stdio_objection(settings: &Settings, found: &Found) -> Option<String> {
    if !settings.use_environment {
        return None;
    }
    let value = environment::variable(c"PYTHONIOENCODING")?.into_string().ok()?;
    let name = value.split(':').next().filter(|name| !name.is_empty())?;
    let library = found.image.path.as_deref()?;
    let (major, minor) = settings.build.version;
    let thread = if settings.build.flags.contains('t') { "t" } else { "" };
    let prefix = prefix::of(library, &settings.build)?;
    let encodings = ["lib", "lib64"]
        .map(|lib| prefix.join(format!("{lib}/python{major}.{minor}{thread}/encodings")))
        .into_iter()
        .find(|folder| folder.is_dir())?;
    // `encodings.normalize_encoding`: what is no letter, digit or dot becomes one underscore.
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let normal = words.join("_").to_ascii_lowercase();
    let aliases = std::fs::read_to_string(encodings.join("aliases.py")).ok()?;
    let dotless = normal.replace('.', "_");
    let is_known = encodings.join(format!("{normal}.py")).exists()
        || aliases.contains(&format!("'{normal}'"))
        || aliases.contains(&format!("'{dotless}'"));
    // Somebody may have put an encoding where only he knows.
    if is_known || environment::variable(c"PYTHONHOME").is_some() {
        return None;
    }
    Some(format!(
        "init_stdio_encoding: failed to get the Python codec name of the stdio encoding: unknown \
         encoding: {name} (PYTHONIOENCODING is {value}); unset PYTHONIOENCODING, or set it to an \
         encoding such as utf-8"
    ))
}

/// Whether a path is a file that may be executed.
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
