//! Real interpreters for the tests of this module and of `python`. One process holds one interpreter, so each test
//! runs itself once more per interpreter found.

#![expect(clippy::disallowed_methods, reason = "tests are told by variables what to use")]
#![expect(clippy::print_stderr, reason = "a skip has to be seen")]

use std::env;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::python::Abi;
use crate::python::abi::publish;
use crate::start::Runtime;

const LIBRARY: &str = "EMBED_DLL_TEST_LIBPYTHON";
const LIMIT: Duration = Duration::from_secs(120);

/// An interpreter that runs in this process; no thread is attached.
pub(crate) struct Python {
    pub(crate) runtime: &'static Runtime,
    library: *mut c_void,
}

/// The result of a test in one process.
pub(crate) struct Ran {
    pub(crate) library: PathBuf,
    pub(crate) output: Output,
}

impl Python {
    /// The address of a C function that is not in the table.
    pub(crate) fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: a library that stays open.
        let address = unsafe { libc::dlsym(self.library, name.as_ptr()) };
        assert!(!address.is_null(), "{name:?} is not in libpython");
        address
    }

    /// Runs code in `__main__`. The thread must be attached.
    pub(crate) fn run(&self, code: &str) {
        let code = CString::new(code).unwrap();
        // SAFETY: the prototype of the C function.
        let run: unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int =
            unsafe { std::mem::transmute(self.symbol(c"PyRun_SimpleStringFlags")) };
        // SAFETY: attached, says the caller.
        assert_eq!(unsafe { run(code.as_ptr(), std::ptr::null_mut()) }, 0, "the code raised");
    }

    pub(crate) fn finalise(&self) {
        // SAFETY: the prototype of the C function.
        let finalise: unsafe extern "C" fn() -> c_int =
            unsafe { std::mem::transmute(self.symbol(c"Py_FinalizeEx")) };
        // SAFETY: attached, says the caller.
        assert_eq!(unsafe { finalise() }, 0);
    }

    pub(crate) fn initialise(&self) {
        // SAFETY: the prototype of the C function.
        let initialise: unsafe extern "C" fn(c_int) =
            unsafe { std::mem::transmute(self.symbol(c"Py_InitializeEx")) };
        // SAFETY: not initialised.
        unsafe { initialise(0) };
    }
}

/// In the process made for one interpreter: starts it and runs `body`. In the test itself: makes
/// those processes, and gives what came of each to `judge`.
pub(crate) fn on_each(name: &str, body: fn(&Python), judge: fn(&Ran)) {
    if let Some(library) = env::var_os(LIBRARY) {
        body(&open(Path::new(&library)));
        return;
    }
    let libraries = libraries();
    if libraries.is_empty() {
        let required = env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "no libpython was found");
        eprintln!("SKIPPED {name}: no libpython was found; EMBED_DLL_TEST_PYTHONS names prefixes");
        return;
    }
    for library in libraries {
        let ran = run(name, library);
        judge(&ran);
    }
}

/// The usual judgement.
pub(crate) fn succeeded(ran: &Ran) {
    assert!(
        ran.output.status.success(),
        "{}: {:?}\n{}\n{}",
        ran.library.display(),
        ran.output.status,
        String::from_utf8_lossy(&ran.output.stdout),
        String::from_utf8_lossy(&ran.output.stderr)
    );
}

fn run(name: &str, library: PathBuf) -> Ran {
    let prefix = library.ancestors().find(|at| at.join("bin").is_dir()).unwrap().to_path_buf();
    let mut child = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1", "--include-ignored"])
        .env_clear()
        .env(LIBRARY, &library)
        .env("PYTHONHOME", prefix)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > LIMIT {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!(
                "{name} hangs with {}\n{}\n{}",
                library.display(),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        sleep(Duration::from_millis(5));
    }
    Ran { library, output: child.wait_with_output().unwrap() }
}

fn open(path: &Path) -> Python {
    let name = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: libpython's initialisers do nothing.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    assert!(!library.is_null(), "{} cannot be loaded", path.display());
    // SAFETY: one libpython, never closed.
    let abi = unsafe { Abi::find(|name| libc::dlsym(library, name.as_ptr())) };
    let abi = publish(abi.unwrap_or_else(|missing| panic!("{missing:?}")));
    let library_path = Some(path.to_path_buf());
    let runtime = Runtime { abi, library: library_path, ours: true, steps: Vec::new() };
    let python = Python { runtime: Box::leak(Box::new(runtime)), library };
    python.initialise();
    super::initialised(python.runtime);
    // SAFETY: attached by the initialisation.
    unsafe { abi.header.measure(abi) }.unwrap();
    // SAFETY: attached.
    let py = unsafe { crate::python::Py::assume(abi) };
    if super::started(python.runtime, py).is_err() {
        panic!("atexit cannot be used");
    }
    // SAFETY: attached.
    unsafe { abi.PyEval_SaveThread() };
    python
}

/// Every libpython from 3.8 on: in the prefixes that the variable names, in pyenv, in /usr.
fn libraries() -> Vec<PathBuf> {
    let added = env::var_os("EMBED_DLL_TEST_PYTHONS").unwrap_or_default();
    let pyenv = env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    let versions = pyenv.map(|root| entries(&root.join("versions"))).unwrap_or_default();
    let usual = versions.into_iter().chain([PathBuf::from("/usr")]);
    let added = env::split_paths(&added).filter(|prefix| !prefix.as_os_str().is_empty());
    let mut prefixes: Vec<PathBuf> = usual.chain(added).collect();
    prefixes.sort();
    let folders = prefixes.iter().flat_map(|prefix| {
        let lib = prefix.join("lib");
        let inner = entries(&lib).into_iter().filter(|at| {
            at.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-linux-gnu"))
        });
        inner.chain([lib.clone()]).collect::<Vec<_>>()
    });
    folders.flat_map(|folder| entries(&folder)).filter(|file| is_libpython(file)).collect()
}

fn is_libpython(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let minor = name.strip_prefix("libpython3.").and_then(|rest| rest.strip_suffix(".so.1.0"));
    let digits = minor.map(|rest| rest.trim_end_matches(|c: char| !c.is_ascii_digit()));
    digits.and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|minor| minor >= 8)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
