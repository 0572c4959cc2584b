//! `ffi.def_extern(name=, error=, onerror=)`.

use std::sync::Arc;

use embed_dll_cdecl::{Declarations, FunctionKind, Type, TypeId};

use crate::ffi::{self, Types};
use crate::python::abi::{Object, Size};
use crate::python::class::{Arguments, Class, Definition, Payload, Slot, object_result, slot};
use crate::python::{ExceptionKind, Key, Owned, Py, Raised, Result, View};
use crate::spec::{Function, Module};

use super::attached::{Attached, Signature};

/// What `def_extern(…)` returns: called with a function, it attaches that.
struct Decorator {
    module: &'static Module,
    types: Types,
    name: Option<Key>,
    error: Option<Key>,
    onerror: Option<Key>,
}

impl Payload for Decorator {}

/// How many names a message lists.
const NAMES_SHOWN: usize = 50;

static DECORATOR: Class<Decorator> = Class::new();

/// Makes the class, once.
fn prepare(py: Py<'_>) -> Result<()> {
    let slots = [Slot { number: slot::TP_CALL, value: call as *mut std::ffi::c_void }];
    let definition = Definition {
        name: c"embed_dll.def_extern_decorator",
        doc: c"Attaches a Python function to the C function of its name.",
        slots: &slots,
        base: None,
        open: false,
    };
    DECORATOR.create(py, &definition)
}

/// `ffi.def_extern(name=None, error=None, onerror=None)`.
///
/// # Errors
///
/// `TypeError` for arguments that it does not have, or a name that is no text.
pub(crate) fn def_extern<'a>(own: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = own.py();
    let Some((types, module)) = ffi::of(own) else {
        return Err(py.raise(ExceptionKind::Type, "def_extern() is a method of 'ffi'"));
    };
    let given = arguments.bind("def_extern", ["name", "error", "onerror"], 0)?;
    let [name, error, onerror] =
        given.map(|value| value.filter(|value| !value.is_none()).map(View::retain));
    if let Some(name) = name.as_ref().filter(|name| !name.is_str()) {
        let class = name.class_name();
        // `@ffi.def_extern` gets the function in the place of the name.
        let advice = if name.is_callable() { "; write @ffi.def_extern(), with ()" } else { "" };
        let words = format_args!("def_extern() name must be str or None, not {class}{advice}");
        return Err(py.raise(ExceptionKind::Type, words));
    }
    prepare(py)?;
    let decorator = Decorator {
        module,
        types,
        name: name.map(Owned::keep),
        error: error.map(Owned::keep),
        onerror: onerror.map(Owned::keep),
    };
    DECORATOR.instance(py, decorator)
}

/// `tp_call` of the decorator.
unsafe extern "C" fn call(own: Object, arguments: Object, keywords: Object) -> Object {
    // SAFETY: Python calls it attached, with an object of the class, a tuple, and a dict or null.
    unsafe {
        object_result(|py| {
            let abi = py.abi();
            let count = abi.PyTuple_Size(arguments);
            let named = if keywords.is_null() { 0 } else { abi.PyDict_Size(keywords) };
            let function = match (count, named) {
                (1, 0) => py.view(abi.PyTuple_GetItem(arguments, 0)),
                _ => None,
            };
            let Some(function) = function else { return Err(one_argument(py, count + named)) };
            let Some(own) = py.view(own) else { return Err(one_argument(py, 0)) };
            attach(DECORATOR.get_unchecked(own), function)
        })
    }
}

fn one_argument(py: Py<'_>, given: Size) -> Raised {
    let words = format_args!("def_extern_decorator() takes exactly one argument ({given} given)");
    py.raise(ExceptionKind::Type, words)
}

