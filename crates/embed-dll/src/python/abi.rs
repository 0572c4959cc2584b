//! The functions and objects of libpython that the run time uses, each found by name.
//!
//! The DLL is linked to no libpython, so nothing here is an import: `Abi::find()` asks a library
//! that is already loaded. What every CPython since 3.8 exports is called by a method of its name;
//! what came later, went away, or depends on the build gives `None` where it is missing. Of the
//! structures that CPython only uses, nothing is known here but an object's header ([`Header`]). Those that callers fill in (`PyMethodDef`, `Py_buffer`, `PyConfig`, ...) are described
//! where they are needed, and compared with CPython's headers by a test.

use std::ffi::{CStr, c_char, c_double, c_int, c_long, c_longlong, c_ulong, c_ulonglong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::header::Header;
use crate::thread::EndOfThread;

/// `PyObject`: never looked into except through [`Header`].
#[repr(C)]
pub struct PyObject {
    _opaque: [u8; 0],
}

/// `PyThreadState`: opaque.
#[repr(C)]
pub struct PyThreadState {
    _opaque: [u8; 0],
}

/// `PyInterpreterState`: opaque.
#[repr(C)]
pub struct PyInterpreterState {
    _opaque: [u8; 0],
}

/// `Py_ssize_t`.
pub type Size = isize;

/// A pointer to an object, borrowed or owned as the function says.
pub type Object = *mut PyObject;

/// `PyGILState_STATE`.
pub type GilState = c_int;
/// `PyGILState_LOCKED`: the thread was attached.
pub const LOCKED: GilState = 0;
/// `PyGILState_UNLOCKED`: it was not.
pub const UNLOCKED: GilState = 1;

/// `Py_complex`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Complex {
    /// The real part.
    pub real: c_double,
    /// The imaginary part.
    pub imag: c_double,
}

/// `PyObject_Vectorcall(callable, arguments, count and flag, names of keywords)`.
pub type Vectorcall = unsafe extern "C-unwind" fn(Object, *const Object, usize, Object) -> Object;
/// `PyGILState_Ensure`.
pub type Ensure = unsafe extern "C-unwind" fn() -> GilState;
/// `PyGILState_Release`.
pub type Release = unsafe extern "C-unwind" fn(GilState);
/// `PyEval_SaveThread`.
pub type Detach = unsafe extern "C" fn() -> *mut PyThreadState;

/// `visitproc`.
pub type Visit = unsafe extern "C" fn(Object, *mut c_void) -> c_int;

