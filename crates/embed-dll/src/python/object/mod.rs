//! References to Python objects, and the token without which none can be used.

mod access;
mod kind;
mod making;

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::abi::{self, Abi, Object, PyObject};
use super::error::{Raised, Result};

/// Proof that the calling thread is attached to the interpreter (holds the GIL, where there is
/// one) for `'a`. Neither `Send` nor `Sync`: attachment belongs to a thread.
#[derive(Clone, Copy)]
pub struct Py<'a> {
    abi: &'static Abi,
    attached: PhantomData<(&'a (), *mut ())>,
}

/// A borrowed reference: somebody else keeps the object alive for `'a`. One that is copied out of an
/// [`Owned`] (`*owned`) must not be used after that is dropped, which the lifetime does not say: it
/// is that of the attachment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pointer: NonNull<PyObject>,
    py: Py<'a>,
}

/// An owned reference, given back when dropped.
pub struct Owned<'a> {
    view: View<'a>,
}

/// An object that outlives attachment: kept in statics and in the data of classes. It must be
/// dropped while attached, or it leaks (on purpose: a thread that is not attached must not touch
/// reference counts).
pub struct Key {
    pointer: NonNull<PyObject>,
}

impl<'a> Py<'a> {
    /// The token of a thread that is attached anyway.
    ///
    /// # Safety
    ///
    /// The calling thread must be attached to the interpreter of `abi` for all of `'a`, except
    /// while it is inside `thread::detached`.
    #[inline]
    pub unsafe fn assume(abi: &'static Abi) -> Py<'a> {
        Py { abi, attached: PhantomData }
    }

    /// The C functions.
    #[inline]
    pub fn abi(self) -> &'static Abi {
        self.abi
    }

    /// A new reference, as most C functions return it; null means that an exception is set.
    ///
    /// # Errors
    ///
    /// [`Raised`] for null.
    ///
    /// # Safety
    ///
    /// `pointer` must be null with an exception set, or a reference that the caller owns.
    #[inline]
    pub unsafe fn own(self, pointer: Object) -> Result<Owned<'a>> {
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Owned { view: View { pointer, py: self } }),
            None => Err(Raised::already_set()),
        }
    }

    /// A borrowed reference; `None` for null.
    ///
    /// # Safety
    ///
    /// `pointer` must be null or an object that stays alive for `'a`.
    #[inline]
    pub unsafe fn view(self, pointer: Object) -> Option<View<'a>> {
        NonNull::new(pointer).map(|pointer| View { pointer, py: self })
    }

    /// A borrowed reference to one of the objects of [`Abi`], which live for ever.
    #[inline]
    pub fn immortal(self, pick: impl FnOnce(&'static Abi) -> Object) -> View<'a> {
        let pointer = NonNull::new(pick(self.abi)).expect("required objects are never null");
        View { pointer, py: self }
    }
}

impl<'a> View<'a> {
    /// The token.
    #[inline]
    pub fn py(self) -> Py<'a> {
        self.py
    }

    /// The bare pointer, borrowed.
    #[inline]
    pub fn as_pointer(self) -> Object {
        self.pointer.as_ptr()
    }

    /// One more reference.
    #[inline]
    pub fn retain(self) -> Owned<'a> {
        // SAFETY: a live object, and the thread is attached.
        unsafe { self.py.abi.Py_IncRef(self.as_pointer()) };
        Owned { view: self }
    }

    /// Whether both are the same object.
    #[inline]
    pub fn is(self, other: View<'_>) -> bool {
        self.pointer == other.pointer
    }

    /// Whether it is `None`.
    #[inline]
    pub fn is_none(self) -> bool {
        self.as_pointer() == self.py.abi._Py_NoneStruct
    }

    /// Whether `class` is its very type.
    #[inline]
    pub fn is_exactly(self, class: Object) -> bool {
        // SAFETY: a live object.
        unsafe { self.py.abi.header.type_of(self.as_pointer()) == class }
    }

    /// Its type.
    #[inline]
    pub fn class(self) -> View<'a> {
        // SAFETY: a live object; its type lives at least as long.
        let pointer = unsafe { self.py.abi.header.type_of(self.as_pointer()) };
        let pointer = NonNull::new(pointer).expect("every object has a type");
        View { pointer, py: self.py }
    }
}

impl<'a> Owned<'a> {
    /// Gives the reference away: to a C function that steals it, or as a result.
    #[inline]
    pub fn into_pointer(self) -> Object {
        ManuallyDrop::new(self).view.as_pointer()
    }

    /// Keeps the object beyond the attachment.
    #[inline]
    pub fn keep(self) -> Key {
        Key { pointer: ManuallyDrop::new(self).view.pointer }
    }
}

impl<'a> Deref for Owned<'a> {
    type Target = View<'a>;

    #[inline]
    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl Drop for Owned<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and the token says that the thread is attached.
        unsafe { self.view.py.abi.release(self.view.as_pointer()) };
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} at {:p}>", self.class_name(), self.pointer)
    }
}

impl fmt::Debug for Owned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view.fmt(f)
    }
}

impl Key {
    /// The object, for as long as the thread is attached.
    #[inline]
    pub fn view<'a>(&'a self, py: Py<'a>) -> View<'a> {
        View { pointer: self.pointer, py }
    }

    /// The bare pointer, borrowed.
    #[inline]
    pub fn as_pointer(&self) -> Object {
        self.pointer.as_ptr()
    }

    /// The reference again, to be dropped while attached.
    pub fn release(self, py: Py<'_>) -> Owned<'_> {
        Owned { view: View { pointer: ManuallyDrop::new(self).pointer, py } }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let Some(abi) = abi::get() else { return };
        // Not `Py_IsInitialized`: that says no while the interpreter ends, when objects still do.
        // Without a state in the whole process there is no interpreter to be asked.
        if abi.current_state().is_null() {
            return;
        }
        // SAFETY: may be asked by any thread while the interpreter exists; a key that is dropped by
        // an unattached thread leaks, as documented.
        unsafe {
            if abi.PyGILState_Check() != 0 {
                abi.Py_DecRef(self.as_pointer());
            }
        }
    }
}

// SAFETY: a key is only an address until somebody attached looks at it.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}
