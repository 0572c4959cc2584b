//! Classes with Rust data inside, made with `PyType_FromSpec`, so that one binary fits every build.
//!
//! The data stands right behind the object's header, whose size is measured at run time
//! ([`super::abi::Abi::header`]). Methods are Rust functions; [`method!`] makes C functions of them.

mod arguments;
mod guard;
mod tables;

pub use arguments::Arguments;
pub(crate) use guard::method;
pub use guard::{fastcall, guarded, object_result, status_result};
pub use tables::{FASTCALL_KEYWORDS, GetSetDef, MethodDef, NOARGS, Slot, slot};
use tables::{MemberDef, Spec, flag, type_38};
pub(crate) use tables::{STRUCTURES, TYPE_38};

use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::mem::{align_of, size_of};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::abi::{self, Object, PyObject, Size, Visit};
use super::error::{ExceptionKind, Result};
use super::object::{Owned, Py, View};

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
            unsafe { py.own(py.abi().PyType_FromSpecWithBases((&raw mut spec).cast(), bases))? };
        if old {
            let procs = definition.slots.iter().filter(|slot| buffer(slot));
            // SAFETY: a heap type of CPython 3.8 that nobody has seen yet.
            unsafe { complete_38(py, *class, offset.filter(|_| definition.base.is_none()), procs) };
        }
        let new = class.as_pointer();
        let first =
            self.class.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        // Without a GIL two threads may have made it; the first one stays.
        if first.is_ok() {
            std::mem::forget(class);
        }
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
            let object = py.own(py.abi().PyType_GenericAlloc(class.as_pointer(), 0))?;
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

/// Writes into a class of CPython 3.8 what `PyType_FromSpec` takes only since 3.9.
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
        unsafe { field(type_38::WEAK_LIST_OFFSET).cast::<Size>().write(offset as Size) };
    }
    for slot in buffer {
        let index = usize::from(slot.number == slot::BF_RELEASEBUFFER);
        // SAFETY: a heap type has its own `PyBufferProcs`, two functions, and points to it.
        unsafe {
            let procs = field(type_38::AS_BUFFER).cast::<*mut *mut c_void>().read();
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
            abi.PyObject_GC_UnTrack(object.cast());
        }
        if let Some(offset) = T::WEAK_LIST {
            let list = place::<T>(abi.header.size(), object).byte_add(offset);
            if !AtomicPtr::from_ptr(list.cast::<*mut c_void>()).load(Ordering::Relaxed).is_null() {
                abi.PyObject_ClearWeakRefs(object);
            }
        }
        let class = abi.header.type_of(object);
        place::<T>(abi.header.size(), object).drop_in_place();
        let free = abi.PyType_GetSlot(class, slot::TP_FREE);
        std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(free)(object.cast());
        // An object of a heap type owns a reference to it (3.8 and later).
        abi.Py_DecRef(class);
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
