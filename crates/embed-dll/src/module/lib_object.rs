//! `lib`: the C functions, variables and constants, as attributes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::fmt::Display;
use std::sync::OnceLock;

use embed_dll_cdecl::{Declarations, FunctionKind, Type, TypeId};

use crate::ffi::{self, Place, Types};
use crate::python::abi::Object;
use crate::python::class::{Arguments, MethodDef};
use crate::python::class::{
    Class, Definition, Payload, Slot, method, object_result, slot, status_result,
};
use crate::python::{ExceptionKind, Key, Owned, Py, Raised, Result, View};
use crate::spec::Module;

use super::lib_function;

/// What `lib` is.
struct Lib {
    module: &'static Module,
    types: Types,
    entries: HashMap<String, Entry>,
    /// The objects for functions, each made when it is asked for first.
    functions: HashMap<String, OnceLock<Key>>,
}

impl Payload for Lib {}

static LIB: Class<Lib> = Class::new();

/// What a name of `lib` means.
#[derive(Clone, Copy)]
enum Entry {
    /// A C function of the author's.
    Function { ty: TypeId, address: *mut c_void },
    /// A function that Python implements: a pointer to its C side.
    Exported { pointer: TypeId, address: *mut c_void },
    /// A variable.
    Variable { ty: TypeId, address: *mut c_void, constant: bool },
    /// A constant.
    Constant(i128),
}

impl Entry {
    /// Whether it is always the same object.
    fn is_function(self) -> bool {
        matches!(self, Entry::Function { .. } | Entry::Exported { .. })
    }
}

// SAFETY: addresses of functions and of variables of the DLL, which live as long as it does.
unsafe impl Send for Entry {}
// SAFETY: as above; whoever follows them says why it may.
unsafe impl Sync for Entry {}

/// A function or variable of `lib`, for `ffi.addressof(lib, "name")`.
pub(crate) enum Addressed {
    /// A function: its type (no pointer to it) and address.
    Function(TypeId, *mut c_void),
    /// A variable: its type and address.
    Variable(TypeId, *mut c_void),
    /// A constant has no address.
    Constant,
    /// There is no such name.
    Unknown,
}

/// What `name` is in `lib`; `None` if `object` is no `lib`.
pub(crate) fn addressed<'a>(
    object: View<'a>,
    name: &str,
) -> Option<(Types, &'static Module, Addressed)> {
    // Without a `lib` there is no class yet.
    if !LIB.is_made() {
        return None;
    }
    let lib = LIB.get(object)?;
    let found = match lib.entries.get(name) {
        Some(&Entry::Function { ty, address }) => Addressed::Function(ty, address),
        Some(&Entry::Exported { pointer, address }) => {
            let ty = lib.types.declarations(|declarations| match declarations.ty(pointer) {
                Type::Pointer(function) => *function,
                _ => pointer,
            });
            Addressed::Function(ty, address)
        }
        Some(&Entry::Variable { ty, address, .. }) => Addressed::Variable(ty, address),
        Some(Entry::Constant(_)) => Addressed::Constant,
        None => Addressed::Unknown,
    };
    Some((lib.types, lib.module, found))
}

/// The `lib` of a module.
///
/// # Errors
///
/// `MemoryError`.
pub(super) fn new<'a>(py: Py<'a>, types: Types, module: &'static Module) -> Result<Owned<'a>> {
    static METHODS: [MethodDef; 2] = [
        method!(c"__dir__", dir, c"The names of all functions, variables and constants."),
        MethodDef::END,
    ];
    let slots = [
        Slot { number: slot::TP_GETATTRO, value: getattr as *mut c_void },
        Slot { number: slot::TP_SETATTRO, value: setattr as *mut c_void },
        Slot { number: slot::TP_REPR, value: repr as *mut c_void },
        Slot { number: slot::TP_METHODS, value: METHODS.as_ptr().cast_mut().cast() },
    ];
    let definition = Definition {
        name: c"embed_dll.Lib",
        doc: c"C functions, variables and constants of an embedding DLL.",
        slots: &slots,
        base: None,
        open: false,
    };
    LIB.create(py, &definition)?;
    lib_function::prepare(py)?;
    let entries = types.declarations(|declarations| entries(declarations, module));
    let functions = entries.iter().filter(|(_, entry)| entry.is_function());
    let functions = functions.map(|(name, _)| (name.clone(), OnceLock::new())).collect();
    LIB.instance(py, Lib { module, types, entries, functions })
}

