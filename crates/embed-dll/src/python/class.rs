//! Classes with Rust data inside, made with `PyType_FromSpec`, so that one binary fits every build.
//!
//! The data stands right behind the object's header, whose size is measured at run time
//! ([`super::abi::Abi::header`]). Methods are Rust functions; [`method!`] makes C functions of them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::mem::{align_of, size_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::abi::{self, Object, PyObject, Size, Visit};
use super::error::{ExceptionKind, Raised, Result};
use super::object::{Owned, Py, View};

/// `Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE`, one by one.
mod flag {
    pub(super) const DEFAULT: u32 = 1 << 18;
    pub(super) const HAVE_GC: u32 = 1 << 14;
    pub(super) const BASETYPE: u32 = 1 << 10;
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
struct Spec {
    name: *const c_char,
    basicsize: c_int,
    itemsize: c_int,
    flags: c_uint,
    slots: *mut Slot,
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
struct MemberDef {
    name: *const c_char,
    kind: c_int,
    offset: Size,
    flags: c_int,
    doc: *const c_char,
}

impl MemberDef {
    /// `T_PYSSIZET`.
    const SIZE: c_int = 19;
    /// `READONLY`.
    const READ_ONLY: c_int = 1;
    const END: MemberDef =
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

/// `METH_FASTCALL | METH_KEYWORDS`: the only calling convention used here.
pub const FASTCALL_KEYWORDS: c_int = 0x80 | 0x02;

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

/// Data of a class. Its objects are made by [`Class::instance`] only.
pub trait Payload: Sized + 'static {
    /// Whether the data refers to objects that could refer back: then the collector visits them.
    const CYCLIC: bool = false;

    /// Calls `visit` for each reference that the data owns.
    fn traverse(&self, _visit: &mut dyn FnMut(Object) -> c_int) -> c_int {
        0
    }

    /// Gives up references that may be part of a cycle.
    fn clear(&self, _py: Py<'_>) {}

    /// Where in the data the head of the list of weak references stands, if objects of the class
    /// may be referred to weakly: a pointer that only CPython writes, null at first. A derived
    /// class must have it at the same place.
    const WEAK_LIST: Option<usize> = None;
}

/// A class whose objects hold a `T`.
pub struct Class<T> {
    class: AtomicPtr<PyObject>,
    data: PhantomData<fn() -> T>,
}

/// What to make a class of.
pub struct Definition<'d> {
    /// Dotted: module and name.
    pub name: &'d CStr,
    /// For `help()`.
    pub doc: &'d CStr,
    /// Functions of the class, without those for deallocation and the collector.
    pub slots: &'d [Slot],
    /// The class that it is derived from, which must hold the same `T` at the same place.
    pub base: Option<View<'d>>,
    /// Whether Python code may derive from it.
    pub open: bool,
}

impl<T: Payload> Class<T> {
    /// A class that is not made yet.
    pub const fn new() -> Class<T> {
        const { assert!(align_of::<T>() <= 16, "objects are aligned to 16 bytes at most") };
        Class { class: AtomicPtr::new(ptr::null_mut()), data: PhantomData }
    }

