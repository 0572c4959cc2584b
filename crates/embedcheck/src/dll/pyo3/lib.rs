//! The functions of the fixture `bench` as people write them with PyO3: a `cdylib` that starts the
//! interpreter by itself (`auto-initialize`), attaches in each call, and looks its Python functions up
//! once.

use std::ffi::{c_char, c_double, c_int, c_longlong, CStr};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi::c_str;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};

/// What the init code imports, for a DLL that is not CFFI's: it keeps the functions by name.
const STAND_IN: &CStr = c_str!(
    "class ffi:
    functions = {}

    @classmethod
    def def_extern(cls, name=None, error=None, onerror=None):
        def attach(function):
            cls.functions[name or function.__name__] = function
            return function
        return attach

    @staticmethod
    def string(text):
        return text


class lib:
    pass
"
);

/// `init.py` of the fixture.
const INIT: &CStr = c_str!(include_str!("init.py"));

struct Functions {
    add1: Py<PyAny>,
    nop: Py<PyAny>,
    scale: Py<PyAny>,
    len: Py<PyAny>,
    sum: Py<PyAny>,
    raises: Py<PyAny>,
    round_trip: Py<PyAny>,
    init_time: Py<PyAny>,
}

static FUNCTIONS: PyOnceLock<Functions> = PyOnceLock::new();

#[pyclass(frozen, get_all)]
struct Point {
    x: c_int,
    y: c_int,
}

/// `point_t` of the header.
#[repr(C)]
pub struct RawPoint {
    x: c_int,
    y: c_int,
}

#[pyfunction]
fn back(x: c_int) -> c_int {
    x + 1
}

fn start(py: Python<'_>) -> PyResult<Functions> {
    let module = PyModule::from_code(py, STAND_IN, c"stand_in.py", c"_bench_cffi")?;
    module.getattr("lib")?.setattr("back", wrap_pyfunction!(back, py)?)?;
    PyModule::from_code(py, INIT, c"init.py", c"embedcheck_init")?;
    let functions = module.getattr("ffi")?.getattr("functions")?.cast_into::<PyDict>()?;
    let function = |name: &str| match functions.get_item(name)? {
        Some(function) => Ok(function.unbind()),
        None => Err(PyRuntimeError::new_err(format!("init.py attaches no function {name}"))),
    };
    Ok(Functions {
        add1: function("add1")?,
        nop: function("nop")?,
        scale: function("scale")?,
        len: function("len")?,
        sum: function("sum")?,
        raises: function("raises")?,
        round_trip: function("round_trip")?,
        init_time: function("init_time")?,
    })
}

/// Calls within the interpreter; `otherwise` after an exception, which is printed.
fn attached<T>(
    otherwise: T,
    call: impl for<'py> FnOnce(Python<'py>, &Functions) -> PyResult<T>,
) -> T {
    Python::attach(|py| {
        let result = FUNCTIONS.get_or_try_init(py, || start(py)).and_then(|all| call(py, all));
        result.unwrap_or_else(|error| {
            error.print(py);
            otherwise
        })
    })
}

#[no_mangle]
pub extern "C" fn add1(x: c_int, y: c_int) -> c_int {
    attached(0, |py, functions| functions.add1.call1(py, (x, y))?.extract(py))
}

#[no_mangle]
pub extern "C" fn nop() {
    attached((), |py, functions| functions.nop.call0(py).map(drop))
}

#[no_mangle]
pub extern "C" fn scale(x: c_double) -> c_double {
    attached(0.0, |py, functions| functions.scale.call1(py, (x,))?.extract(py))
}

/// # Safety
///
/// `text` is a C string.
#[no_mangle]
pub unsafe extern "C" fn len(text: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    let text = unsafe { CStr::from_ptr(text) }.to_str().unwrap_or_default();
    attached(0, |py, functions| functions.len.call1(py, (text,))?.extract(py))
}

/// # Safety
///
/// `point` points to a point.
#[no_mangle]
pub unsafe extern "C" fn sum(point: *mut RawPoint) -> c_int {
    // SAFETY: as the caller promises.
    let RawPoint { x, y } = unsafe { point.read() };
    attached(0, |py, functions| functions.sum.call1(py, (Point { x, y },))?.extract(py))
}

#[no_mangle]
pub extern "C" fn raises(x: c_int) -> c_int {
    attached(0, |py, functions| match functions.raises.call1(py, (x,)) {
        Ok(result) => result.extract(py),
        // It is meant to: nothing is printed.
        Err(_) => Ok(-1),
    })
}

#[no_mangle]
pub extern "C" fn round_trip(x: c_int) -> c_int {
    attached(0, |py, functions| functions.round_trip.call1(py, (x,))?.extract(py))
}

#[no_mangle]
pub extern "C" fn init_time(end: c_int) -> c_longlong {
    attached(0, |py, functions| functions.init_time.call1(py, (end,))?.extract(py))
}