fn entries(declarations: &mut Declarations, module: &'static Module) -> HashMap<String, Entry> {
    let address = |name: &str| {
        let symbol = module.spec.symbols.iter().find(|symbol| symbol.name == name)?;
        Some((symbol.address)())
    };
    let mut entries = HashMap::new();
    let functions: Vec<_> = declarations
        .functions()
        .iter()
        .filter_map(|function| {
            Some((function.name.clone(), function.ty, function.kind, address(&function.name)?))
        })
        .collect();
    for (name, ty, kind, address) in functions {
        let entry = match kind {
            FunctionKind::C => Entry::Function { ty, address },
            _ => Entry::Exported { pointer: declarations.pointer_to(ty), address },
        };
        entries.insert(name, entry);
    }
    for variable in declarations.variables() {
        if let Some(address) = address(&variable.name) {
            let (ty, constant) = (variable.ty, variable.constant);
            entries.insert(variable.name.clone(), Entry::Variable { ty, address, constant });
        }
    }
    for constant in declarations.constants() {
        if let Some(value) = constant.value {
            entries.insert(constant.name.clone(), Entry::Constant(value));
        }
    }
    entries
}

impl Lib {
    fn get<'a>(&'a self, own: View<'a>, name: &str) -> Result<Option<Owned<'a>>> {
        let py = own.py();
        let Some(place) = self.functions.get(name) else { return self.make(own, name) };
        if let Some(function) = place.get() {
            return Ok(Some(function.view(py).retain()));
        }
        let Some(function) = self.make(own, name)? else { return Ok(None) };
        // Another thread may have been faster; both objects are right.
        let _ = place.set(function.retain().keep());
        Ok(Some(function))
    }