    /// Makes the class, once; later calls do nothing.
    ///
    /// # Errors
    ///
    /// What `PyType_FromSpec` raises.
    pub fn create(&self, py: Py<'_>, definition: &Definition<'_>) -> Result<()> {
        if !self.class.load(Ordering::Acquire).is_null() {
            return Ok(());
        }
        let mut slots = definition.slots.to_vec();
        // 3.8 knows no such slots: they are written into the finished class.
        let old = py.abi().version < (3, 9);
        let buffer =
            |slot: &Slot| matches!(slot.number, slot::BF_GETBUFFER | slot::BF_RELEASEBUFFER);
        if old {
            slots.retain(|slot| !buffer(slot));
        }
        if !slots.iter().any(|slot| slot.number == slot::TP_NEW) {
            slots.push(Slot { number: slot::TP_NEW, value: no_instances as *mut c_void });
        }
        let offset = T::WEAK_LIST.map(|place| data_offset::<T>(py.abi().header.size()) + place);
        let mut members = [MemberDef::END, MemberDef::END];
        if let (Some(offset), false, None) = (offset, old, definition.base) {
            members[0] = MemberDef {
                name: c"__weaklistoffset__".as_ptr(),
                kind: MemberDef::SIZE,
                offset: offset as Size,
                flags: MemberDef::READ_ONLY,
                doc: ptr::null(),
            };
            slots.push(Slot { number: slot::TP_MEMBERS, value: members.as_mut_ptr().cast() });
        }
        let mut add = |number, value| slots.push(Slot { number, value });
        add(slot::TP_DEALLOC, dealloc::<T> as *mut c_void);
        add(slot::TP_DOC, definition.doc.as_ptr().cast_mut().cast());
        let mut flags = flag::DEFAULT;
        if T::CYCLIC {
            flags |= flag::HAVE_GC;
            add(slot::TP_TRAVERSE, traverse::<T> as *mut c_void);
            add(slot::TP_CLEAR, clear::<T> as *mut c_void);
        }
        if definition.open {
            flags |= flag::BASETYPE;
        }
        add(0, ptr::null_mut());
        let size = data_offset::<T>(py.abi().header.size()) + size_of::<T>();
        let mut spec = Spec {
            name: definition.name.as_ptr(),
            basicsize: size.next_multiple_of(16) as c_int,
            itemsize: 0,
            flags,
            slots: slots.as_mut_ptr(),
        };
        let bases = match definition.base {
            Some(base) => Some(py.tuple(&[base])?),
            None => None,
        };
        let bases = bases.as_ref().map_or(ptr::null_mut(), |bases| bases.as_pointer());
        // SAFETY: attached; the specification and its slots are read during the call only, and the
        // name and the tables in the slots are static.
        let class =
            unsafe { py.own((py.abi().PyType_FromSpecWithBases)((&raw mut spec).cast(), bases))? };
        if old {
            let procs = definition.slots.iter().filter(|slot| buffer(slot));
            // SAFETY: a heap type of CPython 3.8 that nobody has seen yet.
            unsafe { complete_38(py, *class, offset.filter(|_| definition.base.is_none()), procs) };
        }
        self.class.store(class.into_pointer(), Ordering::Release);
        Ok(())
    }

    /// Whether the class has been made.
    pub fn is_made(&self) -> bool {
        !self.class.load(Ordering::Acquire).is_null()
    }

    /// The class, borrowed. It must have been made.
    #[inline]
    pub fn class<'a>(&self, py: Py<'a>) -> View<'a> {
        // SAFETY: null, or the class, which is never given up.
        let class = unsafe { py.view(self.class.load(Ordering::Acquire)) };
        class.expect("classes are made before objects")
    }

    /// A new object around `data`.
    ///
    /// # Errors
    ///
    /// `MemoryError`; `data` is dropped.
    #[inline]
    pub fn instance<'a>(&self, py: Py<'a>, data: T) -> Result<Owned<'a>> {
        self.instance_of(self.class(py), data)
    }

    /// A new object of `class`, which must be this class or derived from it.
    ///
    /// # Errors
    ///
    /// `MemoryError`; `data` is dropped.
    pub fn instance_of<'a>(&self, class: View<'a>, data: T) -> Result<Owned<'a>> {
        let py = class.py();
        debug_assert!(class.is(self.class(py)) || class.is_type());
        // SAFETY: attached; a heap type whose base size has room for the data. Nobody has seen the
        // object yet. (With the collector on, it could visit the object before the data is there:
        // `PyType_GenericAlloc` fills it with zeros, and nothing in between allocates.)
        unsafe {
            let object = py.own((py.abi().PyType_GenericAlloc)(class.as_pointer(), 0))?;
            place::<T>(py.abi().header.size(), object.as_pointer()).write(data);
            Ok(object)
        }
    }

    /// The data of `object`, if it is of this class or of one derived from it.
    #[inline]
    pub fn get<'a>(&self, object: View<'a>) -> Option<&'a T> {
        if !object.is_a(self.class(object.py())) {
            return None;
        }
        // SAFETY: checked just now.
        Some(unsafe { self.get_unchecked(object) })
    }

    /// The data of `object`.
    ///
    /// # Safety
    ///
    /// `object` must be of this class or of one derived from it.
    #[inline]
    pub unsafe fn get_unchecked<'a>(&self, object: View<'a>) -> &'a T {
        // SAFETY: says the caller; the data lives as long as the object.
        unsafe { &*place::<T>(object.py().abi().header.size(), object.as_pointer()) }
    }
}

