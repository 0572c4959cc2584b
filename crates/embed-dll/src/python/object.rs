//! References to Python objects, and the token without which none can be used.

use std::ffi::{CStr, c_int, c_ulong};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::abi::{self, Abi, Object, PyObject, Size};
use super::error::{Raised, Result};

/// Proof that the calling thread is attached to the interpreter (holds the GIL, where there is
/// one) for `'a`. Neither `Send` nor `Sync`: attachment belongs to a thread.
#[derive(Clone, Copy)]
pub struct Py<'a> {
    abi: &'static Abi,
    attached: PhantomData<(&'a (), *mut ())>,
}

/// A borrowed reference: somebody else keeps the object alive for `'a`.
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

/// `Py_TPFLAGS_…_SUBCLASS`, part of the stable ABI.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Flag {
    Long = 1 << 24,
    List = 1 << 25,
    Tuple = 1 << 26,
    Bytes = 1 << 27,
    Unicode = 1 << 28,
    Dict = 1 << 29,
    BaseException = 1 << 30,
    Type = 1 << 31,
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

    /// `None`.
    #[inline]
    pub fn none(self) -> Owned<'a> {
        self.immortal(|abi| abi._Py_NoneStruct).retain()
    }

    /// `NotImplemented`.
    pub fn not_implemented(self) -> Owned<'a> {
        self.immortal(|abi| abi._Py_NotImplementedStruct).retain()
    }

    /// `True` or `False`.
    #[inline]
    pub fn bool(self, value: bool) -> Owned<'a> {
        let pick = |abi: &'static Abi| if value { abi._Py_TrueStruct } else { abi._Py_FalseStruct };
        self.immortal(pick).retain()
    }

    /// An `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn int(self, value: i64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyLong_FromLongLong)(value)) }
    }

    /// An `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn uint(self, value: u64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyLong_FromUnsignedLongLong)(value)) }
    }

    /// A `float`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn float(self, value: f64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyFloat_FromDouble)(value)) }
    }

    /// A `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn str(self, text: &str) -> Result<Owned<'a>> {
        // SAFETY: attached; the bytes are read during the call only.
        unsafe {
            self.own((self.abi.PyUnicode_FromStringAndSize)(
                text.as_ptr().cast(),
                text.len() as Size,
            ))
        }
    }

    /// `bytes`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn bytes(self, bytes: &[u8]) -> Result<Owned<'a>> {
        // SAFETY: attached; the bytes are copied during the call.
        unsafe {
            self.own((self.abi.PyBytes_FromStringAndSize)(
                bytes.as_ptr().cast(),
                bytes.len() as Size,
            ))
        }
    }

    /// A `tuple` of `items`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn tuple(self, items: &[View<'_>]) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        let tuple = unsafe { self.own((self.abi.PyTuple_New)(items.len() as Size))? };
        for (index, item) in items.iter().enumerate() {
            let item = item.retain().into_pointer();
            // SAFETY: the tuple is new and nobody else has it; the reference to the item is given
            // away, also in case of an error.
            self.check(unsafe {
                (self.abi.PyTuple_SetItem)(tuple.as_pointer(), index as Size, item)
            })?;
        }
        Ok(tuple)
    }

    /// An empty `dict`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn dict(self) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyDict_New)()) }
    }

    /// An empty `list`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn list(self) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyList_New)(0)) }
    }

    /// A `list` of `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn str_list<T: AsRef<str>>(self, texts: impl IntoIterator<Item = T>) -> Result<Owned<'a>> {
        let list = self.list()?;
        for text in texts {
            list.append(*self.str(text.as_ref())?)?;
        }
        Ok(list)
    }

    /// An `int` between the least `i64` and the greatest `u64`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn wide_int(self, value: i128) -> Result<Owned<'a>> {
        match i64::try_from(value) {
            Ok(value) => self.int(value),
            Err(_) => self.uint(u64::try_from(value).unwrap_or(0)),
        }
    }

    /// `importlib.import_module(name)`, for the dotted name's last part.
    ///
    /// # Errors
    ///
    /// Whatever the import raises.
    pub fn import(self, name: &CStr) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own((self.abi.PyImport_ImportModule)(name.as_ptr())) }
    }

    /// Turns the result of a C function that gives -1 on errors into a `Result`.
    ///
    /// # Errors
    ///
    /// [`Raised`] for a negative number.
    #[inline]
    pub fn check(self, code: c_int) -> Result<c_int> {
        if code < 0 { Err(Raised::already_set()) } else { Ok(code) }
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
        unsafe { (self.py.abi.Py_IncRef)(self.as_pointer()) };
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

    /// Its type.
    #[inline]
    pub fn class(self) -> View<'a> {
        // SAFETY: a live object; its type lives at least as long.
        let pointer = unsafe { self.py.abi.header.type_of(self.as_pointer()) };
        let pointer = NonNull::new(pointer).expect("every object has a type");
        View { pointer, py: self.py }
    }

    fn has(self, flag: Flag) -> bool {
        // SAFETY: the type of a live object is a type.
        let flags = unsafe { (self.py.abi.PyType_GetFlags)(self.class().as_pointer()) };
        flags & flag as c_ulong != 0
    }

    /// Whether it is an `int` or of a subclass (`bool` is one).
    #[inline]
    pub fn is_int(self) -> bool {
        self.class().as_pointer() == self.py.abi.PyLong_Type || self.has(Flag::Long)
    }

    /// Whether it is a `list` or of a subclass.
    pub fn is_list(self) -> bool {
        self.has(Flag::List)
    }

    /// Whether it is a `tuple` or of a subclass.
    pub fn is_tuple(self) -> bool {
        self.has(Flag::Tuple)
    }

    /// Whether it is `bytes` or of a subclass.
    pub fn is_bytes(self) -> bool {
        self.has(Flag::Bytes)
    }

    /// Whether it is a `str` or of a subclass.
    pub fn is_str(self) -> bool {
        self.has(Flag::Unicode)
    }

    /// Whether it is a `dict` or of a subclass.
    pub fn is_dict(self) -> bool {
        self.has(Flag::Dict)
    }

    /// Whether it is an exception.
    pub fn is_exception(self) -> bool {
        self.has(Flag::BaseException)
    }

    /// Whether it is a class.
    pub fn is_type(self) -> bool {
        self.has(Flag::Type)
    }

    /// Whether it is a `float` or of a subclass.
    #[inline]
    pub fn is_float(self) -> bool {
        self.is_a(self.py.immortal(|abi| abi.PyFloat_Type))
    }

    /// Whether its class is `class` or derived from it (not asking `__instancecheck__`).
    #[inline]
    pub fn is_a(self, class: View<'_>) -> bool {
        let own = self.class();
        // SAFETY: both are types.
        own.is(class)
            || unsafe { (self.py.abi.PyType_IsSubtype)(own.as_pointer(), class.as_pointer()) != 0 }
    }

    /// Whether it can be called.
    pub fn is_callable(self) -> bool {
        // SAFETY: a live object.
        unsafe { (self.py.abi.PyCallable_Check)(self.as_pointer()) != 0 }
    }

    /// The name of its class, without module: for messages.
    pub fn class_name(self) -> String {
        match self.class().attr(c"__name__").and_then(|name| name.to_text()) {
            Ok(name) => name,
            Err(raised) => {
                raised.forget(self.py);
                String::from("?")
            }
        }
    }

    /// `getattr(self, name)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn attr(self, name: &CStr) -> Result<Owned<'a>> {
        let abi = self.py.abi;
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.py.own((abi.PyObject_GetAttrString)(self.as_pointer(), name.as_ptr())) }
    }

    /// `setattr(self, name, value)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn set_attr(self, name: &CStr, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; the function takes its own references.
        self.py.check(unsafe {
            (abi.PyObject_SetAttrString)(self.as_pointer(), name.as_ptr(), value.as_pointer())
        })?;
        Ok(())
    }

    /// `self(*arguments)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn call(self, arguments: &[View<'_>]) -> Result<Owned<'a>> {
        let arguments = self.py.tuple(arguments)?;
        self.call_tuple(*arguments, None)
    }

    /// `self(*arguments, **keywords)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn call_tuple(self, arguments: View<'_>, keywords: Option<View<'_>>) -> Result<Owned<'a>> {
        let keywords = keywords.map_or(std::ptr::null_mut(), View::as_pointer);
        let abi = self.py.abi;
        // SAFETY: attached; a tuple, and a dict or null.
        unsafe {
            self.py.own((abi.PyObject_Call)(self.as_pointer(), arguments.as_pointer(), keywords))
        }
    }

    /// `str(self)` as UTF-8; lone surrogates become `\udcxx` escapes.
    ///
    /// # Errors
    ///
    /// Whatever `__str__` raises.
    pub fn to_text(self) -> Result<String> {
        let py = self.py;
        // SAFETY: attached; each returns a new reference or null.
        unsafe {
            let text = py.own((py.abi.PyObject_Str)(self.as_pointer()))?;
            let bytes = py.own((py.abi.PyUnicode_AsEncodedString)(
                text.as_pointer(),
                c"utf-8".as_ptr(),
                c"backslashreplace".as_ptr(),
            ))?;
            Ok(String::from_utf8_lossy(bytes.as_bytes()?).into_owned())
        }
    }

    /// The text of a `str` as UTF-8, kept in the object itself.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is none, `UnicodeEncodeError` for lone surrogates.
    pub fn utf8(self) -> Result<&'a str> {
        let mut length = 0;
        // SAFETY: attached; the bytes belong to the object, which lives for `'a`, and never change.
        unsafe {
            let start = (self.py.abi.PyUnicode_AsUTF8AndSize)(self.as_pointer(), &raw mut length);
            if start.is_null() {
                return Err(Raised::already_set());
            }
            let bytes = std::slice::from_raw_parts(start.cast(), length as usize);
            Ok(std::str::from_utf8_unchecked(bytes))
        }
    }

    /// `repr(self)` as [`View::to_text`] gives it.
    ///
    /// # Errors
    ///
    /// Whatever `__repr__` raises.
    pub fn to_repr(self) -> Result<String> {
        // SAFETY: attached; returns a new reference or null.
        let text = unsafe { self.py.own((self.py.abi.PyObject_Repr)(self.as_pointer()))? };
        text.to_text()
    }

    /// The contents of a `bytes` object, which never change.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is none.
    pub fn as_bytes(&self) -> Result<&[u8]> {
        let (mut start, mut length) = (std::ptr::null_mut(), 0);
        // SAFETY: attached; both are written on success.
        self.py.check(unsafe {
            (self.py.abi.PyBytes_AsStringAndSize)(
                self.as_pointer(),
                &raw mut start,
                &raw mut length,
            )
        })?;
        // SAFETY: the bytes belong to the object, which `self` keeps alive, and never change.
        Ok(unsafe { std::slice::from_raw_parts(start.cast_const().cast(), length as usize) })
    }

    /// Its truth value.
    ///
    /// # Errors
    ///
    /// Whatever `__bool__` raises.
    pub fn truth(self) -> Result<bool> {
        // SAFETY: attached, a live object.
        let code = self.py.check(unsafe { (self.py.abi.PyObject_IsTrue)(self.as_pointer()) })?;
        Ok(code != 0)
    }

    /// `dict[key]` without raising `KeyError`.
    ///
    /// # Errors
    ///
    /// What `__hash__` or `__eq__` of the key raise.
    pub fn dict_get(self, key: View<'_>) -> Result<Option<Owned<'a>>> {
        let py = self.py;
        // SAFETY: attached; a dict; the result is borrowed and made ours before anything else runs.
        // (On a free-threaded build the dicts given here are the run time's own.)
        unsafe {
            let found = (py.abi.PyDict_GetItemWithError)(self.as_pointer(), key.as_pointer());
            if found.is_null() && !(py.abi.PyErr_Occurred)().is_null() {
                return Err(Raised::already_set());
            }
            Ok(py.view(found).map(View::retain))
        }
    }

    /// `list.append(value)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn append(self, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; a list; the function takes its own reference.
        self.py.check(unsafe { (abi.PyList_Append)(self.as_pointer(), value.as_pointer()) })?;
        Ok(())
    }

    /// `self[key] = value`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn set_item(self, key: View<'_>, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; the function takes its own references.
        self.py.check(unsafe {
            (abi.PyObject_SetItem)(self.as_pointer(), key.as_pointer(), value.as_pointer())
        })?;
        Ok(())
    }

    /// `self[index]` of a sequence, with a reference of one's own.
    ///
    /// # Errors
    ///
    /// `IndexError`, or what it raises.
    pub fn sequence_item(self, index: usize) -> Result<Owned<'a>> {
        let abi = self.py.abi;
        // SAFETY: attached; a new reference or null.
        unsafe { self.py.own((abi.PySequence_GetItem)(self.as_pointer(), index as Size)) }
    }

    /// `len(self)`.
    ///
    /// # Errors
    ///
    /// What it raises.
    pub fn length(self) -> Result<usize> {
        let abi = self.py.abi;
        // SAFETY: attached; a live object.
        let length = unsafe { (abi.PyObject_Size)(self.as_pointer()) };
        usize::try_from(length).map_err(|_| Raised::already_set())
    }

    /// As an index: an `int`, or an object with `__index__`.
    ///
    /// # Errors
    ///
    /// `TypeError` for other objects, the exception `overflow` if it does not fit.
    pub fn as_index(self, overflow: View<'_>) -> Result<isize> {
        let abi = self.py.abi;
        // SAFETY: attached; a live object and an exception class.
        let index = unsafe { (abi.PyNumber_AsSsize_t)(self.as_pointer(), overflow.as_pointer()) };
        // SAFETY: attached.
        if index == -1 && unsafe { !(abi.PyErr_Occurred)().is_null() } {
            return Err(Raised::already_set());
        }
        Ok(index)
    }

    /// As [`View::as_index`], with what is too large or too small clipped.
    ///
    /// # Errors
    ///
    /// `TypeError` for what is no index.
    pub fn as_clipped_index(self) -> Result<isize> {
        let abi = self.py.abi;
        // SAFETY: attached; a live object; null asks for clipping.
        let index = unsafe { (abi.PyNumber_AsSsize_t)(self.as_pointer(), std::ptr::null_mut()) };
        // SAFETY: attached.
        if index == -1 && unsafe { !(abi.PyErr_Occurred)().is_null() } {
            return Err(Raised::already_set());
        }
        Ok(index)
    }

    /// `dict[key] = value`.
    ///
    /// # Errors
    ///
    /// What `__hash__` or `__eq__` of the key raise.
    pub fn dict_set(self, key: &CStr, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; a dict; the function takes its own references.
        self.py.check(unsafe {
            (abi.PyDict_SetItemString)(self.as_pointer(), key.as_ptr(), value.as_pointer())
        })?;
        Ok(())
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
        unsafe { (self.view.py.abi.Py_DecRef)(self.view.as_pointer()) };
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
        // SAFETY: may be asked by any thread while the interpreter exists; a key that is dropped by
        // an unattached thread leaks, as documented.
        unsafe {
            if (abi.Py_IsInitialized)() != 0 && (abi.PyGILState_Check)() != 0 {
                (abi.Py_DecRef)(self.as_pointer());
            }
        }
    }
}

// SAFETY: a key is only an address until somebody attached looks at it.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}
