//! The DLL that is measured.

use std::ffi::{CString, c_char, c_int};
use std::time::Instant;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use super::arguments::Arguments;
use super::{Error, cpu_time};

type Add = unsafe extern "C" fn(c_int, c_int) -> c_int;
type Plain = unsafe extern "C" fn() -> c_int;
type Initialise = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;

/// An open DLL; it is never closed.
#[derive(Clone, Copy)]
pub(super) struct Dll {
    add1: Add,
    hold: Option<(Plain, Plain)>,
}

/// Nanoseconds from the beginning of loading to its end, and from there to the end of the first call.
pub(super) struct Started {
    pub(super) load: u64,
    pub(super) first: u64,
    /// Processor time of both.
    pub(super) cpu: f64,
}

impl Dll {
    /// Opens the DLL and makes the first call.
    ///
    /// With the symbols global: CFFI's DLLs bring their libpython along, and the extension modules of
    /// some distributions need its symbols.
    pub(super) fn open(arguments: &Arguments) -> Result<(Self, Started), Error> {
        let init = match &arguments.initialise {
            Some(initialise) => Some(CString::new(std::fs::read(&initialise.init)?)?),
            None => None,
        };
        let cpu = cpu_time();
        let begin = Instant::now();
        // SAFETY: the file was made to be opened by hosts.
        let library = unsafe { Library::open(Some(&arguments.dll), RTLD_NOW | RTLD_GLOBAL)? };
        let loaded = Instant::now();
        if let (Some(initialise), Some(init)) = (&arguments.initialise, &init) {
            // SAFETY: the type is that of c-harness/limit.c, whose function the option is for.
            let start = unsafe { library.get::<Initialise>(initialise.symbol.as_bytes())? };
            // SAFETY: two strings that outlive the call.
            let status = unsafe { start(initialise.module.as_ptr(), init.as_ptr()) };
            if status != 0 {
                return Err(format!("{}() returned {status}", initialise.symbol).into());
            }
        }
        // SAFETY: the type that every DLL of these benchmarks declares.
        let add1 = unsafe { *library.get::<Add>(b"add1")? };
        // SAFETY: as declared.
        let sum = unsafe { add1(40, 2) };
        let called = Instant::now();
        let cpu = cpu_time() - cpu;
        if sum != 42 {
            return Err(format!("the first call returned {sum}, not 42").into());
        }
        let hold = match &arguments.hold {
            Some((enter, leave)) => Some((plain(&library, enter)?, plain(&library, leave)?)),
            None => None,
        };
        // Code of it may run until the process is gone.
        std::mem::forget(library);
        let nanoseconds =
            |from: Instant, to: Instant| u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX);
        let started =
            Started { load: nanoseconds(begin, loaded), first: nanoseconds(loaded, called), cpu };
        Ok((Self { add1, hold }, started))
    }

    /// Calls number `first` to `first + count`, each with a result of its own.
    ///
    /// No argument and no result is among the small numbers of which CPython keeps objects.
    #[inline]
    pub(super) fn calls(&self, first: u32, count: u32) -> Result<(), Wrong> {
        for number in first..first + count {
            let x = 1000 + (number & 0xfff) as c_int;
            // SAFETY: the type of the function.
            let sum = unsafe { (self.add1)(x, 7000) };
            if sum != x + 7000 {
                return Err(Wrong { x, sum });
            }
        }
        Ok(())
    }

    /// Whether [`Self::held`] can be used.
    pub(super) fn can_hold(&self) -> bool {
        self.hold.is_some()
    }

    /// Runs `body` while the thread holds the interpreter.
    pub(super) fn held<R>(&self, body: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        let Some((enter, leave)) = self.hold else {
            return Err("the DLL has no functions to hold the interpreter".into());
        };
        // SAFETY: the type of the function.
        if unsafe { enter() } != 0 {
            return Err("the interpreter could not be entered".into());
        }
        let result = body();
        // SAFETY: the type of the function; it was entered.
        if unsafe { leave() } != 0 {
            return Err("the interpreter could not be left".into());
        }
        result
    }
}

fn plain(library: &Library, name: &str) -> Result<Plain, Error> {
    // SAFETY: the options name functions of this type.
    Ok(unsafe { *library.get::<Plain>(name.as_bytes())? })
}

/// A call that did not return the sum.
#[derive(Debug, thiserror::Error)]
#[error("add1({x}, 7000) returned {sum}")]
pub(super) struct Wrong {
    x: c_int,
    sum: c_int,
}
