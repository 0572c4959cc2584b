//! A Python that is in the process already, whoever brought it.

use std::ffi::{CStr, c_int, c_void};
use std::mem;
use std::path::PathBuf;

use super::dl::{self, Handle, Object};
use crate::python::abi;

/// A libpython in the process, or the executable that contains one.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// `None` if its symbols are taken from the global scope because it is the executable.
    handle: Option<Handle>,
    /// Its file; `None` if it is the executable.
    pub(crate) path: Option<PathBuf>,
    /// As ld.so names the object.
    object: Object,
    /// (major, minor).
    pub(crate) version: (u8, u8),
}

impl Image {
    /// The image that a handle leads to: the object itself or one that it depends on.
    pub(crate) fn behind(handle: Option<Handle>, objects: &[Object]) -> Option<Image> {
        let find = |name: &CStr| match handle {
            Some(handle) => handle.symbol(name),
            None => dl::global_symbol(name),
        };
        let version = find(c"Py_GetVersion");
        if version.is_null() || find(c"Py_IsInitialized").is_null() {
            return None;
        }
        let object = objects
            .iter()
            .find(|object| object.ranges.iter().any(|range| range.contains(&(version as usize))))?
            .clone();
        let handle = if object.is_executable() { None } else { handle };
        // SAFETY: a loaded CPython.
        let version = unsafe { abi::version(find) };
        Some(Image { handle, path: object.path(), object, version })
    }

    /// The address of a symbol; null if it has none of this name.
    pub(crate) fn symbol(&self, name: &CStr) -> *mut c_void {
        match self.handle {
            Some(handle) => handle.symbol(name),
            None => dl::global_symbol(name),
        }
    }

    /// `Py_IsInitialized()`.
    pub(crate) fn is_initialized(&self) -> bool {
        let function = self.symbol(c"Py_IsInitialized");
        if function.is_null() {
            return false;
        }
        // SAFETY: every CPython defines the function so, and it may be called at any time.
        let function =
            unsafe { mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(function) };
        // SAFETY: as above.
        unsafe { function() != 0 }
    }

    /// Whether two are one object.
    pub(crate) fn is(&self, other: &Image) -> bool {
        self.object.ranges == other.object.ranges
    }

    /// Makes its symbols visible to extension modules, which name no libpython since 3.8. The
    /// executable's are visible as far as they can be.
    ///
    /// # Errors
    ///
    /// What `dlerror` says.
    pub(crate) fn promote(&self) -> Result<(), String> {
        if self.object.is_executable() {
            return Ok(());
        }
        if self.handle.is_some_and(|handle| !handle.is_in_base_namespace()) {
            // glibc crashes (`add_to_global_resize` in elf/dl-open.c, seen with 2.36).
            return Err(String::from(
                "a link-map namespace made by dlmopen has no global scope; open libpython in it \
                 before the DLL",
            ));
        }
        let flags = libc::RTLD_LAZY | libc::RTLD_GLOBAL | libc::RTLD_NOLOAD;
        Handle::open(&self.object.name, flags).map(drop)
    }

    /// Gives up the handle: nothing of the library has been used.
    pub(crate) fn close(self) {
        if let Some(handle) = self.handle {
            handle.close();
        }
    }

    /// For people: the file, or that it is the executable.
    pub(crate) fn shown(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => String::from("the executable"),
        }
    }
}

/// Every Python in this link namespace, in the order in which ld.so loaded them, but first the one
/// that the global scope shows.
pub(crate) fn images() -> Vec<Image> {
    let objects = dl::objects();
    let mut images: Vec<Image> = Image::behind(None, &objects).into_iter().collect();
    for object in objects.iter().filter(|object| !object.is_executable()) {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
        let Ok(handle) = Handle::open(&object.name, flags) else { continue };
        // Others only depend on it; it comes itself, and their handles would pin them.
        let image = Image::behind(Some(handle), &objects)
            .filter(|image| image.object.ranges == object.ranges);
        let Some(image) = image else {
            handle.close();
            continue;
        };
        match images.iter_mut().find(|known| known.is(&image)) {
            // The global scope's image has no handle of its own yet.
            Some(known) => *known = image,
            None => images.push(image),
        }
    }
    images
}
