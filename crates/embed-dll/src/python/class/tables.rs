//! The tables that CPython reads.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

use crate::python::abi::{Object, Size};
use crate::python::{Structure, structure};

/// `Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE`, one by one.
pub(super) mod flag {
    pub(crate) const DEFAULT: u32 = 1 << 18;
    pub(crate) const HAVE_GC: u32 = 1 << 14;
    pub(crate) const BASETYPE: u32 = 1 << 10;
}

/// Numbers of the slots (`Include/typeslots.h`), which never change.
pub mod slot {
    use std::ffi::c_int;
    pub const BF_GETBUFFER: c_int = 1;
    pub const BF_RELEASEBUFFER: c_int = 2;
    pub const MP_ASS_SUBSCRIPT: c_int = 3;
    pub const MP_LENGTH: c_int = 4;
    pub const MP_SUBSCRIPT: c_int = 5;
    pub const NB_ADD: c_int = 7;
    pub const NB_BOOL: c_int = 9;
    pub const NB_FLOAT: c_int = 11;
    pub const NB_INT: c_int = 26;
    pub const NB_SUBTRACT: c_int = 36;
    pub const SQ_ITEM: c_int = 44;
    pub const TP_CALL: c_int = 50;
    pub const TP_CLEAR: c_int = 51;
    pub const TP_DEALLOC: c_int = 52;
    pub const TP_DOC: c_int = 56;
    pub const TP_GETATTRO: c_int = 58;
    pub const TP_HASH: c_int = 59;
    pub const TP_ITER: c_int = 62;
    pub const TP_ITERNEXT: c_int = 63;
    pub const TP_METHODS: c_int = 64;
    pub const TP_NEW: c_int = 65;
    pub const TP_REPR: c_int = 66;
    pub const TP_RICHCOMPARE: c_int = 67;
    pub const TP_SETATTRO: c_int = 69;
    pub const TP_TRAVERSE: c_int = 71;
    pub const TP_MEMBERS: c_int = 72;
    pub const TP_GETSET: c_int = 73;
    pub const TP_FREE: c_int = 74;
    pub const TP_FINALIZE: c_int = 80;
}

/// `PyType_Slot`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slot {
    /// One of [`slot`].
    pub number: c_int,
    /// A function, a table, or a string, as the slot wants.
    pub value: *mut c_void,
}

/// `PyType_Spec`.
#[repr(C)]
pub(super) struct Spec {
    pub(super) name: *const c_char,
    pub(super) basicsize: c_int,
    pub(super) itemsize: c_int,
    pub(super) flags: c_uint,
    pub(super) slots: *mut Slot,
}

/// `PyMethodDef`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MethodDef {
    /// Null ends a table.
    pub name: *const c_char,
    /// The function.
    pub function: *const c_void,
    /// `METH_…`.
    pub flags: c_int,
    /// May be null.
    pub doc: *const c_char,
}

/// `PyMemberDef`.
#[repr(C)]
pub(super) struct MemberDef {
    pub(super) name: *const c_char,
    pub(super) kind: c_int,
    pub(super) offset: Size,
    pub(super) flags: c_int,
    pub(super) doc: *const c_char,
}

impl MemberDef {
    /// `T_PYSSIZET`.
    pub(super) const SIZE: c_int = 19;
    /// `READONLY`.
    pub(super) const READ_ONLY: c_int = 1;
    pub(super) const END: MemberDef =
        MemberDef { name: ptr::null(), kind: 0, offset: 0, flags: 0, doc: ptr::null() };
}

/// `PyGetSetDef`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct GetSetDef {
    /// Null ends a table.
    pub name: *const c_char,
    /// `getter`.
    pub get: Option<unsafe extern "C" fn(Object, *mut c_void) -> Object>,
    /// `setter`.
    pub set: Option<unsafe extern "C" fn(Object, Object, *mut c_void) -> c_int>,
    /// May be null.
    pub doc: *const c_char,
    /// Given to both functions.
    pub closure: *mut c_void,
}

/// `METH_FASTCALL | METH_KEYWORDS`: the calling convention of methods here.
pub const FASTCALL_KEYWORDS: c_int = 0x80 | 0x02;
/// `METH_NOARGS`: of functions that Python calls at events (CPython, `Include/methodobject.h`).
pub const NOARGS: c_int = 0x04;

impl MethodDef {
    /// The end of a table.
    pub const END: MethodDef =
        MethodDef { name: ptr::null(), function: ptr::null(), flags: 0, doc: ptr::null() };
}

impl GetSetDef {
    /// The end of a table.
    pub const END: GetSetDef = GetSetDef {
        name: ptr::null(),
        get: None,
        set: None,
        doc: ptr::null(),
        closure: ptr::null_mut(),
    };
}

// SAFETY: the tables are static and hold addresses of static things.
unsafe impl Sync for MethodDef {}
// SAFETY: as above.
unsafe impl Sync for GetSetDef {}

/// The fields of `PyTypeObject` (`Include/cpython/object.h`) that are written in CPython 3.8, counted
/// in pointers from its variable-size header. 3.8 is closed, so they stay there.
pub(super) mod type_38 {
    pub(crate) const AS_BUFFER: usize = 17;
    pub(crate) const WEAK_LIST_OFFSET: usize = 23;
}

/// What is described here.
pub(crate) const STRUCTURES: [Structure; 5] = [
    structure!(Slot is "PyType_Slot" { number: "slot", value: "pfunc" }),
    structure!(Spec is "PyType_Spec" {
        name: "name", basicsize: "basicsize", itemsize: "itemsize", flags: "flags", slots: "slots",
    }),
    structure!(MethodDef is "PyMethodDef" {
        name: "ml_name", function: "ml_meth", flags: "ml_flags", doc: "ml_doc",
    }),
    structure!(MemberDef is "PyMemberDef" {
        name: "name", kind: "type", offset: "offset", flags: "flags", doc: "doc",
    }),
    structure!(GetSetDef is "PyGetSetDef" {
        name: "name", get: "get", set: "set", doc: "doc", closure: "closure",
    }),
];

/// Bytes from the end of `PyObject` to fields of the `PyTypeObject` of 3.8.
pub(crate) const TYPE_38: [(&str, usize); 2] = {
    let pointer = size_of::<*mut c_void>();
    [
        ("tp_as_buffer", size_of::<Size>() + type_38::AS_BUFFER * pointer),
        ("tp_weaklistoffset", size_of::<Size>() + type_38::WEAK_LIST_OFFSET * pointer),
    ]
};
