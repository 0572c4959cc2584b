//! The fastest way to call an object that a libpython exports.

use std::ptr;

use crate::python::abi::{self, Abi, Object, Size};

pub(crate) use crate::python::abi::Vectorcall;

/// What this libpython has.
pub(crate) fn vectorcall(abi: &Abi) -> Vectorcall {
    abi.vectorcall().unwrap_or(through_tuple)
}

/// The same with a tuple, for a libpython without any of them.
unsafe extern "C-unwind" fn through_tuple(
    callable: Object,
    arguments: *const Object,
    count: usize,
    _names: Object,
) -> Object {
    let Some(abi) = abi::get() else { return ptr::null_mut() };
    let count = count & (usize::MAX >> 1);
    // SAFETY: called like `PyObject_Vectorcall`: attached, with `count` live arguments. The tuple
    // takes a reference of its own to each.
    unsafe {
        let tuple = abi.PyTuple_New(count as Size);
        if tuple.is_null() {
            return tuple;
        }
        for index in 0..count {
            let argument = *arguments.add(index);
            abi.Py_IncRef(argument);
            abi.PyTuple_SetItem(tuple, index as Size, argument);
        }
        let result = abi.PyObject_Call(callable, tuple, ptr::null_mut());
        abi.Py_DecRef(tuple);
        result
    }
}
