//! The host: this program again, as `--host`, with the words of a case as arguments. It calls the
//! DLL as C does.

#![expect(clippy::print_stdout, reason = "what a host does is told by its standard output")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io::Write as _;
use std::process::exit;
use std::thread;

/// The exit code of a host that came to its end.
pub(crate) const END: i32 = 17;

/// The opened DLL.
#[derive(Clone, Copy)]
struct Dll(*mut c_void);

// SAFETY: the handle may be used by any thread.
unsafe impl Send for Dll {}

/// Runs the words of a case; each says what it does in one line.
pub(crate) fn main(mut words: impl Iterator<Item = String>) -> ! {
    let file = words.next().expect("the DLL");
    let dll = Dll::open(&file);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Runs the next word in a thread of its own, to its end.
            "thread" => {
                let word = words.next().expect("a word");
                thread::spawn(move || dll.step(&word)).join().expect("no panic");
            }
            "write" => {
                let (file, text) = (words.next().expect("a file"), words.next().expect("a text"));
                std::fs::write(file, text).expect("written");
            }
            // Runs the next word but one in a sub-interpreter.
            "sub" => {
                let (libpython, word) = (words.next(), words.next());
                dll.sub(&libpython.expect("a libpython"), &word.expect("a word"));
            }
            word => dll.step(word),
        }
        std::io::stdout().flush().expect("flushed");
    }
    exit(END)
}

impl Dll {
    fn open(file: &str) -> Dll {
        let name = CString::new(file).expect("no NUL");
        // SAFETY: a C string; the DLL's constructors are Rust's.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "{file} cannot be opened");
        Dll(handle)
    }

    fn symbol(self, name: &str) -> *mut c_void {
        let name = CString::new(name).expect("no NUL");
        // SAFETY: an open handle and a C string.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!address.is_null(), "the DLL has no {name:?}");
        address
    }

    fn number(self, name: &str, argument: c_int) -> c_int {
        // SAFETY: the cases name functions of this type, or that take nothing.
        let function: unsafe extern "C" fn(c_int) -> c_int =
            unsafe { std::mem::transmute(self.symbol(name)) };
        // SAFETY: takes any number.
        unsafe { function(argument) }
    }

    fn string(self, name: &str, argument: c_int) -> Option<*const c_char> {
        // SAFETY: the cases name functions of this type, or that take nothing.
        let function: unsafe extern "C" fn(c_int) -> *const c_char =
            unsafe { std::mem::transmute(self.symbol(name)) };
        // SAFETY: takes any number.
        let text = unsafe { function(argument) };
        (!text.is_null()).then_some(text)
    }

    /// Runs a word in a sub-interpreter, with the GIL held, of a Python that is started if nobody has.
    fn sub(self, libpython: &str, word: &str) {
        let name = CString::new(libpython).expect("no NUL");
        // SAFETY: a C string, and a library that many programs open.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        assert!(!handle.is_null(), "{libpython} cannot be opened");
        let python = Dll(handle);
        let new: unsafe extern "C" fn() -> *mut c_void =
            // SAFETY: the prototype in CPython's headers, as those below.
            unsafe { std::mem::transmute(python.symbol("Py_NewInterpreter")) };
        let get: unsafe extern "C" fn() -> *mut c_void =
            // SAFETY: as above.
            unsafe { std::mem::transmute(python.symbol("PyThreadState_Get")) };
        let end: unsafe extern "C" fn(*mut c_void) =
            // SAFETY: as above.
            unsafe { std::mem::transmute(python.symbol("Py_EndInterpreter")) };
        let swap: unsafe extern "C" fn(*mut c_void) -> *mut c_void =
            // SAFETY: as above.
            unsafe { std::mem::transmute(python.symbol("PyThreadState_Swap")) };
        let save: unsafe extern "C" fn() -> *mut c_void =
            // SAFETY: as above.
            unsafe { std::mem::transmute(python.symbol("PyEval_SaveThread")) };
        let release: unsafe extern "C" fn(c_int) =
            // SAFETY: as above.
            unsafe { std::mem::transmute(python.symbol("PyGILState_Release")) };
        if python.number("Py_IsInitialized", 0) == 0 {
            python.number("Py_InitializeEx", 0);
            // SAFETY: attached since a moment.
            unsafe { save() };
        }
        let state = python.number("PyGILState_Ensure", 0);
        // SAFETY: attached since a moment.
        let main = unsafe { get() };
        // SAFETY: as above; gives the new state, or null.
        let sub = unsafe { new() };
        assert!(!sub.is_null(), "no sub-interpreter");
        self.step(word);
        // SAFETY: the current state is the sub-interpreter's only one.
        unsafe { end(sub) };
        // SAFETY: this thread's state in the main interpreter, and nothing is attached.
        unsafe { swap(main) };
        // SAFETY: attached, by the call that gave this state.
        unsafe { release(state) };
    }

