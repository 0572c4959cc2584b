//! Finding a libpython.
//!
//! The DLL is linked to none. The places are looked at in a fixed order, and each look is recorded:
//! a Python that is in the process; what the author or `EMBED_DLL_LIBPYTHON` says; the virtual
//! environment; the `python3` on `PATH`; what ld.so finds by name. No program is run. A virtual
//! environment is used if it led to the libpython, or if `VIRTUAL_ENV` or the author names it.

pub(crate) mod dl;
mod elf;
pub(crate) mod environment;
pub(crate) mod loaded;
mod places;
pub(crate) mod prefix;
pub(crate) mod venv;

use std::ffi::CString;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::python::Abi;
use crate::spec::Locate;
use dl::Handle;
use loaded::Image;
use places::Candidates;
pub(crate) use places::Named;
use venv::Venv;

/// The oldest version that this run time works with.
pub(crate) const OLDEST: (u8, u8) = (3, 8);

/// One look at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Why this place was looked at.
    pub what: &'static str,
    /// The file or folder; `None` if there is none to name.
    pub path: Option<PathBuf>,
    /// What was there.
    pub outcome: String,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.what)?;
        if let Some(path) = &self.path {
            write!(formatter, "{}: ", path.display())?;
        }
        formatter.write_str(&self.outcome)
    }
}

impl Step {
    /// Writes it to standard error. A host that has none loses the line, nothing else.
    fn write(&self) {
        use io::Write;
        let _ = writeln!(io::stderr(), "embed-dll: {self}");
    }
}

/// The steps so far.
pub(crate) struct Steps {
    taken: Vec<Step>,
    log: bool,
}

impl Steps {
    /// None yet. With `EMBED_DLL_LOG=1` each is written to standard error as it is taken.
    pub(crate) fn new() -> Steps {
        let log = environment::variable(c"EMBED_DLL_LOG").is_some_and(|value| value != "0");
        Steps { taken: Vec::new(), log }
    }

    /// None yet, and none is written: for a look that will be repeated.
    pub(crate) fn silent() -> Steps {
        Steps { taken: Vec::new(), log: false }
    }

    /// Records one.
    pub(crate) fn add(
        &mut self,
        what: &'static str,
        path: Option<&Path>,
        outcome: impl Into<String>,
    ) {
        let step = Step { what, path: path.map(Path::to_owned), outcome: outcome.into() };
        if self.log {
            step.write();
        }
        self.taken.push(step);
    }

    /// Records that the environment that `VIRTUAL_ENV` or the author names is not used. Its packages
    /// are missing then, so a line on standard error says it, once.
    pub(crate) fn without_venv(
        &mut self,
        is_authors: bool,
        folder: &Path,
        reason: impl fmt::Display,
    ) {
        static IS_SAID: AtomicBool = AtomicBool::new(false);
        let outcome = format!("{reason}; its packages are not used");
        self.add(if is_authors { VENV } else { ACTIVE_VENV }, Some(folder), outcome);
        if let Some(step) = self.taken.last()
            && !self.log
            && !IS_SAID.swap(true, Ordering::Relaxed)
        {
            step.write();
        }
    }

    /// All of them.
    pub(crate) fn taken(&self) -> &[Step] {
        &self.taken
    }

    /// A line for each; the names of which ld.so says the same, mostly that there is no such file,
    /// are one line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let alike = |step: &Step| {
            let same = |other: &&Step| other.what == BY_NAME && other.outcome == step.outcome;
            self.taken.iter().filter(same).collect::<Vec<_>>()
        };
        let line = |step: &Step| {
            if step.what != BY_NAME {
                return Some(step.to_string());
            }
            match alike(step).as_slice() {
                [first, .., last] if std::ptr::eq(*first, step) => {
                    let [from, to] =
                        [first, last].map(|step| step.path.clone().unwrap_or_default());
                    let count = alike(step).len();
                    Some(format!(
                        "{BY_NAME}: {} … {} ({count} names, of 3.{} down to 3.{}, each also with \
                         t, d and td): {}",
                        from.display(),
                        to.display(),
                        places::MINORS.end(),
                        places::MINORS.start(),
                        step.outcome
                    ))
                }
                [_] => Some(step.to_string()),
                _ => None,
            }
        };
        self.taken.iter().filter_map(line).collect()
    }
}

