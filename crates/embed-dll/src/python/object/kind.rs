//! What kind of object it is.

use std::ffi::c_ulong;

use super::View;

/// `Py_TPFLAGS_…_SUBCLASS`, part of the stable ABI.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Flag {
    Long = 1 << 24,
    List = 1 << 25,
    Tuple = 1 << 26,
    Bytes = 1 << 27,
    Unicode = 1 << 28,
    Dict = 1 << 29,
    BaseException = 1 << 30,
    Type = 1 << 31,
}

impl View<'_> {
    fn has(self, flag: Flag) -> bool {
        // SAFETY: the type of a live object is a type.
        let flags = unsafe { self.py.abi.PyType_GetFlags(self.class().as_pointer()) };
        flags & flag as c_ulong != 0
    }

    /// Whether it is an `int` or of a subclass (`bool` is one).
    #[inline]
    pub fn is_int(self) -> bool {
        self.is_exactly(self.py.abi.PyLong_Type) || self.has(Flag::Long)
    }

    /// Whether it is a `list` or of a subclass.
    pub fn is_list(self) -> bool {
        self.has(Flag::List)
    }

    /// Whether it is a `tuple` or of a subclass.
    pub fn is_tuple(self) -> bool {
        self.has(Flag::Tuple)
    }

    /// Whether it is `bytes` or of a subclass.
    pub fn is_bytes(self) -> bool {
        self.has(Flag::Bytes)
    }

    /// Whether it is a `str` or of a subclass.
    pub fn is_str(self) -> bool {
        self.has(Flag::Unicode)
    }

    /// Whether it is a `dict` or of a subclass.
    pub fn is_dict(self) -> bool {
        self.has(Flag::Dict)
    }

    /// Whether it is an exception.
    pub fn is_exception(self) -> bool {
        self.has(Flag::BaseException)
    }

    /// Whether it is a class.
    pub fn is_type(self) -> bool {
        self.has(Flag::Type)
    }

    /// Whether it is a `float` or of a subclass.
    #[inline]
    pub fn is_float(self) -> bool {
        self.is_a(self.py.immortal(|abi| abi.PyFloat_Type))
    }

    /// Whether it is an `int` or a `float` and of no subclass: converting it runs no Python code.
    #[inline]
    pub fn is_plain_number(self) -> bool {
        let (class, abi) = (self.class().as_pointer(), self.py.abi);
        class == abi.PyLong_Type || class == abi.PyFloat_Type
    }

    /// Whether its class is `class` or derived from it (not asking `__instancecheck__`).
    #[inline]
    pub fn is_a(self, class: View<'_>) -> bool {
        let own = self.class();
        // SAFETY: both are types.
        own.is(class)
            || unsafe { self.py.abi.PyType_IsSubtype(own.as_pointer(), class.as_pointer()) != 0 }
    }

    /// Whether it is a `slice`, which has no subclasses.
    pub fn is_slice(self) -> bool {
        self.is_exactly(self.py.abi.PySlice_Type)
    }

    /// Whether it can be called.
    pub fn is_callable(self) -> bool {
        // SAFETY: a live object.
        unsafe { self.py.abi.PyCallable_Check(self.as_pointer()) != 0 }
    }

    /// The name of its class, without module: for messages.
    pub fn class_name(self) -> String {
        match self.class().attr(c"__name__").and_then(|name| name.to_text()) {
            Ok(name) => name,
            Err(raised) => {
                raised.forget(self.py);
                String::from("?")
            }
        }
    }
}
