//! Starting the interpreter, or attaching to the one that runs.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("embed-dll knows the layouts of 64-bit Linux only");

mod cffi_lock;
mod config;
mod config_tables;
mod encoding;
mod exception;
pub(crate) mod guarded;
mod host;
mod init_config;
pub(crate) mod process;
mod settings;
mod status;
mod variables;

use std::fmt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::time::Duration;

use crate::find::{self, Found, Meant, Step, Steps, dl, prefix};
use crate::python::{Abi, Py, abi};
use crate::spec::Spec;
use crate::thread;
use cffi_lock::CffiLock;
use host::{Errno, HostState};
use process::{Busy, Registry};
use settings::Settings;

/// The numbers that a test compares with CPython's headers.
pub(crate) mod tables {
    pub use super::cffi_lock::{TP_AS_BUFFER, TP_VERSION_TAG};
    pub use super::config_tables::{CONFIG_BYTES, PRECONFIG_BYTES, fields, is_text};
}

/// How long another thread may take to start the interpreter. Far more than it needs (10 to 50 ms,
/// seconds under valgrind): only a deadlock takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The interpreter of this process, as this DLL sees it.
pub struct Runtime {
    /// Its C functions.
    pub abi: &'static Abi,
    /// The file that they are in; `None` if it is the executable.
    pub library: Option<PathBuf>,
    /// Whether this DLL initialised it.
    pub ours: bool,
    /// How it was found.
    pub steps: Vec<Step>,
}

/// Why there is no interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// What happened, what was tried and what to do.
    pub text: String,
    /// Whether another attempt can succeed in this process.
    pub retry: bool,
    /// Whether nothing has failed: somebody else's attempt has not ended.
    pub busy: bool,
}

impl StartError {
    fn again(text: String) -> StartError {
        StartError { text, retry: true, busy: false }
    }

    fn busy(text: String) -> StartError {
        StartError { text, retry: true, busy: true }
    }

    fn for_good(text: String) -> StartError {
        StartError { text, retry: false, busy: false }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for StartError {}

/// Whether this DLL has initialised the interpreter, or is about to.
static OURS: AtomicBool = AtomicBool::new(false);

static RUNTIME: AtomicPtr<Runtime> = AtomicPtr::new(ptr::null_mut());

/// The interpreter, if this DLL knows one.
#[inline]
pub(crate) fn runtime() -> Option<&'static Runtime> {
    // SAFETY: null, or published by `publish`, which never frees or changes it.
    unsafe { RUNTIME.load(Ordering::Acquire).as_ref() }
}

/// Finds, opens and initialises an interpreter, once for the process. Any thread may call it, many
/// at once, attached or not; afterwards the thread is as it was. The process never ends because of
/// it. The thread that initialises is Python's main thread from then on.
///
/// # Errors
///
/// [`StartError`]; the call may be repeated when its cause is mended, if it says so.
pub(crate) fn interpreter(spec: &Spec) -> Result<&'static Runtime, StartError> {
    if let Some(runtime) = runtime() {
        return Ok(runtime);
    }
    let _errno = Errno::save();
    let mut steps = Steps::silent();
    // Whoever is attached needs no lock, and must not wait for one: its holder may need the GIL.
    // The interpreter is complete for him already.
    if let Some(found) = find::in_process(&mut steps).map_err(StartError::again)?
        && found.image.is_initialized()
        && is_attached(&found.abi)
    {
        // SAFETY: the thread is attached.
        return Ok(unsafe { Measured::new(found) }?.publish(&steps));
    }
    let registry = process::registry();
    let _lock = registry.lock_start(PATIENCE).map_err(busy)?;
    if let Some(runtime) = runtime() {
        return Ok(runtime);
    }
    if let Some(text) = registry.failure() {
        return Err(StartError::for_good(text));
    }
    start(spec, registry)
}

/// Keeps the DLL mapped for the life of the process, because Python refers to it.
pub(crate) fn pin() {
    if let Some((object, _)) = dl::own_object()
        && !object.is_executable()
    {
        process::pin(&object);
    }
}