/// Writes into a class of CPython 3.8 what `PyType_FromSpec` takes only since 3.9. `PyTypeObject`
/// (`Include/cpython/object.h`) counts pointers after its variable-size header: `tp_as_buffer` is
/// the 18th, `tp_weaklistoffset` the 24th; 3.8 is closed, so they stay there.
///
/// # Safety
///
/// `class` must be a heap type of CPython 3.8, and new.
unsafe fn complete_38<'s>(
    py: Py<'_>,
    class: View<'_>,
    weak_list: Option<usize>,
    buffer: impl Iterator<Item = &'s Slot>,
) {
    let fields = py.abi().header.size() + size_of::<Size>();
    let field = |index: usize| {
        // SAFETY: inside the type object.
        unsafe { class.as_pointer().byte_add(fields + index * size_of::<*mut c_void>()) }
    };
    if let Some(offset) = weak_list {
        // SAFETY: the field is a `Py_ssize_t`, and no object of the class exists.
        unsafe { field(23).cast::<Size>().write(offset as Size) };
    }
    for slot in buffer {
        let index = usize::from(slot.number == slot::BF_RELEASEBUFFER);
        // SAFETY: a heap type has its own `PyBufferProcs`, two functions, and points to it.
        unsafe {
            let procs = field(17).cast::<*mut *mut c_void>().read();
            procs.add(index).write(slot.value);
        }
    }
}

/// `tp_new` of a class whose objects are made by Rust code only.
unsafe extern "C" fn no_instances(class: Object, _: Object, _: Object) -> Object {
    // SAFETY: Python calls it attached, with a class.
    unsafe {
        object_result(|py| {
            let name = match py.view(class) {
                Some(class) => class.attr(c"__name__")?.to_text()?,
                None => String::new(),
            };
            Err(py.raise(ExceptionKind::Type, format_args!("cannot create '{name}' instances")))
        })
    }
}

fn data_offset<T>(header: usize) -> usize {
    header.next_multiple_of(align_of::<T>())
}

unsafe fn place<T>(header: usize, object: Object) -> *mut T {
    // SAFETY: the caller has an object with room for `T` behind its header.
    unsafe { object.byte_add(data_offset::<T>(header)).cast() }
}

/// `tp_dealloc`: drops the data, frees the object, gives the class back.
unsafe extern "C" fn dealloc<T: Payload>(object: Object) {
    let Some(abi) = abi::get() else { return };
    // SAFETY: Python calls this once for an object of the class, attached, when the last reference
    // is gone.
    unsafe {
        if T::CYCLIC {
            (abi.PyObject_GC_UnTrack)(object.cast());
        }
        if let Some(offset) = T::WEAK_LIST {
            let list = place::<T>(abi.header.size(), object).byte_add(offset);
            if !AtomicPtr::from_ptr(list.cast::<*mut c_void>()).load(Ordering::Relaxed).is_null() {
                (abi.PyObject_ClearWeakRefs)(object);
            }
        }
        let class = abi.header.type_of(object);
        place::<T>(abi.header.size(), object).drop_in_place();
        let free = (abi.PyType_GetSlot)(class, slot::TP_FREE);
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(free)(object.cast());
        // An object of a heap type owns a reference to it (3.8 and later).
        (abi.Py_DecRef)(class);
    }
}