/// What the search has found.
pub(crate) struct Found {
    /// Where the functions are.
    pub(crate) image: Image,
    /// The functions.
    pub(crate) abi: Abi,
    /// The virtual environment that is meant.
    pub(crate) venv: Option<Venv>,
    /// Whether `EMBED_DLL_LIBPYTHON` has named it.
    pub(crate) by_variable: bool,
    /// Whether the search has opened it, so that it may be closed again.
    pub(crate) opened: bool,
    /// Whether its symbols may be made global: there is no other libpython in the process.
    pub(crate) alone: bool,
}

const IN_PROCESS: &str = "already in the process";
const VARIABLE: &str = "EMBED_DLL_LIBPYTHON";
pub(crate) const AUTHOR: &str = "what the author of the DLL says";
pub(crate) const VENV: &str = "virtual environment";
const ACTIVE_VENV: &str = "VIRTUAL_ENV";
const ON_PATH: &str = "python3 on PATH";
const BY_NAME: &str = "ld.so";

/// Looks for a Python in the process.
///
/// # Errors
///
/// That there is one which cannot be used, so that none can be.
pub(crate) fn in_process(steps: &mut Steps) -> Result<Option<Found>, String> {
    let mut images = loaded::images();
    let alone = images.len() <= 1;
    for image in &images {
        let state = if image.is_initialized() { "initialised" } else { "not initialised" };
        let (major, minor) = image.version;
        let outcome = format!("Python {major}.{minor}, {state}");
        steps.add(IN_PROCESS, Some(Path::new(&image.shown())), outcome);
    }
    let initialised = images.iter().filter(|image| image.is_initialized()).count();
    if initialised == 1 && images.len() > 1 {
        images.retain(Image::is_initialized);
    }
    if images.len() > 1 {
        let list: Vec<String> = images
            .iter()
            .map(|image| format!("{} ({}.{})", image.shown(), image.version.0, image.version.1))
            .collect();
        return Err(format!(
            "more than one Python is in the process, {initialised} of them initialised, and they \
             are never mixed: {}; load only one of them, or initialise the one that is meant \
             before the first call",
            list.join(", ")
        ));
    }
    let Some(image) = images.pop() else {
        steps.add(IN_PROCESS, None, "none");
        return Ok(None);
    };
    if image.version < OLDEST {
        let (major, minor) = image.version;
        return Err(format!(
            "Python {major}.{minor} is in the process already ({}), and this DLL needs 3.8 or \
             later; a process can have only one",
            image.shown()
        ));
    }
    let abi = functions(&image)?;
    Ok(Some(Found { image, abi, venv: None, by_variable: false, opened: false, alone }))
}

/// Looks for a libpython on the machine. The first that can be used is opened, with its symbols
/// visible to nobody else yet.
///
/// # Errors
///
/// That `EMBED_DLL_LIBPYTHON` names none that can be used: who sets it wants that one, no other.
pub(crate) fn on_machine(
    locate: &Locate,
    meant: Option<&Meant>,
    steps: &mut Steps,
) -> Result<Option<Found>, String> {
    let mut search = Search { steps, tried: Vec::new() };
    search.run(locate, meant.map(|meant| &meant.venv))
}

/// A virtual environment that somebody names.
pub(crate) struct Meant {
    pub(crate) venv: Venv,
    /// Whether it is what the author of the DLL says, and not `VIRTUAL_ENV`.
    pub(crate) is_authors: bool,
}

/// The virtual environment that the author or `VIRTUAL_ENV` names, if it can be read.
pub(crate) fn venv(locate: &Locate, steps: &mut Steps) -> Option<Meant> {
    let author = locate.venv.and_then(|path| origin(Path::new(path), AUTHOR, steps));
    let is_authors = author.is_some();
    let folder = author.or_else(|| environment::path(c"VIRTUAL_ENV"))?;
    match Venv::read(&folder) {
        Ok(venv) => Some(Meant { venv, is_authors }),
        Err(reason) => {
            let reason = format!("is no virtual environment: {reason}");
            steps.without_venv(is_authors, &folder, reason);
            None
        }
    }
}

