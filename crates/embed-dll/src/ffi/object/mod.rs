//! The `ffi` object.

mod address;
mod argument;
mod cast;
mod handles;
mod information;
mod memory;
mod new;
mod once;
pub(super) mod release;
mod text;

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use super::slots::{getter, slot, unary};
use super::types::{Types, ctype_object};
use super::{buffer, errno, names, value};
use crate::python::abi::Object;
use crate::python::class::{
    Class, Definition, GetSetDef, MethodDef, Payload, method, slot as number, status_result,
};
use crate::python::{ExceptionKind, Key, Owned, Py, Result, View};
use crate::spec::Module;

static FFI: Class<Ffi> = Class::new();

/// What `ffi` is.
struct Ffi {
    types: Types,
    module: &'static Module,
    /// Types by the strings that have named them: a dict.
    strings: Key,
    /// What `init_once()` has run: a dict.
    once: Key,
}

// `init_once()` may keep objects that refer to `ffi`, but `ffi` lives as long as its module, which
// is for ever: there is nothing to collect.
impl Payload for Ffi {}

static METHODS: [MethodDef; 23] = [
    method!(c"addressof", address::addressof, c"addressof(cdata_or_lib, *fields_or_indexes)\n--\n\nA pointer to a record, array, field or item, or to a function or variable of lib."),
    method!(c"alignof", information::alignof, c"alignof(cdecl)\n--\n\nAlignment of a type, in bytes."),
    method!(c"callback", once::callback, c"callback(cdecl)\n--\n\nNot available: use extern \"Python\" functions."),
    method!(c"cast", cast::cast, c"cast(cdecl, value)\n--\n\nThe value as one of another C type, converted as C does."),
    method!(c"def_extern", crate::module::def_extern, c"def_extern(name=None, error=None, onerror=None)\n--\n\nA decorator that makes a function the implementation of a C function."),
    method!(c"dlopen", once::dlopen, c"dlopen(libpath)\n--\n\nNot available: link libraries into the DLL."),
    method!(c"from_buffer", memory::from_buffer, c"from_buffer([cdecl,] python_buffer, require_writable=False)\n--\n\nThe memory of a Python object as a C array or pointer."),
    method!(c"from_handle", handles::from_handle, c"from_handle(handle)\n--\n\nThe object that a handle stands for."),
    method!(c"gc", release::gc, c"gc(cdata, destructor, size=0)\n--\n\nThe same value, with a function that is called with the original when it is not used any more."),
    method!(c"getctype", information::getctype, c"getctype(cdecl, replace_with='')\n--\n\nThe type as C code, with a declarator at its place."),
    method!(c"init_once", once::init_once, c"init_once(function, tag)\n--\n\nThe result of function(), which is called once for each tag."),
    method!(c"integer_const", information::integer_const, c"integer_const(name)\n--\n\nThe value of a constant or enumerator."),
    method!(c"list_types", information::list_types, c"list_types()\n--\n\nNames of the typedefs, structs and unions of this module."),
    method!(c"memmove", memory::memmove, c"memmove(dest, src, n)\n--\n\nCopies n bytes, from and to C values or objects with a buffer."),
    method!(c"new", new::new, c"new(cdecl, init=None)\n--\n\nNew memory for what a pointer points to, or for an array, which is owned by the value returned."),
    method!(c"new_handle", handles::new_handle, c"new_handle(object)\n--\n\nA void * that stands for a Python object as long as it is kept."),
    method!(c"offsetof", address::offsetof, c"offsetof(cdecl, *fields_or_indexes)\n--\n\nBytes from the start of a record or array to a part of it."),
    method!(c"release", release::release, c"release(cdata)\n--\n\nGives up what ffi.gc() or ffi.from_buffer() hold, now."),
    method!(c"sizeof", information::size_of, c"sizeof(cdecl)\n--\n\nSize of a type or value, in bytes."),
    method!(c"string", text::string, c"string(cdata, maxlen=-1)\n--\n\nThe bytes or str up to the first NUL; the name of an enumeration's value."),
    method!(c"typeof", information::type_of, c"typeof(cdecl)\n--\n\nThe C type that a string names or that a value has."),
    method!(c"unpack", text::unpack, c"unpack(cdata, length)\n--\n\nSo many characters or items, as bytes, str or list."),
    MethodDef::END,
];