/// Whether the calling thread is attached to the interpreter of `abi`, or to a sub-interpreter. It
/// must be initialised.
pub(crate) fn is_attached(abi: &Abi) -> bool {
    let Some(current) = current(abi) else { return false };
    // From 3.12 on the current state is that of this thread; before, of whoever has the GIL.
    // SAFETY: may be called without being attached.
    if abi.version >= (3, 12) || current == unsafe { abi.PyGILState_GetThisThreadState() } {
        return true;
    }
    // 3.8 to 3.11 remember only one state of a thread, that of the main interpreter, and no longer
    // check once there are sub-interpreters: then, and only then, this says yes to everybody.
    // SAFETY: may be called without being attached.
    if unsafe { abi.PyGILState_Check() } == 0 {
        return false;
    }
    // SAFETY: asks only.
    let me = unsafe { libc::pthread_self() };
    // `PyThreadState.thread_id` of these versions, which change no more, is in the first 32 words,
    // and nothing else there can be the address that identifies a thread.
    (0..32).any(|index| {
        let word = current.cast::<libc::pthread_t>().wrapping_add(index);
        // SAFETY: the state of whoever has the GIL is alive, and larger than this. If it is another
        // thread's, it may give the GIL up and end at this moment; its memory stays readable.
        unsafe { word.read_volatile() == me }
    })
}

/// The current thread state, if there is one.
fn current(abi: &Abi) -> Option<*mut abi::PyThreadState> {
    let current = abi.current_state();
    (!current.is_null()).then_some(current)
}

fn busy(busy: Busy) -> StartError {
    match busy {
        Busy::Myself => StartError::busy(String::from(
            "called while this very thread starts the interpreter; `site`, `sitecustomize` and \
             .pth files must not call functions of the DLL",
        )),
        Busy::Forked => StartError::for_good(String::from(
            "the process was forked while another thread was starting the interpreter; start it \
             before forking, or fork before the first call",
        )),
        Busy::TooLong => StartError::busy(format!(
            "another thread has been starting the interpreter for more than {} seconds; it may be \
             waiting for this one",
            PATIENCE.as_secs()
        )),
    }
}

/// The whole way, under the start lock and not attached.
fn start(spec: &Spec, registry: &Registry) -> Result<&'static Runtime, StartError> {
    let mut steps = Steps::new();
    let there = find::in_process(&mut steps).map_err(StartError::again)?;
    if let Some(found) = there.as_ref().filter(|found| found.image.is_initialized()) {
        // Whoever started it may not be done: `site` is imported last.
        let lock = take_cffi_lock(found)?;
        drop(lock);
        promote(found, &mut steps);
    }
    let found = match there {
        Some(found) if found.image.is_initialized() => return attach(found, &steps, registry),
        there => there,
    };
    let meant = find::venv(&spec.locate, &mut steps);
    let mut found = match found {
        Some(found) => found,
        None => find::on_machine(&spec.locate, meant.as_ref(), &mut steps)
            .map_err(StartError::again)?
            .ok_or_else(|| nothing(&steps))?,
    };
    let settings = prepare(spec, &mut found, meant, &mut steps);
    // Before any lock of libpython is taken: it is closed if it was opened in vain.
    if let Some(text) = settings::objection(&settings, &found) {
        if found.opened {
            found.image.close();
        }
        return Err(StartError::again(text));
    }
    promote(&found, &mut steps);
    let lock = take_cffi_lock(&found)?;
    // A CFFI DLL may have been faster.
    if found.image.is_initialized() {
        drop(lock);
        return attach(found, &steps, registry);
    }
    let started = initialize(found, &settings, &steps, registry);
    drop(lock);
    started
}

fn take_cffi_lock(found: &Found) -> Result<CffiLock, StartError> {
    // SAFETY: the table of a loaded CPython.
    unsafe { CffiLock::take(&found.abi, PATIENCE) }.map_err(|cffi_lock::Stuck| {
        StartError::busy(format!(
            "a CFFI embedding DLL has been starting the interpreter for more than {} seconds; it \
             may be waiting for this thread",
            PATIENCE.as_secs()
        ))
    })
}