/// A path that somebody says; `$ORIGIN` as its first part is the folder of the DLL, or of the
/// executable that contains it.
pub(crate) fn origin(path: &Path, who: &'static str, steps: &mut Steps) -> Option<PathBuf> {
    let Ok(rest) = path.strip_prefix("$ORIGIN") else { return Some(path.into()) };
    let folder = dl::own_object().and_then(|(_, file)| {
        let file = file.canonicalize().unwrap_or(file);
        Some(file.parent()?.to_owned())
    });
    match folder {
        Some(folder) => Some(folder.join(rest)),
        None => {
            steps.add(who, Some(path), "the folder of the DLL cannot be told");
            None
        }
    }
}

/// All functions of an image.
fn functions(image: &Image) -> Result<Abi, String> {
    // SAFETY: the image is loaded, and it is closed only if nothing of the table is used.
    unsafe { Abi::find(|name| image.symbol(name)) }.map_err(|missing| {
        let name = missing.0.to_string_lossy();
        format!("{} has no symbol {name}: it is no CPython of 3.8 or later", image.shown())
    })
}

struct Search<'a> {
    steps: &'a mut Steps,
    tried: Vec<PathBuf>,
}

impl Search<'_> {
    fn run(&mut self, locate: &Locate, venv: Option<&Venv>) -> Result<Option<Found>, String> {
        match environment::path(c"EMBED_DLL_LIBPYTHON") {
            Some(value) => self.told(&value).map(Some),
            None => Ok(self.search(locate, venv)),
        }
    }

    /// What `EMBED_DLL_LIBPYTHON` names.
    fn told(&mut self, value: &Path) -> Result<Found, String> {
        let before = self.steps.taken().len();
        let path = origin(value, VARIABLE, self.steps);
        if let Some(found) = path.as_deref().and_then(|path| self.given(VARIABLE, path)) {
            return Ok(found);
        }
        let reasons = self.steps.taken().iter().skip(before).map(|step| {
            // The file that the value says need not be said twice.
            match step.path.as_deref().filter(|&path| path != value) {
                Some(path) => format!("{}: {}", path.display(), step.outcome),
                None => step.outcome.clone(),
            }
        });
        Err(format!(
            "{VARIABLE} is {}, and that cannot be used: {}; set it to a file libpython3.X.so.1.0 \
             of 3.8 or later, to a virtual environment, or to the prefix or the interpreter of a \
             Python that has one; or unset it, and one is searched for",
            value.display(),
            reasons.collect::<Vec<_>>().join("; ")
        ))
    }

    fn search(&mut self, locate: &Locate, venv: Option<&Venv>) -> Option<Found> {
        if let Some(path) =
            locate.libpython.and_then(|path| origin(Path::new(path), AUTHOR, self.steps))
        {
            let found = self.given(AUTHOR, &path);
            if found.is_some() {
                return found;
            }
        }
        if let Some(venv) = venv {
            let candidates = Candidates::of_venv(venv.clone());
            if candidates.files.is_empty() {
                self.steps.add(VENV, Some(&venv.folder), "its base has no libpython");
            }
            let found = self.first(VENV, candidates);
            if found.is_some() {
                return found;
            }
        }
        let folders = environment::folders(c"PATH");
        let pythons: Vec<PathBuf> = folders
            .into_iter()
            .map(|folder| folder.join("python3"))
            .filter(|python| python.is_file())
            .collect();
        if pythons.is_empty() {
            self.steps.add(ON_PATH, None, "none");
        }
        for python in pythons {
            let candidates = match Candidates::of_interpreter(&python) {
                Ok(candidates) => candidates,
                Err(reason) => {
                    self.steps.add(ON_PATH, Some(&python), reason);
                    continue;
                }
            };
            if candidates.files.is_empty() {
                self.steps.add(ON_PATH, Some(&python), "its prefix has no libpython");
            }
            let found = self.first(ON_PATH, candidates);
            if found.is_some() {
                return found;
            }
        }
        let files = places::sonames().map(PathBuf::from).collect();
        self.first(BY_NAME, Candidates { files, venv: None })
    }

    fn given(&mut self, what: &'static str, path: &Path) -> Option<Found> {
        let candidates = match places::given(path) {
            Ok(candidates) => candidates,
            Err(reason) => {
                self.steps.add(what, Some(path), reason);
                return None;
            }
        };
        if candidates.files.is_empty() {
            self.steps.add(what, Some(path), "has no libpython");
        }
        self.first(what, candidates)
    }

    /// Opens the first candidate that can be used. Only what a virtual environment has led to may be
    /// of it: PATH changes nothing for a libpython that was found otherwise.
    fn first(&mut self, what: &'static str, candidates: Candidates) -> Option<Found> {
        let Candidates { files, venv } = candidates;
        let (mut found, by_name) = self.open_first(what, files)?;
        found.by_variable = what == VARIABLE;
        let version = found.image.version;
        let venv = venv.filter(|venv| venv.version.is_none_or(|venv| venv == version));
        let Some(venv) = venv else { return Some(found) };
        // A name alone may lead ld.so to another installation, whose libpython and the standard
        // library of the environment's base are not meant for each other.
        let stranger = if by_name { prefix::fits(&venv, &found, false).err() } else { None };
        if let Some(reason) = stranger {
            self.steps.add(what, Some(&venv.folder), reason);
            if found.by_variable {
                found.image.close();
                return None;
            }
            return Some(found);
        }
        let outcome = "the virtual environment that led to it, used";
        self.steps.add(what, Some(&venv.folder), outcome);
        found.venv = Some(venv);
        Some(found)
    }

    /// The libpython, and whether ld.so has found it by its name.
    fn open_first(&mut self, what: &'static str, files: Vec<PathBuf>) -> Option<(Found, bool)> {
        files.into_iter().find_map(|path| {
            let by_name = !has_folder(&path);
            let identity = path.canonicalize().unwrap_or_else(|_| path.clone());
            if self.tried.contains(&identity) {
                return None;
            }
            self.tried.push(identity);
            match open(&path) {
                Ok(found) => {
                    let (major, minor) = found.image.version;
                    let outcome = format!("Python {major}.{minor}, used");
                    let path = found.image.path.clone().unwrap_or(path);
                    self.steps.add(what, Some(&path), outcome);
                    Some((found, by_name))
                }
                Err(reason) => {
                    self.steps.add(what, Some(&path), reason);
                    None
                }
            }
        })
    }
}