/// The entry for `errno`, which alone can be set.
const ERRNO: GetSetDef = GetSetDef {
    set: Some(set_errno),
    ..getter!(c"errno", get_errno, c"errno as C code left it and will see it")
};

static GETTERS: [GetSetDef; 7] = [
    getter!(c"CData", cdata_class, c"the class of C values"),
    getter!(c"CType", ctype_class, c"the class of C types"),
    getter!(c"NULL", null, c"a null pointer of type void *"),
    getter!(c"buffer", buffer_class, c"the class of buffers; call it with a C value"),
    getter!(c"error", error_class, c"what is raised for texts that are no types"),
    ERRNO,
    GetSetDef::END,
];

unsafe extern "C" fn set_errno(_: Object, value: Object, _: *mut c_void) -> c_int {
    // SAFETY: Python calls it attached, with an object or null.
    unsafe {
        status_result(|py| {
            let Some(value) = py.view(value) else {
                return Err(py.raise(ExceptionKind::Type, "cannot delete ffi.errno"));
            };
            let overflow = py.exception_class(ExceptionKind::Overflow);
            let number = value.as_index(overflow)?;
            let number = c_int::try_from(number);
            let out_of_range =
                |_| py.raise(ExceptionKind::Overflow, "errno value too large to convert to C int");
            errno::set_errno(number.map_err(out_of_range)?);
            Ok(())
        })
    }
}

/// Makes the class, once.
pub(super) fn prepare(py: Py<'_>) -> Result<()> {
    FFI.create(
        py,
        &Definition {
            name: c"ffi.FFI",
            doc: c"C types and values of an embedding DLL.",
            slots: &[
                slot(number::TP_REPR, unary!(repr)),
                slot(number::TP_GETSET, GETTERS.as_ptr().cast_mut().cast()),
                slot(number::TP_METHODS, METHODS.as_ptr().cast_mut().cast()),
            ],
            base: None,
            open: false,
        },
    )
}

/// A new `ffi` for a module.
///
/// # Errors
///
/// `MemoryError`.
pub fn new_ffi<'a>(py: Py<'a>, types: Types, module: &'static Module) -> Result<Owned<'a>> {
    let (strings, once) = (py.dict()?.keep(), py.dict()?.keep());
    FFI.instance(py, Ffi { types, module, strings, once })
}

/// Types and module of an `ffi`; `None` if the object is no `ffi`.
pub fn of(own: View<'_>) -> Option<(Types, &'static Module)> {
    FFI.get(own).map(|ffi| (ffi.types, ffi.module))
}

/// The data of the object whose method Python calls.
fn own(object: View<'_>) -> &Ffi {
    // SAFETY: Python calls methods with objects of the class.
    unsafe { FFI.get_unchecked(object) }
}

fn repr(object: View<'_>) -> Result<Owned<'_>> {
    let name = own(object).module.spec.name.to_string_lossy();
    object.py().str(&format!("<ffi.FFI object of '{name}'>"))
}

fn cdata_class(object: View<'_>) -> Result<Owned<'_>> {
    Ok(value::CDATA.class(object.py()).retain())
}

fn ctype_class(object: View<'_>) -> Result<Owned<'_>> {
    Ok(ctype_object::CTYPE.class(object.py()).retain())
}

fn buffer_class(object: View<'_>) -> Result<Owned<'_>> {
    Ok(buffer::BUFFER.class(object.py()).retain())
}

fn error_class(object: View<'_>) -> Result<Owned<'_>> {
    Ok(names::error_class(object.py()).retain())
}

/// One object for all, so that `ffi.NULL is ffi.NULL`.
fn null(object: View<'_>) -> Result<Owned<'_>> {
    static NULL: OnceLock<Key> = OnceLock::new();
    let py = object.py();
    if let Some(null) = NULL.get() {
        return Ok(null.view(py).retain());
    }
    let _ = NULL.set(value::null(py)?.keep());
    Ok(NULL.get().expect("set just now").view(py).retain())
}

fn get_errno(object: View<'_>) -> Result<Owned<'_>> {
    object.py().int(errno::errno().into())
}
