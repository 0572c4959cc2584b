//! Loading the DLL and its first calls: what every job measures.

use std::ffi::{CString, c_char, c_int, c_longlong};

use libloading::os::unix::Library;
use serde_json::{Map, Value, json};

use super::Error;
use super::arguments::{Arguments, Initialise};
use super::clock::{cpu_time, monotonic};
use super::dll::{self, Dll};
use super::procfs::{mapped_libpythons, resident};

type Add = unsafe extern "C" fn(c_int, c_int) -> c_int;
type Start = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;
type InitTime = unsafe extern "C" fn(c_int) -> c_longlong;

/// Opens the DLL and makes two calls of `add1`; gives what was measured.
///
/// Memory is looked at while the clock stands still, as it were: what that takes is in no figure.
pub(super) fn start(arguments: &Arguments) -> Result<(Dll, Map<String, Value>), Error> {
    if let Some(file) = &arguments.preload {
        dll::open(file)?;
    }
    let initialise = match &arguments.initialise {
        Some(initialise) => Some((initialise, CString::new(std::fs::read(&initialise.init)?)?)),
        None => None,
    };
    let resident_before = resident()?;

    let cpu = cpu_time();
    let begin = monotonic();
    let library = dll::open(&arguments.dll)?;
    let loaded = monotonic();
    let cpu = cpu_time() - cpu;

    let resident_loaded = resident()?;

    let other_cpu = cpu_time();
    let resumed = monotonic();
    if let Some((initialise, init)) = &initialise {
        run_initialise(library, initialise, init)?;
    }
    // SAFETY: the type that every DLL of these benchmarks declares.
    let add1 = unsafe { *library.get::<Add>(b"add1")? };
    // SAFETY: as declared.
    let sum = unsafe { add1(40, 2) };
    let called = monotonic();
    let cpu = cpu + cpu_time() - other_cpu;
    if sum != 42 {
        return Err(format!("the first call returned {sum}, not 42").into());
    }
    let before_second = monotonic();
    // SAFETY: as declared.
    let sum = unsafe { add1(4000, 2) };
    let second = monotonic() - before_second;
    if sum != 4002 {
        return Err(format!("the second call returned {sum}, not 4002").into());
    }

    let mut answer = Map::new();
    let mut add = |name: &str, value| answer.insert(name.to_owned(), value);
    add("load", json!(loaded - begin));
    add("first", json!(called - resumed));
    add("second", json!(second));
    add("start_cpu", json!(cpu));
    add("resident_before", json!(resident_before));
    add("resident_loaded", json!(resident_loaded));
    add("resident_called", json!(resident()?));
    if let Some([init_begin, init_end]) = init_times(library, arguments)? {
        if !(begin <= init_begin && init_begin <= init_end && init_end <= called) {
            let times = format!("from {init_begin} to {init_end}, not within {begin} to {called}");
            return Err(format!("init_time() says that the init code ran {times}").into());
        }
        let since_begin =
            |time: u64| if time < resumed { time - begin } else { time - resumed + loaded - begin };
        add("init_begin", json!(since_begin(init_begin)));
        add("init_end", json!(since_begin(init_end)));
    }
    match (mapped_libpythons()?.as_slice(), arguments.plain) {
        ([], true) => {}
        ([one], false) => {
            add("libpython", json!(one));
        }
        (found, true) => return Err(format!("no libpython should be mapped, not {found:?}").into()),
        (found, false) => {
            return Err(format!("one libpython should be mapped, not {found:?}").into());
        }
    }
    Ok((Dll::find(library, arguments)?, answer))
}

fn run_initialise(library: &Library, initialise: &Initialise, init: &CString) -> Result<(), Error> {
    // SAFETY: the option is for the functions of this type in `c-harness/`.
    let start = unsafe { library.get::<Start>(initialise.symbol.as_bytes())? };
    // SAFETY: two strings that outlive the call.
    match unsafe { start(initialise.module.as_ptr(), init.as_ptr()) } {
        0 => Ok(()),
        status => Err(format!("{}() returned {status}", initialise.symbol).into()),
    }
}

/// When the init code began and ended; `None` if there is none, or the DLL does not say.
fn init_times(library: &Library, arguments: &Arguments) -> Result<Option<[u64; 2]>, Error> {
    if arguments.plain {
        return Ok(None);
    }
    // SAFETY: the type that the header of the fixture `bench` declares.
    let Ok(init_time) = (unsafe { library.get::<InitTime>(b"init_time") }) else {
        return Ok(None);
    };
    let read = |end| {
        // SAFETY: as declared.
        let time = unsafe { init_time(end) };
        u64::try_from(time).map_err(|_| format!("init_time({end}) returned {time}"))
    };
    Ok(Some([read(0)?, read(1)?]))
}
