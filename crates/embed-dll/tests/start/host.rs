//! The host: this program again, as `--host`, with the words of a case as arguments.

#![expect(clippy::print_stdout, reason = "what a host does is told by its standard output")]
#![expect(clippy::multiple_unsafe_ops_per_block, reason = "C calls that belong together")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::process::exit;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use embed_dll::__private::{Locate, Options};
use embed_dll::__testing as embed;

/// The exit code of a host that came to its end.
pub(crate) const END: i32 = 17;

/// Runs the words of a case; each says what it does in one line.
pub(crate) fn main(words: impl Iterator<Item = String>) -> ! {
    // A shell has it ignored by what runs in the background.
    // SAFETY: no handler, only the default.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    let mut host = Host {
        words: words.collect::<Vec<_>>().into_iter(),
        locate: Locate::new(),
        options: Options::new(),
    };
    while let Some(word) = host.words.next() {
        host.step(&word);
    }
    exit(END)
}

struct Host {
    words: std::vec::IntoIter<String>,
    locate: Locate,
    options: Options,
}

impl Host {
    fn word(&mut self) -> String {
        self.words.next().expect("a word is missing")
    }

    /// A word that lives as long as the process.
    fn leaked(&mut self) -> Option<&'static str> {
        Some(self.word().leak())
    }

    fn step(&mut self, word: &str) {
        match word {
            "libpython" => self.locate.libpython = self.leaked(),
            "home" => self.locate.home = self.leaked(),
            "venv" => self.locate.venv = self.leaked(),
            "no-environment" => self.options.use_environment = false,
            "no-site" => self.options.import_site = false,
            "start" => println!("{}", self.start()),
            "run" => {
                let code = self.word();
                match embed::run(&code) {
                    Ok(text) => println!("result {text}"),
                    Err(text) => println!("exception {text}"),
                }
            }
            "setenv" => {
                let (name, value) = (c(self.word()), c(self.word()));
                // SAFETY: C strings, and this process has one thread now.
                unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) };
            }
            "unsetenv" => {
                let name = c(self.word());
                // SAFETY: as above.
                unsafe { libc::unsetenv(name.as_ptr()) };
            }
            "open" => {
                let flags =
                    if self.word() == "global" { libc::RTLD_GLOBAL } else { libc::RTLD_LOCAL };
                println!("open {}", open(&self.word(), flags));
            }
            "initialize" => initialize(&self.word()),
            "setlocale" => {
                let name = c(self.word());
                // SAFETY: a C string.
                let result = unsafe { libc::setlocale(libc::LC_CTYPE, name.as_ptr()) };
                println!("setlocale {}", !result.is_null());
            }
            "state" => println!("state {}", state()),
            "errno" => {
                set_errno(4711);
                let line = self.start();
                println!("errno {} {line}", errno());
            }
            "threads" => {
                let count = self.word().parse().expect("a number");
                println!("threads {}", self.threads(count));
            }
            "start-in-background" => {
                let (locate, options) = (self.locate, self.options);
                thread::spawn(move || embed::start(locate, options).is_ok());
                thread::sleep(Duration::from_millis(500));
            }
            "attached" => {
                let outcome = self.attached();
                println!("attached {outcome}");
            }
            "cffi" => {
                let milliseconds = self.word().parse().expect("a number");
                println!("cffi {}", self.cffi(milliseconds));
            }
            "time" => {
                let began = Instant::now();
                let line = self.start();
                println!("time {} {line}", began.elapsed().as_micros());
            }
            "bare" => bare(&self.word()),
            "registry" => println!("registry {:#x}", embed::registry()),
            "dll" => {
                let (file, function) = (self.word(), self.word());
                println!("dll {}", dll(&file, &function));
            }
            "race" => {
                let count = self.word().parse().expect("a number");
                let files = [self.word(), self.word()];
                println!("race {}", race(count, &files));
            }
            "close" => println!("close {}", close(&self.word())),
            "mapped" => {
                let name = self.word();
                let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
                println!("mapped {}", maps.contains(&name));
            }
            "sigint" => {
                // SAFETY: sends a signal to this process.
                unsafe { libc::raise(libc::SIGINT) };
                println!("sigint survived");
            }
            "fork" => {
                // SAFETY: one thread, and the child only goes on with its words.
                let child = unsafe { libc::fork() };
                if child > 0 {
                    let mut status = 0;
                    // SAFETY: waits for the child.
                    unsafe { libc::waitpid(child, &raw mut status, 0) };
                    println!("child {}", libc::WEXITSTATUS(status));
                    exit(END);
                }
            }
            other => panic!("unknown word {other}"),
        }
    }

    fn start(&self) -> String {
        match embed::start(self.locate, self.options) {
            Ok(runtime) => {
                let library = runtime
                    .library
                    .as_ref()
                    .map_or_else(String::new, |path| path.display().to_string());
                format!("started ours={} {library}", runtime.ours)
            }
            Err(error) => format!("failed retry={} {}", error.retry, error.text),
        }
    }

    /// Many threads start at once; all must get the same, and Python must run in each.
    fn threads(&self, count: usize) -> String {
        let barrier = Arc::new(Barrier::new(count));
        let (locate, options) = (self.locate, self.options);
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || {
                    barrier.wait();
                    let runtime = embed::start(locate, options).map_err(|error| error.text)?;
                    let sum = embed::run(&format!("import json; result = {number} + 1"))?;
                    Ok::<_, String>((
                        std::ptr::from_ref(runtime) as usize,
                        sum == (number + 1).to_string(),
                    ))
                })
            })
            .collect();
        let results: Result<Vec<_>, String> =
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        match results {
            Ok(results) => {
                let same = results.iter().all(|result| *result == (results[0].0, true));
                format!("same={same}")
            }
            Err(text) => text,
        }
    }

    /// Starts while this thread is attached, and another waits for the lock.
    fn attached(&mut self) -> String {
        // SAFETY: `Py_IsInitialized() != 0` is the case's business.
        let ensure: unsafe extern "C" fn() -> c_int =
            unsafe { std::mem::transmute(global(c"PyGILState_Ensure")) };
        // SAFETY: the prototype of the C API.
        let release: unsafe extern "C" fn(c_int) =
            unsafe { std::mem::transmute(global(c"PyGILState_Release")) };
        // SAFETY: paired below.
        let state = unsafe { ensure() };
        let (locate, options) = (self.locate, self.options);
        let other = thread::spawn(move || embed::start(locate, options).is_ok());
        // The other thread has the start lock by then, and waits for the GIL.
        thread::sleep(Duration::from_millis(100));
        let line = self.start();
        // SAFETY: as above.
        unsafe { release(state) };
        let other = other.join().expect("no panic");
        format!("other={other} {line}")
    }

    /// Takes CFFI's lock as a CFFI DLL does, and starts meanwhile: must wait for it.
    fn cffi(&mut self, milliseconds: u64) -> String {
        let capsule = global(c"PyCapsule_Type") as usize;
        let version: unsafe extern "C" fn() -> *const c_char =
            // SAFETY: the prototype of the C API.
            unsafe { std::mem::transmute(global(c"Py_GetVersion")) };
        // SAFETY: a constant string.
        let version = unsafe { CStr::from_ptr(version()) }.to_string_lossy().into_owned();
        let minor: u32 = version.split('.').nth(1).expect("a version").parse().expect("a number");
        let shift = if version.contains("free-threading") { 16 } else { 0 };
        let hold: Box<dyn Fn(bool)> = if minor < 12 {
            let word = (capsule + shift + 384) as *mut i32;
            // SAFETY: `tp_version_tag`, as in CFFI.
            Box::new(move |taken| unsafe { word.write_volatile(if taken { -42 } else { 0 }) })
        } else {
            // `{PyBufferProcs, int mark}`.
            let mark = Box::into_raw(Box::new([0_usize, 0, -42_i32 as u32 as usize])) as usize;
            let word = (capsule + shift + 160) as *mut usize;
            // SAFETY: `tp_as_buffer`, as in CFFI.
            Box::new(move |taken| unsafe { word.write_volatile(if taken { mark } else { 0 }) })
        };
        hold(true);
        let (locate, options) = (self.locate, self.options);
        let began = Instant::now();
        let starter = thread::spawn(move || {
            let result = embed::start(locate, options).is_ok();
            (result, began.elapsed())
        });
        thread::sleep(Duration::from_millis(milliseconds));
        hold(false);
        let (started, took) = starter.join().expect("no panic");
        let waited = took >= Duration::from_millis(milliseconds);
        // SAFETY: reads the word again: it must be free.
        let free = unsafe {
            if minor < 12 {
                ((capsule + shift + 384) as *const i32).read_volatile() != -42
            } else {
                ((capsule + shift + 160) as *const usize).read_volatile() == 0
            }
        };
        format!("started={started} waited={waited} free={free}")
    }
}

