//! Calls of C functions from Python.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use super::convert::{self, Source, array};
use super::errno;
use super::types::ctype::FunctionInfo;
use super::types::{CType, Ct, Kind};
use super::value::Memory;
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};
use crate::thread;

/// Arguments of most calls fit into this: sixteen of any type up to 16 bytes.
const ROOM: usize = 16;

/// Room for arguments and result, aligned for every type.
struct Frame {
    inline: [MaybeUninit<u128>; ROOM],
    used: usize,
    heap: Vec<Vec<u128>>,
}

impl Frame {
    fn new() -> Frame {
        Frame { inline: [MaybeUninit::uninit(); ROOM], used: 0, heap: Vec::new() }
    }

    /// Zeros for a value of so many bytes; they stay where they are as long as the frame does.
    fn take(&mut self, size: usize) -> *mut u8 {
        let units = size.div_ceil(size_of::<u128>()).max(1);
        if let Some(room) = self.inline.get_mut(self.used..self.used + units) {
            self.used += units;
            room.fill(MaybeUninit::new(0));
            return room.as_mut_ptr().cast();
        }
        self.heap.push(vec![0; units]);
        self.heap.last_mut().map_or(std::ptr::null_mut(), |room| room.as_mut_ptr().cast())
    }
}

/// Calls the function at `address`, to which `function` is the type of a pointer.
///
/// # Errors
///
/// `TypeError` for wrong arguments, `NotImplementedError` if no module of the DLL declares the
/// type, `RuntimeError` for NULL.
pub(super) fn call<'a>(
    py: Py<'a>,
    function: Ct,
    address: *const c_void,
    name: Option<&str>,
    arguments: Arguments<'_>,
) -> Result<Owned<'a>> {
    let Kind::Function(info) = function.kind else {
        let message = format_args!("cdata '{}' is not callable", function.name);
        return Err(py.raise(ExceptionKind::Type, message));
    };
    if arguments.has_keywords() {
        let message = match name {
            Some(name) => format!("{name}() takes no keyword arguments"),
            None => String::from("a cdata function cannot be called with keyword arguments"),
        };
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let given = arguments.len();
    if given != info.params.len() && !(info.variadic && given > info.params.len()) {
        return Err(wrong_number(py, function, info, name, given));
    }
    if address.is_null() {
        let message =
            format_args!("cannot call null pointer pointer from cdata '{}'", function.name);
        return Err(py.raise(ExceptionKind::Runtime, message));
    }
    let Some(invoke) = info.invoke.get() else { return Err(no_invoker(py, function, info)) };
    let mut frame = Frame::new();
    let mut temporaries = Vec::new();
    let result = frame.take(info.result.size.unwrap_or(0));
    let mut inline = [std::ptr::null::<c_void>(); ROOM];
    let mut heap;
    let places: &mut [*const c_void] = match inline.get_mut(..given) {
        Some(places) => places,
        None => {
            heap = vec![std::ptr::null(); given];
            &mut heap
        }
    };
    for ((place, &param), value) in places.iter_mut().zip(&info.params).zip(arguments.positional())
    {
        let at = frame.take(param.size.unwrap_or(0));
        *place = at.cast_const().cast();
        // SAFETY: there is room for a value of that type.
        unsafe { store_argument(py, param, at, value, &mut temporaries)? };
    }
    let arguments = places.as_ptr();
    thread::detached(py, || {
        errno::swapped(|| {
            // SAFETY: the invoker is for this type, arguments and result have the types it says.
            // That there is such a function at the address, the type of the pointer promises, as
            // in C.
            unsafe { invoke(address, arguments, result.cast()) }
        });
    });
    if matches!(info.result.kind, Kind::Void) {
        return Ok(py.none());
    }
    // SAFETY: the function has written its result; records are copied.
    unsafe { convert::load(py, info.result, result, Source::Copied) }
}

/// Writes an argument: as any value of that type, and where the parameter is a pointer also from
/// bytes (which are passed as they are) and from lists and strings (of which a copy is passed).
///
/// # Safety
///
/// There must be room for a value of type `param` at `at`.
unsafe fn store_argument(
    py: Py<'_>,
    param: Ct,
    at: *mut u8,
    value: View<'_>,
    temporaries: &mut Vec<Memory>,
) -> Result<()> {
    if let Kind::Pointer(item) = param.kind
        && let Some(address) = temporary(py, param, item, value, temporaries)?
    {
        // SAFETY: says the caller.
        unsafe { at.cast::<*mut u8>().write(address) };
        return Ok(());
    }
    // SAFETY: says the caller.
    unsafe { convert::store(py, param, at, value) }
}

fn temporary(
    py: Py<'_>,
    param: Ct,
    item: Ct,
    value: View<'_>,
    temporaries: &mut Vec<Memory>,
) -> Result<Option<*mut u8>> {
    if value.is_bytes() {
        if !matches!(item.kind, Kind::Void) && !item.is_byte() {
            return Ok(None);
        }
        let bytes = value.as_bytes()?;
        array::check_bool(item, bytes, value)?;
        return Ok(Some(bytes.as_ptr().cast_mut()));
    }
    let Some(size) = item.size.filter(|&size| size > 0) else { return Ok(None) };
    let length = if value.is_list() || value.is_tuple() {
        value.length()?
    } else if value.is_str() {
        convert::char::units(value, item.size)?.len() + 1
    } else {
        return Ok(None);
    };
    let bytes = size.checked_mul(length);
    let bytes = bytes.ok_or_else(|| {
        py.raise(ExceptionKind::Overflow, "array size would overflow a Py_ssize_t")
    })?;
    // After the characters of a list there is a NUL, too.
    let memory = Memory::zeroed(py, bytes.saturating_add(size))?;
    // SAFETY: there is room for as many items as the value has.
    unsafe { array::store_all(param, item, length, memory.start(), value)? };
    let start = memory.start();
    temporaries.push(memory);
    Ok(Some(start))
}

#[cold]
fn wrong_number(
    py: Py<'_>,
    function: &CType,
    info: &FunctionInfo,
    name: Option<&str>,
    given: usize,
) -> Raised {
    let wanted = info.params.len();
    let least = if info.variadic { "at least " } else { "" };
    let message = match (name, wanted) {
        (Some(name), _) => format!("{name} expected {least}{wanted} arguments, got {given}"),
        (None, _) => {
            format!("'{}' expects {least}{wanted} arguments, got {given}", function.name)
        }
    };
    py.raise(ExceptionKind::Type, message)
}

#[cold]
fn no_invoker(py: Py<'_>, function: &CType, info: &FunctionInfo) -> Raised {
    let name = &function.name;
    let message = if info.variadic {
        format!("functions with variable arguments, such as '{name}', cannot be called from Python")
    } else {
        format!(
            "functions of type '{name}' cannot be called from Python, because the module does not \
             declare this type: declare it in api or cdef, for example by a typedef"
        )
    };
    py.raise(ExceptionKind::NotImplemented, message)
}