/// `tp_traverse`.
unsafe extern "C" fn traverse<T: Payload>(
    object: Object,
    visit: Visit,
    argument: *mut c_void,
) -> c_int {
    let Some(abi) = abi::get() else { return 0 };
    // SAFETY: the collector calls this with an object of the class.
    unsafe {
        let data = &*place::<T>(abi.header.size(), object);
        let code = data.traverse(&mut |reference| visit(reference, argument));
        // Since 3.9 the class has to be visited too (bpo-40217).
        if code == 0 && abi.version >= (3, 9) {
            return visit(abi.header.type_of(object), argument);
        }
        code
    }
}

/// `tp_clear`.
unsafe extern "C" fn clear<T: Payload>(object: Object) -> c_int {
    let Some(abi) = abi::get() else { return 0 };
    // SAFETY: the collector calls this, attached, with an object of the class.
    unsafe { (*place::<T>(abi.header.size(), object)).clear(Py::assume(abi)) };
    0
}

/// Arguments of a call: the positional ones, then the values of the keywords.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    values: &'a [Object],
    positional: usize,
    names: Option<View<'a>>,
    py: Py<'a>,
}

impl<'a> Arguments<'a> {
    /// From what `METH_FASTCALL | METH_KEYWORDS` gives.
    ///
    /// # Safety
    ///
    /// As Python calls such a function.
    pub unsafe fn new(py: Py<'a>, values: *const Object, positional: Size, names: Object) -> Self {
        // SAFETY: a tuple or null, alive during the call.
        let names = unsafe { py.view(names) };
        let keywords = names.map_or(0, |names| {
            // SAFETY: a tuple.
            unsafe { (py.abi().PyTuple_Size)(names.as_pointer()) }
        });
        let positional = positional as usize;
        let count = positional + keywords as usize;
        let values = if count == 0 {
            &[]
        } else {
            // SAFETY: Python passes that many references, alive during the call.
            unsafe { std::slice::from_raw_parts(values, count) }
        };
        Arguments { values, positional, names, py }
    }

    /// How many positional arguments there are.
    pub fn len(&self) -> usize {
        self.positional
    }

    /// Whether there are keyword arguments.
    pub fn has_keywords(&self) -> bool {
        self.values.len() > self.positional
    }

    /// Whether there is a keyword argument of this name.
    ///
    /// # Errors
    ///
    /// A name that is no text.
    pub fn has_keyword(&self, name: &str) -> Result<bool> {
        Ok(self.keywords()?.iter().any(|(keyword, _)| keyword == name))
    }

    /// Whether there is no positional argument.
    pub fn is_empty(&self) -> bool {
        self.positional == 0
    }

    /// A positional argument.
    pub fn get(&self, index: usize) -> Option<View<'a>> {
        let value = *self.values[..self.positional].get(index)?;
        // SAFETY: alive during the call.
        unsafe { self.py.view(value) }
    }

    /// All positional arguments.
    pub fn positional(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let (values, positional, py) = (self.values, self.positional, self.py);
        // SAFETY: alive during the call, and never null.
        values[..positional].iter().filter_map(move |&value| unsafe { py.view(value) })
    }

    /// The keywords with their values.
    ///
    /// # Errors
    ///
    /// A name that is no text.
    pub fn keywords(&self) -> Result<Vec<(String, View<'a>)>> {
        let Some(names) = self.names else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (index, &value) in self.values[self.positional..].iter().enumerate() {
            // SAFETY: a tuple with that many names; both references live during the call.
            let (name, value) = unsafe {
                let name = (self.py.abi().PyTuple_GetItem)(names.as_pointer(), index as Size);
                (self.py.view(name), self.py.view(value))
            };
            if let (Some(name), Some(value)) = (name, value) {
                found.push((name.to_text()?, value));
            }
        }
        Ok(found)
    }

    /// Binds positional and keyword arguments to `parameters`, as a Python function written
    /// `def function(a, b=None)` would: `required` of them must be there.
    ///
    /// # Errors
    ///
    /// `TypeError` with the words that CPython uses.
    pub fn bind<const N: usize>(
        &self,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> Result<[Option<View<'a>>; N]> {
        let mut bound = [None; N];
        if self.positional > N {
            let plural = if N == 1 { "" } else { "s" };
            return Err(self.py.raise(
                ExceptionKind::Type,
                format_args!(
                    "{function}() takes at most {N} argument{plural} ({} given)",
                    self.positional
                ),
            ));
        }
        for (place, value) in bound.iter_mut().zip(self.positional()) {
            *place = Some(value);
        }
        for (name, value) in self.keywords()? {
            let Some(index) = parameters.iter().position(|parameter| *parameter == name) else {
                return Err(self.py.raise(
                    ExceptionKind::Type,
                    format_args!("{function}() got an unexpected keyword argument '{name}'"),
                ));
            };
            if bound[index].replace(value).is_some() {
                return Err(self.py.raise(
                    ExceptionKind::Type,
                    format_args!("{function}() got multiple values for argument '{name}'"),
                ));
            }
        }
        if let Some(missing) = (0..required).find(|&index| bound[index].is_none()) {
            return Err(self.py.raise(
                ExceptionKind::Type,
                format_args!(
                    "{function}() missing required argument '{}' (pos {})",
                    parameters[missing],
                    missing + 1
                ),
            ));
        }
        Ok(bound)
    }
}

