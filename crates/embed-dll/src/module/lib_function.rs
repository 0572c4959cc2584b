//! `lib.f`: a C function of the author's, as a callable object.

use std::ffi::{CStr, c_void};

use embed_dll_cdecl::{Type, TypeId};

use crate::ffi::{self, Types};
use crate::python::abi::Object;
use crate::python::class::{
    Arguments, Class, Definition, GetSetDef, Payload, Slot, object_result, slot,
};
use crate::python::{ExceptionKind, Key, Owned, Py, Result, View};
use crate::spec::Module;

/// A C function.
struct LibFunction {
    module: &'static Module,
    types: Types,
    name: String,
    /// A function, not a pointer to one.
    ty: TypeId,
    /// Number of its parameters.
    parameters: usize,
    /// Whether more arguments may follow.
    variadic: bool,
    address: *mut c_void,
    /// The ctype of a pointer to it.
    pointer: Key,
    /// `lib`, which is `__self__`.
    lib: Key,
}

// A cycle: `lib` keeps the functions that it has made. The collector need not know, since `lib` lives
// as long as the interpreter anyhow.
impl Payload for LibFunction {}

static FUNCTION: Class<LibFunction> = Class::new();

/// The attributes, whose getters share one function: `closure` is the index here.
const ATTRIBUTES: [&CStr; 5] =
    [c"__name__", c"__qualname__", c"__doc__", c"__module__", c"__self__"];

/// Makes the class, once.
pub(super) fn prepare(py: Py<'_>) -> Result<()> {
    static GETSET: [GetSetDef; 6] = {
        let mut table = [GetSetDef::END; 6];
        let mut index = 0;
        while index < ATTRIBUTES.len() {
            table[index] = GetSetDef {
                name: ATTRIBUTES[index].as_ptr(),
                get: Some(attribute),
                set: None,
                doc: std::ptr::null(),
                closure: std::ptr::without_provenance_mut(index),
            };
            index += 1;
        }
        table
    };
    let slots = [
        Slot { number: slot::TP_CALL, value: call as *mut c_void },
        Slot { number: slot::TP_REPR, value: repr as *mut c_void },
        Slot { number: slot::TP_GETSET, value: GETSET.as_ptr().cast_mut().cast() },
    ];
    let definition = Definition {
        name: c"embed_dll.builtin_function",
        doc: c"A C function of an embedding DLL.",
        slots: &slots,
        base: None,
        open: false,
    };
    FUNCTION.create(py, &definition)
}

/// A new object for a function of `lib`.
pub(super) fn new<'a>(
    lib: View<'a>,
    types: Types,
    module: &'static Module,
    name: &str,
    ty: TypeId,
    address: *mut c_void,
) -> Result<Owned<'a>> {
    let py = lib.py();
    let (pointer, parameters, variadic) = types.declarations(|declarations| {
        let (parameters, variadic) = match declarations.ty(ty) {
            Type::Function(function) => (function.params.len(), function.variadic),
            _ => (0, false),
        };
        (declarations.pointer_to(ty), parameters, variadic)
    });
    let pointer = types.ctype(py, pointer)?.keep();
    let lib = lib.retain().keep();
    let name = String::from(name);
    let function =
        LibFunction { module, types, name, ty, parameters, variadic, address, pointer, lib };
    FUNCTION.instance(py, function)
}

/// The type of a pointer to a function of `lib`, and the function's address; `None` if `object` is
/// none. CFFI takes such functions for function pointers, and `ffi.typeof()` knows them.
pub(crate) fn function_pointer<'a>(object: View<'a>) -> Option<(Owned<'a>, *mut c_void)> {
    if !FUNCTION.is_made() {
        return None;
    }
    let function = FUNCTION.get(object)?;
    Some((function.pointer.view(object.py()).retain(), function.address))
}

impl LibFunction {
    /// The words of the C functions that CFFI makes: they depend on the number of parameters.
    fn wrong_number(&self, given: usize) -> String {
        let (module, name) = (self.module.name(), &self.name);
        match self.parameters {
            0 => format!("{module}.Lib.{name}() takes no arguments ({given} given)"),
            1 => format!("{module}.Lib.{name}() takes exactly one argument ({given} given)"),
            expected => format!("{name} expected {expected} arguments, got {given}"),
        }
    }
}

/// `tp_call`.
unsafe extern "C" fn call(own: Object, arguments: Object, keywords: Object) -> Object {
    // SAFETY: Python calls it attached, with an object of the class, a tuple, and a dict or null.
    unsafe {
        object_result(|py| {
            let Some(own) = py.view(own) else {
                return Err(py.raise(ExceptionKind::System, "a call without object"));
            };
            let function = FUNCTION.get_unchecked(own);
            let abi = py.abi();
            if !keywords.is_null() && abi.PyDict_Size(keywords) > 0 {
                let (module, name) = (function.module.name(), &function.name);
                let words = format_args!("{module}.Lib.{name}() takes no keyword arguments");
                return Err(py.raise(ExceptionKind::Type, words));
            }
            let count = abi.PyTuple_Size(arguments);
            let mut values = Vec::with_capacity(count as usize);
            for index in 0..count {
                values.push(abi.PyTuple_GetItem(arguments, index));
            }
            if values.len() != function.parameters && !function.variadic {
                let words = function.wrong_number(values.len());
                return Err(py.raise(ExceptionKind::Type, words));
            }
            let arguments = Arguments::new(py, values.as_ptr(), count, std::ptr::null_mut());
            let address = function.address.cast_const();
            ffi::call_out(py, function.pointer.view(py), address, Some(&function.name), arguments)
        })
    }
}

/// `tp_repr`.
unsafe extern "C" fn repr(own: Object) -> Object {
    // SAFETY: Python calls it attached, with an object of the class.
    unsafe {
        object_result(|py| {
            let name = py.view(own).map_or("?", |own| FUNCTION.get_unchecked(own).name.as_str());
            py.str(&format!("<built-in method {name} of Lib object>"))
        })
    }
}

/// The getter of each of [`ATTRIBUTES`].
unsafe extern "C" fn attribute(own: Object, closure: *mut c_void) -> Object {
    // SAFETY: Python calls it attached, with an object of the class.
    unsafe {
        object_result(|py| {
            let Some(own) = py.view(own) else { return Ok(py.none()) };
            let function = FUNCTION.get_unchecked(own);
            let (module, name) = (function.module.name(), &function.name);
            match closure.addr() {
                0 => py.str(name),
                1 => py.str(&format!("Lib.{name}")),
                2 => {
                    let written = function
                        .types
                        .declarations(|declarations| declarations.name_with(function.ty, name));
                    py.str(&format!("{written};\n\nCFFI C function from {module}.lib"))
                }
                3 => py.str(module),
                _ => Ok(function.lib.view(py).retain()),
            }
        })
    }
}