fn c(text: String) -> CString {
    CString::new(text).expect("no NUL")
}

fn open(file: &str, flags: c_int) -> bool {
    let file = c(file.to_owned());
    // SAFETY: a C string.
    let handle = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | flags) };
    !handle.is_null()
}

fn close(file: &str) -> bool {
    let file = c(file.to_owned());
    // SAFETY: a C string; the second reference is the one of "dll" or "open".
    unsafe {
        let handle = libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD);
        libc::dlclose(handle);
        libc::dlclose(handle) == 0
    }
}

fn global(name: &CStr) -> *mut c_void {
    // SAFETY: a C string.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    assert!(!address.is_null(), "{name:?} is not in the global scope");
    address
}

fn symbol(file: &str, name: &CStr) -> *mut c_void {
    let file = c(file.to_owned());
    // SAFETY: C strings.
    let address = unsafe {
        let handle = libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD);
        libc::dlsym(handle, name.as_ptr())
    };
    assert!(!address.is_null(), "{name:?} is not in {file:?}");
    address
}

/// `Py_InitializeEx(0)` of a libpython that is loaded, and `PyEval_SaveThread()`.
fn initialize(file: &str) {
    let initialize: unsafe extern "C" fn(c_int) =
        // SAFETY: the prototype of the C API.
        unsafe { std::mem::transmute(symbol(file, c"Py_InitializeEx")) };
    let save: unsafe extern "C" fn() -> *mut c_void =
        // SAFETY: the prototype of the C API.
        unsafe { std::mem::transmute(symbol(file, c"PyEval_SaveThread")) };
    // SAFETY: once, as the C API wants it.
    unsafe {
        initialize(0);
        save();
    }
    println!("initialized");
}