/// What the interpreter will be told.
fn prepare(spec: &Spec, found: &mut Found, meant: Option<Meant>, steps: &mut Steps) -> Settings {
    let is_used = |meant: &Meant| {
        found.venv.as_ref().is_some_and(|venv| found.by_variable || *venv == meant.venv)
    };
    if let Some(Meant { venv, is_authors }) = meant.filter(|meant| !is_used(meant)) {
        match prefix::fits(&venv, found, is_authors) {
            Ok(()) => found.venv = Some(venv),
            Err(reason) => steps.without_venv(is_authors, &venv.folder, reason),
        }
    }
    Settings::new(spec, found, steps)
}

/// Attaches to an interpreter that runs.
fn attach(
    found: Found,
    steps: &Steps,
    registry: &Registry,
) -> Result<&'static Runtime, StartError> {
    let (ensure, release) = found.abi.gil_state();
    // SAFETY: the interpreter runs; the two are paired.
    let state = unsafe { ensure() };
    // Initialised without `site`: what was left undone is done now.
    let unfinished = registry.lacks_site().then(HostState::save);
    let result = if unfinished.is_some() {
        // SAFETY: attached since a moment.
        unsafe { import_site(found, registry) }
    } else {
        Ok(found)
    };
    // SAFETY: attached since a moment.
    let result = result.and_then(|found| unsafe { Measured::new(found) });
    if let (Some(_), Ok(measured)) = (&unfinished, &result) {
        // SAFETY: as above.
        complete(unsafe { Py::assume(measured.abi) });
    }
    // SAFETY: as above.
    unsafe { release(state) };
    if let Some(host) = unfinished {
        host.restore();
    }
    Ok(result?.publish(steps))
}

/// Imports `site`, which failed when the interpreter was initialised.
///
/// # Safety
///
/// The thread must be attached.
unsafe fn import_site(found: Found, registry: &Registry) -> Result<Found, StartError> {
    // SAFETY: as the caller promises.
    if let Err(text) = unsafe { exception::import(&found.abi, c"site") } {
        return Err(StartError::again(format!(
            "init_import_site: Failed to import the site module\n{text}"
        )));
    }
    registry.set_lacks_site(false);
    Ok(found)
}

/// Initialises, under both locks.
fn initialize(
    found: Found,
    settings: &Settings,
    steps: &Steps,
    registry: &Registry,
) -> Result<&'static Runtime, StartError> {
    pin();
    let detach = found.abi.detach();
    let host = HostState::save();
    OURS.store(true, Ordering::Release);
    // SAFETY: nothing is initialised, and nobody else initialises while the locks are held.
    let result = match unsafe { run_initialization(&found, settings) } {
        Ok(()) => {
            // SAFETY: initialisation leaves the thread attached.
            let measured = unsafe { Measured::new(found) };
            if let Ok(measured) = &measured {
                // SAFETY: as above.
                complete(unsafe { Py::assume(measured.abi) });
            }
            // SAFETY: attached; afterwards no more.
            unsafe { detach() };
            measured
        }
        Err(text) => {
            OURS.store(found.image.is_initialized(), Ordering::Release);
            Err(failed(text, found, registry))
        }
    };
    host.restore();
    // Last: another thread may use the interpreter from now on.
    let runtime = result?.publish(steps);
    thread::initialised(runtime);
    Ok(runtime)
}

/// # Safety
///
/// No interpreter may run in the process, and no other thread may start one.
unsafe fn run_initialization(found: &Found, settings: &Settings) -> Result<(), String> {
    if init_config::is_known(&found.image) {
        // SAFETY: as the caller promises.
        unsafe { init_config::initialize(&found.image, settings) }
    } else {
        // SAFETY: as the caller promises.
        unsafe { config::initialize(&found.image, settings) }
    }
}

/// What has to be done once in a new interpreter. None of it is worth a failure.
fn complete(py: Py<'_>) {
    // `_thread.interrupt_main()` is a crash on 3.11 without this module, and with it Python's
    // handler of SIGINT comes now, when it can be taken away again, and not at somebody's first
    // `import subprocess`. `signal` itself would import `enum`, which takes a tenth of the start.
    if let Err(raised) = py.import(c"_signal") {
        raised.forget(py);
    }
    if let Err(raised) = correct_executable(py) {
        raised.forget(py);
    }
}