/// A method that calls the function of its name. CPython up to 3.13 ends a thread that wants the GIL
/// while it finalises, by unwinding its stack, and every function that runs Python code or gives up
/// references may come to want it. So nearly all are called in a way that allows for that, and with
/// [`EndOfThread`] in front of the frames of Rust. A call that returns pays nothing: the methods
/// are C functions, which do not unwind, so that their callers are prepared for nothing.
macro_rules! method {
    (
        $(#[$doc:meta])* $name:ident ($($convention:tt)*) $call:tt ($($result:tt)*)
        [$($argument:ident: $type:ty,)*] [] [$($unused:ident)*]
    ) => {
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// As CPython documents the function.
        #[inline]
        pub unsafe $($convention)* fn $name(&self, $($argument: $type),*) $($result)* {
            method!(@call self $name $call $($argument)*)
        }
    };
    (
        $(#[$doc:meta])* $name:ident $convention:tt $call:tt $result:tt
        [$($argument:ident: $type:ty,)*] [$first:ty, $($rest:ty,)*] [$next:ident $($names:ident)*]
    ) => {
        method! {
            $(#[$doc])* $name $convention $call $result
            [$($argument: $type,)* $next: $first,] [$($rest,)*] [$($names)*]
        }
    };
    (@call $own:ident $name:ident plain $($argument:ident)*) => {
        // SAFETY: as the caller promises.
        unsafe { ($own.$name)($($argument),*) }
    };
    (@call $own:ident $name:ident required $($argument:ident)*) => {{
        let end = EndOfThread;
        // SAFETY: as the caller promises.
        let result = unsafe { ($own.$name)($($argument),*) };
        std::mem::forget(end);
        result
    }};
    (@call $own:ident $name:ident optional $($argument:ident)*) => {{
        let end = EndOfThread;
        // SAFETY: as the caller promises.
        let result = $own.$name.map(|function| unsafe { function($($argument),*) });
        std::mem::forget(end);
        result
    }};
}

macro_rules! abi {
    (
        plain { $($(#[$plain_doc:meta])* fn $plain:ident($($plain_argument:ty),*) $(-> $plain_result:ty)?;)* }
        required { $($(#[$required_doc:meta])* fn $required:ident($($required_argument:ty),*) $(-> $required_result:ty)?;)* }
        optional { $($(#[$optional_doc:meta])* fn $optional:ident($($optional_argument:ty),*) -> $optional_result:ty;)* }
        objects { $($object:ident)* }
        exceptions { $($exception:ident)* }
    ) => {
        /// Addresses of everything that the run time calls in libpython; fields and methods carry
        /// the C names. A method for what a version may lack gives `None` there.
        #[expect(non_snake_case, reason = "the fields are named as the functions of the C API")]
        pub struct Abi {
            /// Where the fields of an object's header are in this build.
            pub header: Header,
            /// `Py_GetVersion()` as numbers: (major, minor).
            pub version: (u8, u8),
            /// `PyThreadState_GetUnchecked` under the name that it has in this version.
            current: unsafe extern "C-unwind" fn() -> *mut PyThreadState,
            /// Whether it was built without the GIL (`--disable-gil`, 3.13 and later).
            pub free_threaded: bool,
            $($plain: unsafe extern "C" fn($($plain_argument),*) $(-> $plain_result)?,)*
            $($required: unsafe extern "C-unwind" fn($($required_argument),*) $(-> $required_result)?,)*
            $($optional: Option<unsafe extern "C-unwind" fn($($optional_argument),*) -> $optional_result>,)*
            $(#[doc = concat!("`", stringify!($object), "`, borrowed.")] pub $object: Object,)*
            $(
                #[doc = concat!("The variable `", stringify!($exception), "`, which is set when the interpreter starts.")]
                pub $exception: *const Object,
            )*
        }

        #[expect(non_snake_case, reason = "named as the functions of the C API")]
        impl Abi {
            $(method! {
                $(#[$plain_doc])*
                #[doc = concat!("`", stringify!($plain), "()`.")]
                $plain (extern "C") plain ($(-> $plain_result)?)
                [] [$($plain_argument,)*] [a b c d e f]
            })*
            $(method! {
                $(#[$required_doc])*
                #[doc = concat!("`", stringify!($required), "()`.")]
                $required (extern "C") required ($(-> $required_result)?)
                [] [$($required_argument,)*] [a b c d e f]
            })*
            $(method! {
                $(#[$optional_doc])*
                $optional () optional (-> Option<$optional_result>)
                [] [$($optional_argument,)*] [a b c d e f]
            })*
        }

        impl Abi {
            /// Finds everything with `find`, which gives the address of a symbol or null.
            ///
            /// # Errors
            ///
            /// The name of the first required symbol that is missing: the library is no CPython of
            /// version 3.8 or later.
            ///
            /// # Safety
            ///
            /// `find` must return the addresses of the symbols of one loaded CPython, which is
            /// never unloaded.
            #[expect(non_snake_case, reason = "named as the fields")]
            pub unsafe fn find(mut find: impl FnMut(&CStr) -> *mut c_void) -> Result<Abi, Missing> {
                let mut required = |name: &'static CStr| match find(name) {
                    address if address.is_null() => Err(Missing(name)),
                    address => Ok(address),
                };
                $(
                    let $required = {
                        let address = required(name(concat!(stringify!($required), "\0")))?;
                        // SAFETY: the symbol is the function of this name, whose prototype in
                        // CPython's headers is the one above; a function pointer is as wide as a
                        // data pointer on every platform with dlsym.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C-unwind" fn($($required_argument),*) $(-> $required_result)?>(address) }
                    };
                )*
                $(
                    let $plain = {
                        let address = required(name(concat!(stringify!($plain), "\0")))?;
                        // SAFETY: as above.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($plain_argument),*) $(-> $plain_result)?>(address) }
                    };
                )*
                $(let $object = required(name(concat!(stringify!($object), "\0")))?.cast();)*
                $(let $exception = required(name(concat!(stringify!($exception), "\0")))?.cast_const().cast();)*
                $(
                    let $optional = {
                        let address = find(name(concat!(stringify!($optional), "\0")));
                        // SAFETY: as above; null is `None`, which has the same representation.
                        unsafe { std::mem::transmute::<*mut c_void, Option<unsafe extern "C-unwind" fn($($optional_argument),*) -> $optional_result>>(address) }
                    };
                )*
                let mut abi = Abi {
                    header: Header::unknown(),
                    version: (0, 0),
                    current: no_state,
                    free_threaded: false,
                    $($plain,)* $($required,)* $($optional,)* $($object,)* $($exception,)*
                };
                abi.current = abi
                    .PyThreadState_GetUnchecked
                    .or(abi._PyThreadState_UncheckedGet)
                    .ok_or(Missing(c"PyThreadState_GetUnchecked"))?;
                abi.free_threaded = !find(c"_Py_DecRefShared").is_null();
                // SAFETY: as the caller promises.
                abi.version = unsafe { version(find) };
                Ok(abi)
            }
        }
    };
}

abi! {
    // What takes no lock of the interpreter and runs no code of others, where calls count.
    plain {
        fn PyEval_SaveThread() -> *mut PyThreadState;
        fn PyGILState_GetThisThreadState() -> *mut PyThreadState;
        fn PyGILState_Check() -> c_int;
        fn Py_IncRef(Object);
        fn PyType_GetFlags(Object) -> c_ulong;
        fn PyType_IsSubtype(Object, Object) -> c_int;
        fn PyErr_Occurred() -> Object;
        fn PyLong_FromLongLong(c_longlong) -> Object;
        fn PyLong_FromUnsignedLongLong(c_ulonglong) -> Object;
        fn PyFloat_FromDouble(c_double) -> Object;
    }
    required {
        // Life of the interpreter and of threads. All may be called before initialisation or
        // without the GIL as their documentation says.
        fn Py_GetVersion() -> *const c_char;
        fn Py_IsInitialized() -> c_int;
        fn Py_AtExit(Option<unsafe extern "C" fn()>) -> c_int;
        fn PyEval_RestoreThread(*mut PyThreadState);
        fn PyThreadState_Clear(*mut PyThreadState);
        fn PyThreadState_DeleteCurrent();
        fn PyThreadState_GetDict() -> Object;
        fn PyGILState_Ensure() -> GilState;
        fn PyGILState_Release(GilState);
        fn PyOS_BeforeFork();
        fn PyOS_AfterFork_Parent();
        fn PyOS_AfterFork_Child();

        // References and objects.
        fn Py_DecRef(Object);
        fn _Py_Dealloc(Object);
        fn PyType_GetSlot(Object, c_int) -> *mut c_void;
        fn PyType_FromSpecWithBases(*mut c_void, Object) -> Object;
        fn PyType_GenericAlloc(Object, Size) -> Object;
        fn PyObject_GenericGetAttr(Object, Object) -> Object;
        fn PyObject_GetAttrString(Object, *const c_char) -> Object;
        fn PyObject_SetAttrString(Object, *const c_char, Object) -> c_int;
        fn PyObject_SetItem(Object, Object, Object) -> c_int;
        fn PyObject_Repr(Object) -> Object;
        fn PyObject_Str(Object) -> Object;
        fn PyObject_IsTrue(Object) -> c_int;
        fn PyObject_RichCompare(Object, Object, c_int) -> Object;
        fn PyObject_Hash(Object) -> Size;
        fn PyObject_Size(Object) -> Size;
        fn PyObject_GetIter(Object) -> Object;
        fn PyIter_Next(Object) -> Object;
        fn PyObject_Call(Object, Object, Object) -> Object;
        fn PyCallable_Check(Object) -> c_int;
        fn PyObject_GC_UnTrack(*mut c_void);
        fn PyObject_GetBuffer(Object, *mut c_void, c_int) -> c_int;
        fn PyBuffer_Release(*mut c_void);
        fn PyObject_ClearWeakRefs(Object);
        fn PyBuffer_FillInfo(*mut c_void, Object, *mut c_void, Size, c_int, c_int) -> c_int;

        // Numbers and text.
        fn PyLong_FromLong(c_long) -> Object;
        fn PyLong_FromUnsignedLong(c_ulong) -> Object;
        fn PyLong_AsLong(Object) -> c_long;
        fn PyLong_AsLongLong(Object) -> c_longlong;
        fn PyLong_AsUnsignedLongLong(Object) -> c_ulonglong;
        fn PyLong_AsUnsignedLongLongMask(Object) -> c_ulonglong;
        fn PyLong_AsSsize_t(Object) -> Size;
        fn PyNumber_Index(Object) -> Object;
        fn PyNumber_Long(Object) -> Object;
        fn PyNumber_AsSsize_t(Object, Object) -> Size;
        fn PyFloat_AsDouble(Object) -> c_double;
        fn PyComplex_FromDoubles(c_double, c_double) -> Object;
        fn PyComplex_AsCComplex(Object) -> Complex;
        fn PyUnicode_FromStringAndSize(*const c_char, Size) -> Object;
        fn PyUnicode_InternFromString(*const c_char) -> Object;
        fn PyUnicode_AsUTF8AndSize(Object, *mut Size) -> *const c_char;
        fn PyUnicode_AsEncodedString(Object, *const c_char, *const c_char) -> Object;
        fn PyUnicode_GetLength(Object) -> Size;
        fn PyUnicode_ReadChar(Object, Size) -> u32;
        fn PyUnicode_FromWideChar(*const i32, Size) -> Object;
        fn PyUnicode_AsWideChar(Object, *mut i32, Size) -> Size;
        fn PyBytes_FromStringAndSize(*const c_char, Size) -> Object;
        fn PyBytes_AsStringAndSize(Object, *mut *mut c_char, *mut Size) -> c_int;

        // Containers.
        fn PyTuple_New(Size) -> Object;
        fn PyTuple_Size(Object) -> Size;
        fn PyTuple_GetItem(Object, Size) -> Object;
        fn PyTuple_SetItem(Object, Size, Object) -> c_int;
        fn PyList_New(Size) -> Object;
        fn PyList_Size(Object) -> Size;
        fn PyList_Append(Object, Object) -> c_int;
        fn PyList_SetSlice(Object, Size, Size, Object) -> c_int;
        fn PyDict_New() -> Object;
        fn PyDict_GetItemWithError(Object, Object) -> Object;
        fn PyDict_SetItemString(Object, *const c_char, Object) -> c_int;
        fn PyDict_Next(Object, *mut Size, *mut Object, *mut Object) -> c_int;
        fn PyDict_Size(Object) -> Size;
        fn PyDict_Items(Object) -> Object;
        fn PySequence_GetItem(Object, Size) -> Object;

        // Modules and code.
        fn PyImport_ImportModule(*const c_char) -> Object;
        fn PyImport_GetModuleDict() -> Object;
        fn PyModule_NewObject(Object) -> Object;
        fn PyModuleDef_Init(*mut c_void) -> Object;
        fn PyEval_GetBuiltins() -> Object;
        fn PyEval_EvalCode(Object, Object, Object) -> Object;
        fn PySys_GetObject(*const c_char) -> Object;
        fn PyCFunction_NewEx(*mut c_void, Object, Object) -> Object;

        // Exceptions.
        fn PyErr_Clear();
        fn PyErr_SetString(Object, *const c_char);
        fn PyErr_SetObject(Object, Object);
        fn PyErr_ExceptionMatches(Object) -> c_int;
        fn PyErr_Fetch(*mut Object, *mut Object, *mut Object);
        fn PyErr_Restore(Object, Object, Object);
        fn PyErr_NormalizeException(*mut Object, *mut Object, *mut Object);
        fn PyErr_WriteUnraisable(Object);
        fn PyErr_NewException(*const c_char, Object, Object) -> Object;
        fn PyException_SetTraceback(Object, Object) -> c_int;
    }
    optional {
        /// 3.13 and later: the third argument gets a new reference or null; 1, 0 or -1.
        fn PyDict_GetItemRef(Object, Object, *mut Object) -> c_int;
        /// 3.11 and later (an inline function before).
        fn PyObject_Vectorcall(Object, *const Object, usize, Object) -> Object;
        /// 3.9 and later: the same, if the last argument is null.
        fn PyObject_VectorcallDict(Object, *const Object, usize, Object) -> Object;
        /// 3.8: the former name of `PyObject_VectorcallDict`.
        fn _PyObject_FastCallDict(Object, *const Object, usize, Object) -> Object;
        /// 3.8: the former name of `PyInterpreterState_Get`.
        fn _PyInterpreterState_Get() -> *mut PyInterpreterState;
        /// 3.13 and later.
        fn PyThreadState_GetUnchecked() -> *mut PyThreadState;
        /// Until 3.12 under this name (3.13 keeps it as an alias).
        fn _PyThreadState_UncheckedGet() -> *mut PyThreadState;
        /// 3.9 and later.
        fn PyInterpreterState_Get() -> *mut PyInterpreterState;
        /// 3.8 and later.
        fn PyInterpreterState_Main() -> *mut PyInterpreterState;
        /// Used until 3.11.
        fn PyThreadState_New(*mut PyInterpreterState) -> *mut PyThreadState;
        /// Not in the limited API: the same with a file name of any characters.
        fn Py_CompileStringObject(*const c_char, Object, c_int, *mut c_void, c_int) -> Object;
    }
    objects {
        _Py_NoneStruct
        _Py_TrueStruct
        _Py_FalseStruct
        _Py_NotImplementedStruct
        PyBaseObject_Type
        PyType_Type
        PyLong_Type
        PyBool_Type
        PyFloat_Type
        PyByteArray_Type
        PySlice_Type
        PyModule_Type
        PyCapsule_Type
    }
    exceptions {
        PyExc_AttributeError
        PyExc_BufferError
        PyExc_ImportError
        PyExc_IndexError
        PyExc_KeyboardInterrupt
        PyExc_KeyError
        PyExc_MemoryError
        PyExc_NotImplementedError
        PyExc_OverflowError
        PyExc_RuntimeError
        PyExc_StopIteration
        PyExc_SystemError
        PyExc_TypeError
        PyExc_ValueError
        PyExc_ZeroDivisionError
    }
}

// SAFETY: addresses of functions and of objects that live as long as the process; the table itself
// is never changed once it is published.
unsafe impl Send for Abi {}
// SAFETY: as above.
unsafe impl Sync for Abi {}

/// The library lacks this symbol, which every CPython since 3.8 exports: it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(pub &'static CStr);

const fn name(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(name) => name,
        Err(_) => c"?",
    }
}

/// The version of a library as (major, minor); (0, 0) if it does not say.
///
/// # Safety
///
/// `find` must return the addresses of the symbols of one loaded CPython.
pub(crate) unsafe fn version(mut find: impl FnMut(&CStr) -> *mut c_void) -> (u8, u8) {
    // A constant since 3.11: 0x030d00f0.
    let number = find(c"Py_Version").cast::<c_ulong>();
    if !number.is_null() {
        // SAFETY: as the caller promises.
        let number = unsafe { number.read() };
        return ((number >> 24) as u8, (number >> 16) as u8);
    }
    // Before, there is a string only, in a buffer that each call of `Py_GetVersion()` empties and
    // writes again, also while another thread reads it. So the version is told by functions that
    // came with it.
    let mut has = |name| !find(name).is_null();
    if has(c"PyModule_AddObjectRef") {
        return (3, 10);
    }
    if has(c"PyInterpreterState_Get") {
        return (3, 9);
    }
    if has(c"PyConfig_InitPythonConfig") {
        return (3, 8);
    }
    // Older ones are only named in a message.
    let text = find(c"Py_GetVersion");
    if text.is_null() {
        return (0, 0);
    }
    // SAFETY: every CPython defines the function so, and it may be called at any time.
    let text = unsafe {
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *const c_char>(text)
    };
    // SAFETY: as above.
    let text = unsafe { text() };
    // SAFETY: a string in a static buffer, whose last byte stays zero.
    parse_version(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// "3.13.0 (main, …)" → (3, 13).
fn parse_version(text: &[u8]) -> (u8, u8) {
    let mut numbers = text.split(|byte| !byte.is_ascii_digit());
    let mut number = || {
        let digits = std::str::from_utf8(numbers.next()?).ok()?;
        digits.parse().ok()
    };
    (number().unwrap_or(0), number().unwrap_or(0))
}

/// Until the table is filled.
unsafe extern "C-unwind" fn no_state() -> *mut PyThreadState {
    ptr::null_mut()
}

impl Abi {
    /// `PyObject_Vectorcall`, under the name that it has in this version, for calls of which every
    /// instruction counts. Until 3.10 it is an inline function around others that are exported and
    /// do the same when the last argument is null.
    pub fn vectorcall(&self) -> Option<Vectorcall> {
        self.PyObject_Vectorcall.or(self.PyObject_VectorcallDict).or(self._PyObject_FastCallDict)
    }

    /// `PyGILState_Ensure` and `PyGILState_Release`, for when the table itself is on its way.
    pub fn gil_state(&self) -> (Ensure, Release) {
        (self.PyGILState_Ensure, self.PyGILState_Release)
    }

    /// `PyEval_SaveThread`, likewise.
    pub fn detach(&self) -> Detach {
        self.PyEval_SaveThread
    }

    /// Gives up a reference: `Py_DecRef`, and for the last one what that would do. What a call makes
    /// mostly ends with the call.
    ///
    /// # Safety
    ///
    /// The reference must be the caller's, and the thread attached.
    #[inline]
    pub unsafe fn release(&self, object: Object) {
        // SAFETY: as the caller promises.
        unsafe {
            if self.header.take_last(object) {
                self._Py_Dealloc(object);
            } else {
                self.Py_DecRef(object);
            }
        }
    }

    /// The state with which a thread is attached, or null. Before 3.12 this is the state of
    /// whichever thread holds the GIL; from 3.12 on it is the calling thread's.
    #[inline]
    pub fn current_state(&self) -> *mut PyThreadState {
        // SAFETY: reads one variable; may be called by any thread at any time.
        unsafe { (self.current)() }
    }
}

static ABI: AtomicPtr<Abi> = AtomicPtr::new(ptr::null_mut());

/// Makes `abi` the table of this DLL. The first one stays: one DLL uses one libpython.
pub fn publish(abi: Abi) -> &'static Abi {
    let new = Box::into_raw(Box::new(abi));
    match ABI.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `new` came from a box just now, is published, and is never freed.
        Ok(_) => unsafe { &*new },
        Err(first) => {
            // SAFETY: `new` came from a box just now and nobody else has seen it.
            drop(unsafe { Box::from_raw(new) });
            // SAFETY: what was published is never freed or changed.
            unsafe { &*first }
        }
    }
}

/// The table, once libpython has been found.
#[inline]
pub fn get() -> Option<&'static Abi> {
    // SAFETY: null, or published by `publish`, which never frees or changes it.
    unsafe { ABI.load(Ordering::Acquire).as_ref() }
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version(b"3.13.0 (main, Oct  8 2024)"), (3, 13));
        assert_eq!(parse_version(b"3.15.0a1+"), (3, 15));
        assert_eq!(parse_version(b""), (0, 0));
    }
}