/// Runs `body` for a C function that returns an object: null if it raises, `SystemError` if it
/// panics.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn object_result<'a>(body: impl FnOnce(Py<'a>) -> Result<Owned<'a>>) -> Object {
    // SAFETY: says the caller.
    unsafe { guarded(ptr::null_mut(), |py| body(py).map(Owned::into_pointer)) }
}

/// Runs `body` for a C function that returns 0 or -1.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn status_result<'a>(body: impl FnOnce(Py<'a>) -> Result<()>) -> c_int {
    // SAFETY: says the caller.
    unsafe { guarded(-1, |py| body(py).map(|()| 0)) }
}

/// Runs `body` for a C function that returns `failed` when an exception is set.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn guarded<'a, R>(failed: R, body: impl FnOnce(Py<'a>) -> Result<R>) -> R {
    let Some(abi) = abi::get() else { return failed };
    // SAFETY: says the caller.
    let py = unsafe { Py::assume(abi) };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(value)) => value,
        Ok(Err(Raised { .. })) => failed,
        Err(_) => {
            let raised = py.raise(ExceptionKind::System, "a bug in embed-dll: its code panicked");
            drop(raised);
            failed
        }
    }
}

/// Calls a Rust method the way `METH_FASTCALL | METH_KEYWORDS` is called; for [`method!`].
///
/// # Safety
///
/// As Python calls such a function.
pub unsafe fn fastcall<'a>(
    own: Object,
    values: *const Object,
    positional: Size,
    names: Object,
    method: impl FnOnce(View<'a>, Arguments<'a>) -> Result<Owned<'a>>,
) -> Object {
    // SAFETY: Python calls it attached, with references that live during the call.
    unsafe {
        object_result(|py| {
            let arguments = Arguments::new(py, values, positional, names);
            let own = py.view(own).unwrap_or_else(|| py.immortal(|abi| abi._Py_NoneStruct));
            method(own, arguments)
        })
    }
}

/// A `MethodDef` of a Rust function `fn(View, Arguments) -> Result<Owned>`:
/// `method!(c"name", function, c"what it does")`.
macro_rules! method {
    ($name:expr, $function:path, $doc:expr) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            values: *const $crate::python::abi::Object,
            positional: $crate::python::Size,
            names: $crate::python::abi::Object,
        ) -> $crate::python::abi::Object {
            // SAFETY: Python calls it as its flags say.
            unsafe {
                $crate::python::class::fastcall(own, values, positional, names, |own, arguments| {
                    $function(own, arguments)
                })
            }
        }
        $crate::python::class::MethodDef {
            name: $name.as_ptr(),
            function: raw as *const ::std::ffi::c_void,
            flags: $crate::python::class::FASTCALL_KEYWORDS,
            doc: $doc.as_ptr(),
        }
    }};
}
pub(crate) use method;