    fn make<'a>(&self, own: View<'a>, name: &str) -> Result<Option<Owned<'a>>> {
        let py = own.py();
        let Some(&entry) = self.entries.get(name) else { return Ok(None) };
        let value = match entry {
            Entry::Function { ty, address } => {
                lib_function::new(own, self.types, self.module, name, ty, address)?
            }
            Entry::Exported { pointer, address } => {
                let ctype = self.types.ctype(py, pointer)?;
                let at = (&raw const address).cast();
                // SAFETY: a pointer to a function, which is what the ctype says.
                unsafe { ffi::load(py, *ctype, at, Place::Copy)? }
            }
            Entry::Variable { ty, address, .. } => {
                let ctype = self.types.ctype(py, ty)?;
                // SAFETY: the macro gives the address of a variable of the declared type, which
                // lives as long as the DLL. Whether the host changes it at this moment is between
                // the host and the author, as with any C variable.
                unsafe { ffi::load(py, *ctype, address.cast_const().cast(), Place::Alias)? }
            }
            Entry::Constant(value) => constant(py, value)?,
        };
        Ok(Some(value))
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.entries.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    fn is_variable(&self, name: &str) -> bool {
        matches!(self.entries.get(name), Some(Entry::Variable { constant: false, .. }))
    }

    /// Attributes that every module has: `lib` stands in `sys.modules`.
    fn of_modules<'a>(&'a self, own: View<'a>, name: &str) -> Result<Option<Owned<'a>>> {
        let py = own.py();
        let value = match name {
            "__class__" => py.immortal(|abi| abi.PyModule_Type).retain(),
            "__name__" => py.str(&format!("{}.lib", self.module.name()))?,
            "__loader__" | "__spec__" => py.none(),
            // For `from my_plugin.lib import *`: a variable would be copied once and never change.
            "__all__" => {
                let names = self.names();
                list(py, names.into_iter().filter(|name| !self.is_variable(name)))?
            }
            "__dict__" => {
                let dict = py.dict()?;
                for name in self.names() {
                    if let Some(value) = self.get(own, name)? {
                        dict.set_item(*py.str(name)?, *value)?;
                    }
                }
                dict
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    fn unknown(&self, py: Py<'_>, name: &str) -> Raised {
        let module = self.module.name();
        py.raise(ExceptionKind::Attribute, unknown(self.types, module, name))
    }
}

/// What to say of a name that is not in `lib`.
pub(crate) fn unknown(types: Types, module: impl Display, name: &str) -> String {
    let dropped = types.declarations(|declarations| declarations.is_macro(name));
    let hint = if dropped {
        " (the header has a macro of this name, but what it stands for is no integer constant)"
    } else {
        ""
    };
    format!(
        "cffi library '{module}' has no function, constant or global variable named '{name}'{hint}"
    )
}

/// An `int`.
fn constant(py: Py<'_>, value: i128) -> Result<Owned<'_>> {
    match i64::try_from(value) {
        Ok(value) => py.int(value),
        // Constants of C are at most `unsigned long long`.
        Err(_) => py.uint(value as u64),
    }
}

fn list<'a, 'n>(py: Py<'a>, names: impl Iterator<Item = &'n str>) -> Result<Owned<'a>> {
    let list = py.list()?;
    for name in names {
        let name = py.str(name)?;
        // SAFETY: attached; a list. The function takes a reference of its own.
        py.check(unsafe { py.abi().PyList_Append(list.as_pointer(), name.as_pointer()) })?;
    }
    Ok(list)
}

/// The object and its data.
///
/// # Safety
///
/// `own` must be an object of the class, and `name` a string, both alive during the call.
unsafe fn receive<'a>(
    py: Py<'a>,
    own: Object,
    name: Object,
) -> Result<(View<'a>, &'a Lib, Cow<'a, str>)> {
    // SAFETY: says the caller.
    let (own, name) = unsafe { (py.view(own), py.view(name)) };
    match (own, name) {
        (Some(own), Some(name)) => {
            let text = match name.utf8() {
                Ok(text) => Cow::Borrowed(text),
                Err(raised) => {
                    // Lone surrogates name nothing; the message shows them escaped.
                    raised.forget(py);
                    Cow::Owned(name.to_text()?)
                }
            };
            // SAFETY: says the caller.
            Ok((own, unsafe { LIB.get_unchecked(own) }, text))
        }
        _ => Err(py.raise(ExceptionKind::System, "attribute access without object or name")),
    }
}

/// `tp_getattro`.
unsafe extern "C" fn getattr(own: Object, name: Object) -> Object {
    // SAFETY: Python calls it attached, with an object of the class and a string.
    unsafe {
        object_result(|py| {
            let (view, lib, text) = receive(py, own, name)?;
            if let Some(value) = lib.get(view, &text)? {
                return Ok(value);
            }
            if let Some(value) = lib.of_modules(view, &text)? {
                return Ok(value);
            }
            // Methods of every object, such as `__dir__`.
            match py.own(py.abi().PyObject_GenericGetAttr(own, name)) {
                Ok(value) if text != "__doc__" => Ok(value),
                Ok(_) => Err(lib.unknown(py, &text)),
                Err(raised) => {
                    raised.forget(py);
                    Err(lib.unknown(py, &text))
                }
            }
        })
    }
}

/// `tp_setattro`.
unsafe extern "C" fn setattr(own: Object, name: Object, value: Object) -> c_int {
    // SAFETY: Python calls it attached, with an object of the class, a string, and a value or null.
    unsafe {
        status_result(|py| {
            let (_, lib, text) = receive(py, own, name)?;
            let Some(&entry) = lib.entries.get(&*text) else { return Err(lib.unknown(py, &text)) };
            let Some(value) = py.view(value) else {
                return Err(py.raise(ExceptionKind::Attribute, "C attribute cannot be deleted"));
            };
            let Entry::Variable { ty, address, constant: false } = entry else {
                let words = format_args!("cannot write to function or constant '{text}'");
                return Err(py.raise(ExceptionKind::Attribute, words));
            };
            let ctype = lib.types.ctype(py, ty)?;
            // As for reading; the converter writes a value of the declared type.
            ffi::store(py, *ctype, address.cast(), value)
        })
    }
}

/// `tp_repr`.
unsafe extern "C" fn repr(own: Object) -> Object {
    // SAFETY: Python calls it attached, with an object of the class.
    unsafe {
        object_result(|py| {
            let module = py.view(own).map_or("?", |own| LIB.get_unchecked(own).module.name());
            py.str(&format!("<Lib object for '{module}'>"))
        })
    }
}

/// `lib.__dir__()`.
fn dir<'a>(own: View<'a>, _arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = own.py();
    match LIB.get(own) {
        Some(lib) => list(py, lib.names().into_iter()),
        None => py.list(),
    }
}
