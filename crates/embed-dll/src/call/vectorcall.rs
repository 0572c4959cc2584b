//! The fastest way to call an object that a libpython exports.

use std::ptr;

use crate::python::abi::{self, Abi, Object, Size};

/// `PyObject_Vectorcall(callable, arguments, count and flag, names of keywords)`.
/// May unwind: CPython up to 3.13 ends a thread so that wants the GIL while it finalises.
pub(crate) type Vectorcall =
    unsafe extern "C-unwind" fn(Object, *const Object, usize, Object) -> Object;

/// The same, as the table has it.
type Plain = unsafe extern "C" fn(Object, *const Object, usize, Object) -> Object;

/// What this libpython has. The function became a real symbol in 3.11; before, it is an inline
/// function around others that are exported and do the same when the last argument is null.
pub(crate) fn vectorcall(abi: &Abi) -> Vectorcall {
    abi.PyObject_Vectorcall
        .or(abi.PyObject_VectorcallDict)
        .or(abi._PyObject_FastCallDict)
        // SAFETY: the two conventions differ only in what the caller is prepared for.
        .map_or(through_tuple, |plain| unsafe { std::mem::transmute::<Plain, Vectorcall>(plain) })
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
        let tuple = (abi.PyTuple_New)(count as Size);
        if tuple.is_null() {
            return tuple;
        }
        for index in 0..count {
            let argument = *arguments.add(index);
            (abi.Py_IncRef)(argument);
            (abi.PyTuple_SetItem)(tuple, index as Size, argument);
        }
        let result = (abi.PyObject_Call)(callable, tuple, ptr::null_mut());
        (abi.Py_DecRef)(tuple);
        result
    }
}