/// Whether ld.so opens a path as it stands, and does not search for it.
fn has_folder(path: &Path) -> bool {
    path.as_os_str().as_bytes().contains(&b'/')
}

/// Opens a libpython, visible to nobody else yet: a wrong one must not lend its symbols to the
/// host.
fn open(path: &Path) -> Result<Found, String> {
    if has_folder(path)
        && let Some(objection) = elf::objection(path)
    {
        return Err(objection);
    }
    let name = CString::new(path.as_os_str().as_bytes())
        .map_err(|_| String::from("has a NUL in its name"))?;
    let handle = Handle::open(&name, libc::RTLD_NOW | libc::RTLD_LOCAL).map_err(|text| {
        // Whoever shows the reason has said the name.
        let reason = text.strip_prefix(&*path.to_string_lossy());
        reason.and_then(|text| text.strip_prefix(": ")).map_or(text.clone(), str::to_owned)
    })?;
    let Some(image) = Image::behind(Some(handle), &dl::objects()) else {
        handle.close();
        return Err(String::from("has no Py_GetVersion: it is no libpython"));
    };
    let (major, minor) = image.version;
    let abi = if image.version < OLDEST {
        Err(format!("is Python {major}.{minor}, and 3.8 or later is needed"))
    } else {
        functions(&image)
    };
    match abi {
        Ok(abi) => {
            Ok(Found { image, abi, venv: None, by_variable: false, opened: true, alone: true })
        }
        Err(reason) => {
            handle.close();
            Err(reason)
        }
    }
}