/// The time of a bare `Py_InitializeEx(0)`, opening included.
fn bare(file: &str) {
    let began = Instant::now();
    assert!(open(file, libc::RTLD_GLOBAL), "{file}");
    initialize(file);
    println!("bare {}", began.elapsed().as_micros());
}

/// Threads that call two DLLs at once.
fn race(count: usize, files: &[String; 2]) -> String {
    for file in files {
        assert!(open(file, libc::RTLD_LOCAL), "{file}");
    }
    let barrier = Arc::new(Barrier::new(count));
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let (barrier, file) = (Arc::clone(&barrier), files[number % 2].clone());
            thread::spawn(move || {
                barrier.wait();
                let good = dll(&file, "test_start") >= 0 && dll(&file, "test_run") == 42;
                (number % 2, dll(&file, "test_is_ours"), good)
            })
        })
        .collect();
    let results: Vec<_> =
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    let ours: std::collections::BTreeSet<_> =
        results.iter().filter(|(_, ours, _)| *ours == 1).map(|(file, ..)| file).collect();
    let good = results.iter().filter(|(.., good)| *good).count();
    format!("initialised by {}, good {good}", ours.len())
}

/// Calls `int function(void)` of a DLL, opened RTLD_LOCAL.
fn dll(file: &str, function: &str) -> i64 {
    let name = c(file.to_owned());
    let function = c(function.to_owned());
    // SAFETY: the DLL of these tests has functions of this prototype only.
    unsafe {
        let handle = libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!handle.is_null(), "{file}: {:?}", CStr::from_ptr(libc::dlerror()));
        let address = libc::dlsym(handle, function.as_ptr());
        assert!(!address.is_null(), "{function:?}");
        let function: unsafe extern "C" fn() -> i64 = std::mem::transmute(address);
        function()
    }
}

fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn set_errno(value: c_int) {
    // SAFETY: the address is valid in every thread.
    unsafe { *libc::__errno_location() = value };
}

/// Everything of the host that must not change.
fn state() -> String {
    let dispositions: Vec<String> = (1..=libc::SIGRTMAX())
        .filter_map(|signal| {
            let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: room for the answer.
            let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
            // SAFETY: zeroed and filled.
            let handler = unsafe { action.assume_init() }.sa_sigaction;
            (result == 0 && handler != libc::SIG_DFL)
                .then(|| format!("{signal}:{}", handler != libc::SIG_IGN))
        })
        .collect();
    // SAFETY: asks only.
    let ctype = unsafe { CStr::from_ptr(libc::setlocale(libc::LC_CTYPE, std::ptr::null())) };
    // SAFETY: an empty set, filled.
    let mask: Vec<c_int> = unsafe {
        let mut mask = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut mask);
        (1..=libc::SIGRTMAX())
            .filter(|signal| libc::sigismember(&raw const mask, *signal) == 1)
            .collect()
    };
    let folder = std::env::current_dir().expect("a folder");
    format!("signals={dispositions:?} mask={mask:?} ctype={ctype:?} folder={}", folder.display())
}