/// If the program that CPython was told does not exist, `sys.executable` is the interpreter of the
/// prefix that it has found, or empty, as the documentation of `sys` says.
fn correct_executable(py: Py<'_>) -> crate::python::Result<()> {
    let sys = py.import(c"sys")?;
    if settings::is_executable(Path::new(&sys.attr(c"executable")?.to_text()?)) {
        return Ok(());
    }
    let prefix = PathBuf::from(sys.attr(c"base_prefix")?.to_text()?);
    let (major, minor) = py.abi().version;
    let flags = sys.attr(c"abiflags")?.to_text()?;
    let python = prefix.join(format!("bin/python{major}.{minor}{flags}"));
    let python = if settings::is_executable(&python) { python } else { PathBuf::new() };
    let python = py.str(&python.to_string_lossy())?;
    sys.set_attr(c"executable", *python)?;
    sys.set_attr(c"_base_executable", *python)
}

/// An interpreter that runs and whose objects are of a known shape.
struct Measured {
    abi: &'static Abi,
    library: Option<PathBuf>,
}

impl Measured {
    /// # Safety
    ///
    /// The thread must be attached.
    unsafe fn new(found: Found) -> Result<Measured, StartError> {
        // SAFETY: as the caller promises.
        if let Err(reason) = unsafe { found.abi.header.measure(&found.abi) } {
            let (major, minor) = found.image.version;
            return Err(StartError::for_good(format!(
                "Python {major}.{minor} in {} cannot be used: {reason}",
                found.image.shown()
            )));
        }
        Ok(Measured { abi: abi::publish(found.abi), library: found.image.path })
    }

    /// Makes it the runtime of this DLL. The first one stays.
    fn publish(self, steps: &Steps) -> &'static Runtime {
        pin();
        let runtime = Runtime {
            abi: self.abi,
            library: self.library,
            ours: OURS.load(Ordering::Acquire),
            steps: steps.taken().to_vec(),
        };
        let new = Box::into_raw(Box::new(runtime));
        match RUNTIME.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: from a box, published and never freed.
            Ok(_) => unsafe { &*new },
            Err(first) => {
                // SAFETY: from a box just now, and nobody has seen it.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: what was published is never freed or changed.
                unsafe { &*first }
            }
        }
    }
}

/// Makes the symbols of libpython visible to extension modules.
fn promote(found: &Found, steps: &mut Steps) {
    let what = "visible to extension modules";
    let path = found.image.path.as_deref();
    if !found.alone {
        steps.add(what, path, "no: another Python is in the process, and its modules would see it");
    } else if let Err(reason) = found.image.promote() {
        steps.add(what, path, format!("no: {reason}"));
    }
}

/// CPython could not start.
fn failed(text: String, found: Found, registry: &Registry) -> StartError {
    let is_initialised = found.image.is_initialized();
    let (major, minor) = found.image.version;
    let which = format!("(Python {major}.{minor}, {})", found.image.shown());
    let Some(_) = current(&found.abi) else {
        // It came to nothing before there was an interpreter.
        return StartError::again(format!("{text}\n{which}"));
    };
    let detach = found.abi.detach();
    // SAFETY: there is a current thread state, which initialisation has made for this thread.
    let exception = unsafe { exception::take(found.abi, is_initialised) };
    let text = match exception {
        Some(exception) => format!("{text}\n{exception}\n{which}"),
        None => format!("{text}\n{which}"),
    };
    if is_initialised {
        // Only `site` is missing.
        registry.set_lacks_site(true);
        // SAFETY: attached.
        unsafe { detach() };
        return StartError::again(text);
    }
    let text = format!("{text}\nCPython allows no second attempt in this process");
    registry.set_failure(&text);
    StartError::for_good(text)
}

fn nothing(steps: &Steps) -> StartError {
    let list: String = steps.lines().iter().map(|line| format!("\n  {line}")).collect();
    StartError::again(format!(
        "no libpython of 3.8 or later can be used; looked at:{list}\n\
         What to do: install one (Debian: libpython3-dev or libpython3.X; pyenv: \
         PYTHON_CONFIGURE_OPTS=--enable-shared), or set EMBED_DLL_LIBPYTHON to the file \
         libpython3.X.so.1.0"
    ))
}