    fn step(self, word: &str) {
        let (word, argument) = word.split_once('=').unwrap_or((word, "0"));
        let number: c_int = argument.parse().unwrap_or(0);
        match word {
            "start" => println!("start {}", self.number("module_case_start", 0)),
            "last" => match self.string("module_case_last_error", 0) {
                Some(text) => println!("last {}", read(text)),
                None => println!("last null"),
            },
            "text" => {
                // Other strings are made before it is read, as hosts do.
                let first = self.string("text", number).expect("a string");
                let others: Vec<_> =
                    (0..8).filter_map(|index| self.string("text", index)).collect();
                println!("text {} {}", read(first), others.len());
            }
            "small" => println!("small {}", self.number("small", number) as i8),
            "twice" | "exported" => println!("{word} {}", self.number(word, number)),
            "errno" => {
                // SAFETY: returns the address of a variable of the calling thread.
                let errno = unsafe { libc::__errno_location() };
                // SAFETY: that variable.
                unsafe { *errno = number };
                let twice = self.number("twice", number);
                let errno = std::io::Error::last_os_error().raw_os_error();
                println!("errno {twice} {}", errno.unwrap_or(0));
            }
            // A call that does not come back, in a thread that is not waited for.
            "stay" => {
                thread::spawn(move || self.number("twice", 1));
                thread::sleep(std::time::Duration::from_millis(300));
            }
            "finalise" => finalise(),
            "wait" => thread::sleep(std::time::Duration::from_millis(300)),
            // Many calls at once; tells how many did not return -1.
            "crowd" => {
                let calls = move || (0..1000).filter(|_| self.number("twice", 1) != -1).count();
                let threads: Vec<_> = (0..8).map(|_| thread::spawn(calls)).collect();
                let wrong: usize =
                    threads.into_iter().map(|thread| thread.join().expect("no panic")).sum();
                println!("crowd {wrong}");
            }
            // As a host in C has it; Rust ignores it.
            "mortal" => {
                // SAFETY: the default is no handler.
                unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
            }
            "sigint" => {
                // SAFETY: sends a signal to this thread.
                unsafe { libc::raise(libc::SIGINT) };
            }
            other => panic!("unknown word {other}"),
        }
    }
}

/// Ends the interpreter, as a host does that has its own libpython.
fn finalise() {
    let function = |name: &CStr| {
        // SAFETY: a C string; the DLL has made libpython's symbols global.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        assert!(!address.is_null(), "{name:?} is not global");
        // SAFETY: both functions below have this type.
        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(address) }
    };
    // SAFETY: the interpreter runs.
    unsafe { function(c"PyGILState_Ensure")() };
    // SAFETY: attached.
    println!("finalise {}", unsafe { function(c"Py_FinalizeEx")() });
}

fn read(text: *const c_char) -> String {
    // SAFETY: a C string that the DLL keeps alive for now.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().replace('\n', "|")
}
