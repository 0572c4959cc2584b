//! Python exceptions as Rust errors.

use std::ffi::CString;
use std::fmt::Display;
use std::ptr;

use super::abi::{Abi, Object};
use super::object::{Owned, Py, View};

/// Proof that an exception is set in the interpreter. Whoever gets one passes it on, or takes the
/// exception with [`Raised::take`] or [`Raised::forget`].
#[derive(Debug)]
#[must_use = "an exception is set in the interpreter and has to be passed on or taken"]
pub struct Raised(());

/// The result of what may raise a Python exception.
pub type Result<T> = std::result::Result<T, Raised>;

/// A built-in exception class that the run time raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionKind {
    /// `AttributeError`.
    Attribute,
    /// `BufferError`.
    Buffer,
    /// `ImportError`.
    Import,
    /// `IndexError`.
    Index,
    /// `KeyboardInterrupt`.
    KeyboardInterrupt,
    /// `KeyError`.
    Key,
    /// `MemoryError`.
    Memory,
    /// `NotImplementedError`.
    NotImplemented,
    /// `OverflowError`.
    Overflow,
    /// `RuntimeError`.
    Runtime,
    /// `StopIteration`.
    StopIteration,
    /// `SystemError`.
    System,
    /// `TypeError`.
    Type,
    /// `ValueError`.
    Value,
    /// `ZeroDivisionError`.
    ZeroDivision,
}

impl ExceptionKind {
    fn class(self, abi: &Abi) -> Object {
        let variable = match self {
            ExceptionKind::Attribute => abi.PyExc_AttributeError,
            ExceptionKind::Buffer => abi.PyExc_BufferError,
            ExceptionKind::Import => abi.PyExc_ImportError,
            ExceptionKind::Index => abi.PyExc_IndexError,
            ExceptionKind::KeyboardInterrupt => abi.PyExc_KeyboardInterrupt,
            ExceptionKind::Key => abi.PyExc_KeyError,
            ExceptionKind::Memory => abi.PyExc_MemoryError,
            ExceptionKind::NotImplemented => abi.PyExc_NotImplementedError,
            ExceptionKind::Overflow => abi.PyExc_OverflowError,
            ExceptionKind::Runtime => abi.PyExc_RuntimeError,
            ExceptionKind::StopIteration => abi.PyExc_StopIteration,
            ExceptionKind::System => abi.PyExc_SystemError,
            ExceptionKind::Type => abi.PyExc_TypeError,
            ExceptionKind::Value => abi.PyExc_ValueError,
            ExceptionKind::ZeroDivision => abi.PyExc_ZeroDivisionError,
        };
        // SAFETY: the variables are set when the interpreter starts and never change.
        unsafe { variable.read() }
    }
}

/// An exception that was taken from the interpreter: class, instance and traceback.
pub struct Exception<'a> {
    /// Its class.
    pub class: Owned<'a>,
    /// The instance.
    pub value: Owned<'a>,
    /// The traceback; `None` if it was raised by C code and never passed a frame.
    pub traceback: Option<Owned<'a>>,
}

impl Raised {
    /// A C function has said that an exception is set.
    #[inline]
    pub fn already_set() -> Raised {
        Raised(())
    }

    /// Drops the exception.
    pub fn forget(self, py: Py<'_>) {
        // SAFETY: attached.
        unsafe { py.abi().PyErr_Clear() };
    }

    /// Reports the exception through `sys.unraisablehook`, as one that `object` raised where
    /// nobody can catch it.
    pub fn report(self, py: Py<'_>, object: View<'_>) {
        // SAFETY: attached; an exception is set.
        unsafe { py.abi().PyErr_WriteUnraisable(object.as_pointer()) };
    }

    /// Takes the exception out of the interpreter; its instance knows its traceback.
    pub fn take(self, py: Py<'_>) -> Exception<'_> {
        let abi = py.abi();
        let (mut class, mut value, mut traceback) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: attached; the three references become ours, the instance is made if it was lazy.
        unsafe {
            abi.PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
            if class.is_null() {
                abi.PyErr_SetString(
                    abi.PyExc_SystemError.read(),
                    c"a function failed without setting an exception".as_ptr(),
                );
                abi.PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
            }
            abi.PyErr_NormalizeException(&raw mut class, &raw mut value, &raw mut traceback);
            if !traceback.is_null() {
                abi.PyException_SetTraceback(value, traceback);
            }
            let none = abi._Py_NoneStruct;
            let or_none = |pointer: Object| {
                if pointer.is_null() {
                    abi.Py_IncRef(none);
                    none
                } else {
                    pointer
                }
            };
            let own = |pointer| match py.own(or_none(pointer)) {
                Ok(owned) => owned,
                Err(_) => py.none(),
            };
            Exception {
                class: own(class),
                value: own(value),
                traceback: (!traceback.is_null()).then(|| own(traceback)),
            }
        }
    }

    /// Whether the exception that is set is of this kind.
    pub fn is(&self, py: Py<'_>, kind: ExceptionKind) -> bool {
        // SAFETY: attached, an exception is set.
        unsafe { py.abi().PyErr_ExceptionMatches(kind.class(py.abi())) != 0 }
    }
}

impl Exception<'_> {
    /// Sets it again.
    pub fn restore(self) -> Raised {
        let py = self.class.py();
        let traceback = self.traceback.map_or(ptr::null_mut(), Owned::into_pointer);
        // SAFETY: attached; the references are given away.
        unsafe {
            py.abi().PyErr_Restore(self.class.into_pointer(), self.value.into_pointer(), traceback);
        }
        Raised(())
    }
}

impl<'a> Py<'a> {
    /// Raises an exception of a built-in class with a message.
    pub fn raise(self, kind: ExceptionKind, message: impl Display) -> Raised {
        // SAFETY: the class lives for ever.
        let class = unsafe { self.view(kind.class(self.abi())) };
        self.raise_class(class.expect("built-in exceptions are set"), message)
    }

    /// Raises an exception of `class` with a message.
    pub fn raise_class(self, class: View<'_>, message: impl Display) -> Raised {
        // A NUL could only come from a name; C strings end there anyway.
        let text: Vec<u8> =
            message.to_string().into_bytes().into_iter().filter(|&b| b != 0).collect();
        let text = CString::new(text).unwrap_or_default();
        // SAFETY: attached; the message is copied.
        unsafe { self.abi().PyErr_SetString(class.as_pointer(), text.as_ptr()) };
        Raised(())
    }

    /// The exception class itself, borrowed.
    pub fn exception_class(self, kind: ExceptionKind) -> View<'a> {
        // SAFETY: the class lives for ever.
        unsafe { self.view(kind.class(self.abi())) }.expect("built-in exceptions are set")
    }
}
