//! `PyInit_<name>`: the DLL, under another file name, imported by a running Python.
//!
//! The module is a multi-phase one (PEP 489): what is returned is only a definition, and Python asks
//! for the module later. It gets the one that calls from C use too, so importing and calling in any
//! order never make two. The init code runs at the first call, as CFFI does it.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;

use crate::descriptor::to_descriptor;
use crate::python::abi::{self, Abi, Object};
use crate::python::class::object_result;
use crate::python::{ExceptionKind, Owned, Py, Result, Structure, structure};
use crate::spec::Module;
use crate::start;

use super::names;
use super::ready::{Ready, subinterpreter};

/// The part of `PyModuleDef` behind the object's header (`Include/moduleobject.h`, unchanged from
/// 3.5 to 3.15).
#[repr(C)]
struct Definition {
    init: *mut c_void,
    index: isize,
    copy: Object,
    name: *const c_char,
    doc: *const c_char,
    size: isize,
    methods: *mut c_void,
    slots: *mut Slot,
    traverse: *mut c_void,
    clear: *mut c_void,
    free: *mut c_void,
}

/// `PyModuleDef_Slot`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Slot {
    number: c_int,
    value: *mut c_void,
}

/// The definition, behind its header.
const DEFINITION_STRUCTURE: Structure = Structure {
    after_header: true,
    ..structure!(Definition is "PyModuleDef" {
        init: "m_base.m_init", index: "m_base.m_index", copy: "m_base.m_copy", name: "m_name",
        doc: "m_doc", size: "m_size", methods: "m_methods", slots: "m_slots",
        traverse: "m_traverse", clear: "m_clear", free: "m_free",
    })
};

/// Structures of CPython, compared with its headers by a test.
pub(crate) const STRUCTURES: [Structure; 2] = [
    DEFINITION_STRUCTURE,
    structure!(Slot is "PyModuleDef_Slot" { number: "slot", value: "value" }),
];

/// `Py_mod_create`.
const CREATE: c_int = 1;
/// `Py_mod_multiple_interpreters`, since 3.12; its value 0 says that they are not supported.
const INTERPRETERS: c_int = 3;
/// `Py_mod_gil`, since 3.13; its value 1 says that the GIL is not needed.
const GIL: c_int = 4;

/// Room for the largest header ([`crate::python::Abi::header`]) and the definition.
#[repr(C, align(16))]
struct Room([u8; 64 + size_of::<Definition>()]);

/// A definition that was given to Python, with the module it is of. Never freed.
struct Given {
    module: &'static Module,
    definition: Object,
    _slots: Box<[Slot]>,
}

// SAFETY: the addresses are of memory that is never freed, and only compared or given to Python.
unsafe impl Send for Given {}
// SAFETY: as above.
unsafe impl Sync for Given {}

/// All definitions of this DLL: the C functions in the slots get the definition, not the module.
static GIVEN: Mutex<Vec<Given>> = Mutex::new(Vec::new());

/// The body of `PyInit_<name>`.
pub(super) fn definition(module: &'static Module) -> Object {
    let runtime = match start::interpreter(&module.spec) {
        Ok(runtime) => runtime,
        Err(error) => {
            raise_by_hand(&error.text);
            return ptr::null_mut();
        }
    };
    // SAFETY: Python calls `PyInit_…` attached.
    let py = unsafe { Py::assume(runtime.abi) };
    // SAFETY: as above.
    unsafe {
        object_result(|_| {
            let Ok(mut given) = GIVEN.lock() else {
                return Err(
                    py.raise(ExceptionKind::System, "a bug in embed-dll: its code panicked")
                );
            };
            let known = given.iter().find(|given| ptr::eq(given.module, module));
            let pointer = match known {
                Some(known) => known.definition,
                None => {
                    let new = make(runtime.abi, module);
                    let pointer = new.definition;
                    given.push(new);
                    pointer
                }
            };
            drop(given);
            let definition = runtime.abi.PyModuleDef_Init(pointer.cast());
            py.view(definition)
                .map(|view| view.retain())
                .ok_or_else(crate::python::Raised::already_set)
        })
    }
}

/// Without an interpreter that this DLL can use there may still be one to raise in.
fn raise_by_hand(text: &str) {
    match abi::get() {
        Some(abi) => {
            // SAFETY: Python calls `PyInit_…` attached.
            let py = unsafe { Py::assume(abi) };
            drop(py.raise(ExceptionKind::Import, text));
        }
        // Python will say that the function failed without raising.
        None => to_descriptor(&format!("{text}\n")),
    }
}

fn make(abi: &'static Abi, module: &'static Module) -> Given {
    let mut slots = vec![Slot { number: CREATE, value: create as *mut c_void }];
    if abi.version >= (3, 12) {
        slots.push(Slot { number: INTERPRETERS, value: ptr::null_mut() });
    }
    if abi.version >= (3, 13) {
        slots.push(Slot { number: GIL, value: ptr::without_provenance_mut(1) });
    }
    slots.push(Slot { number: 0, value: ptr::null_mut() });
    let mut slots = slots.into_boxed_slice();
    let definition = Definition {
        init: ptr::null_mut(),
        index: 0,
        copy: ptr::null_mut(),
        name: module.spec.name.as_ptr(),
        doc: ptr::null(),
        size: 0,
        methods: ptr::null_mut(),
        slots: slots.as_mut_ptr(),
        traverse: ptr::null_mut(),
        clear: ptr::null_mut(),
        free: ptr::null_mut(),
    };
    let room = Box::leak(Box::new(Room([0; 64 + size_of::<Definition>()])));
    let start: *mut u8 = room.0.as_mut_ptr();
    // SAFETY: the header is at most 64 bytes (`Header::measure`), a multiple of 8; the room is
    // aligned and long enough.
    unsafe { start.add(abi.header.size()).cast::<Definition>().write(definition) };
    Given { module, definition: start.cast(), _slots: slots }
}

/// `Py_mod_create`: the module that there is, or will be.
unsafe extern "C" fn create(_spec: Object, definition: Object) -> Object {
    // SAFETY: Python calls it attached.
    unsafe { object_result(|py| module_object(py, definition)) }
}

fn module_object(py: Py<'_>, definition: Object) -> Result<Owned<'_>> {
    let module = GIVEN.lock().ok().and_then(|given| {
        given.iter().find(|given| given.definition == definition).map(|given| given.module)
    });
    let (Some(module), Some(runtime)) = (module, start::runtime()) else {
        return Err(py.raise(ExceptionKind::System, "this definition is of no module of the DLL"));
    };
    let abi = py.abi();
    if !py.is_in_main_interpreter() {
        return Err(py.raise(ExceptionKind::Import, subinterpreter(module)));
    }
    let ready = Ready::prepare(py, module, runtime)?;
    // SAFETY: attached; borrowed, and alive as long as the interpreter.
    if let Some(modules) = unsafe { py.view(abi.PyImport_GetModuleDict()) } {
        ready.register_lib(modules, &names::lib(module))?;
    }
    Ok(ready.module(py).retain())
}