/// Attaches `callable`, and returns it as it is.
fn attach<'a>(decorator: &Decorator, callable: View<'a>) -> Result<Owned<'a>> {
    let py = callable.py();
    let name = match &decorator.name {
        Some(name) => name.view(py).retain(),
        None => callable.attr(c"__name__")?,
    };
    let name = name.to_text()?;
    let Some((function, signature)) = find(decorator, py, &name)? else {
        let there = decorator.types.declarations(|declarations| there_are(declarations));
        let words = format_args!(
            "ffi.def_extern('{name}'): no 'extern \"Python\"' function with this name; {there}"
        );
        return Err(py.raise_class(ffi::error_class(py), words));
    };
    callable_or(callable, "")?;
    let onerror = decorator.onerror.as_ref().map(|onerror| onerror.view(py));
    if let Some(onerror) = onerror {
        callable_or(onerror, " for 'onerror'")?;
    }
    let error = match &decorator.error {
        Some(error) => Some(error_value(py, decorator, &name, &signature, error.view(py))?),
        None => None,
    };
    let attached = Attached::new(
        function,
        callable.retain().keep(),
        onerror.map(|onerror| onerror.retain().keep()),
        error,
        Arc::new(signature),
    );
    attached.attach(py);
    Ok(callable.retain())
}

fn callable_or(object: View<'_>, what: &str) -> Result<()> {
    if object.is_callable() {
        return Ok(());
    }
    let class = object.class_name();
    let words = format_args!("expected a callable object{what}, not {class}");
    Err(object.py().raise(ExceptionKind::Type, words))
}

/// The function that Python implements, and its types.
fn find(
    decorator: &Decorator,
    py: Py<'_>,
    name: &str,
) -> Result<Option<(&'static Function, Signature)>> {
    let functions = decorator.module.spec.functions;
    let Some(&function) = functions.iter().find(|function| function.name == name) else {
        return Ok(None);
    };
    let types = decorator.types.declarations(|declarations| types(declarations, name));
    let Some((result, parameters)) = types else { return Ok(None) };
    let ctype = |id| decorator.types.ctype(py, id).map(Owned::keep);
    let parameters = parameters.into_iter().map(ctype).collect::<Result<_>>()?;
    Ok(Some((function, Signature { result: ctype(result)?, parameters })))
}

/// The functions that Python implements, for a message.
fn there_are(declarations: &Declarations) -> String {
    let functions = declarations.functions().iter();
    let mut names: Vec<&str> = functions
        .filter(|function| function.kind != FunctionKind::C)
        .map(|function| function.name.as_str())
        .collect();
    if names.is_empty() {
        return String::from("there is none");
    }
    names.sort_unstable();
    match names.len().checked_sub(NAMES_SHOWN) {
        None | Some(0) => format!("there are: {}", names.join(", ")),
        Some(more) => format!("there are: {}, and {more} more", names[..NAMES_SHOWN].join(", ")),
    }
}

/// The types of the result and of the parameters.
fn types(declarations: &Declarations, name: &str) -> Option<(TypeId, Vec<TypeId>)> {
    let function = declarations.functions().iter().find(|function| function.name == name)?;
    if function.kind == FunctionKind::C {
        return None;
    }
    match declarations.ty(function.ty) {
        Type::Function(function) => Some((function.result, function.params.clone())),
        _ => None,
    }
}

/// `error=`, converted now: a value that does not fit is an error of whoever attaches.
fn error_value(
    py: Py<'_>,
    decorator: &Decorator,
    name: &str,
    signature: &Signature,
    value: View<'_>,
) -> Result<Box<[u8]>> {
    let size = decorator.types.declarations(|declarations| {
        let (result, _) = types(declarations, name)?;
        match declarations.ty(result) {
            Type::Void => None,
            _ => declarations.size_of(result),
        }
    });
    let Some(size) = size else {
        let words = "callback with the return type 'void' must return None";
        return Err(py.raise(ExceptionKind::Type, words));
    };
    // In units of 16 bytes, so that it is aligned for every type.
    let mut room = vec![0_u128; (size as usize).div_ceil(size_of::<u128>())];
    // SAFETY: as large and as aligned as a value of the result's type.
    unsafe { ffi::store(py, signature.result.view(py), room.as_mut_ptr().cast(), value)? };
    let bytes = room.iter().flat_map(|unit| unit.to_ne_bytes()).take(size as usize);
    Ok(bytes.collect())
}
