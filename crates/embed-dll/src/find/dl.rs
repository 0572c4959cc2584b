//! The dynamic linker: objects that are loaded, handles, symbols.

use std::ffi::{CStr, CString, OsStr, c_int, c_void};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

/// A handle from `dlopen`. Dropping it closes nothing: most are kept for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(NonNull<c_void>);

impl Handle {
    /// `dlopen`.
    ///
    /// # Errors
    ///
    /// What `dlerror` says.
    pub(crate) fn open(name: &CStr, flags: c_int) -> Result<Handle, String> {
        // SAFETY: a C string. The initialisers of the library run; that is what opening means.
        let handle = unsafe { libc::dlopen(name.as_ptr(), flags) };
        NonNull::new(handle).map(Handle).ok_or_else(error)
    }

    /// The address of a symbol in the object or what it depends on; null if there is none.
    pub(crate) fn symbol(self, name: &CStr) -> *mut c_void {
        // SAFETY: an open handle and a C string.
        unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) }
    }

    /// Whether the object is in the namespace of the executable. If ld.so does not tell, it is.
    pub(crate) fn is_in_base_namespace(self) -> bool {
        let mut namespace: libc::Lmid_t = libc::LM_ID_BASE;
        // SAFETY: an open handle, and a place for what is asked.
        let told = unsafe {
            libc::dlinfo(self.0.as_ptr(), libc::RTLD_DI_LMID, (&raw mut namespace).cast())
        };
        told != 0 || namespace == libc::LM_ID_BASE
    }

    /// Gives the handle back.
    pub(crate) fn close(self) {
        // SAFETY: an open handle, which nobody uses any more.
        unsafe { libc::dlclose(self.0.as_ptr()) };
    }
}

/// The text of the last error of this thread.
fn error() -> String {
    // SAFETY: null, or a C string that lives until the next call of the dl functions here.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return String::from("dlopen failed and dlerror says nothing");
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The address of a symbol in the global scope: the executable, what it depends on and what was
/// opened with `RTLD_GLOBAL`.
pub(crate) fn global_symbol(name: &CStr) -> *mut c_void {
    // SAFETY: a C string.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

/// An object that is loaded.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// As ld.so names it; empty for the executable.
    pub(crate) name: CString,
    /// Where it is mapped.
    pub(crate) ranges: Vec<Range<usize>>,
}

impl Object {
    /// Whether it is the executable.
    pub(crate) fn is_executable(&self) -> bool {
        self.name.is_empty()
    }

    /// Its file. `None` for the executable.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        if self.is_executable() {
            return None;
        }
        let path = Path::new(OsStr::from_bytes(self.name.to_bytes()));
        if path.is_absolute() {
            return Some(path.to_owned());
        }
        // ld.so keeps a relative name as it was given; the folder may have changed since.
        let start = self.ranges.first().map_or(0, |range| range.start);
        Some(mapped_file(start).unwrap_or_else(|| path.to_owned()))
    }
}

/// All objects of this link namespace in the order in which they were loaded.
pub(crate) fn objects() -> Vec<Object> {
    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        objects: *mut c_void,
    ) -> c_int {
        // SAFETY: ld.so passes a valid record.
        let info = unsafe { &*info };
        // SAFETY: the vector that was passed to `dl_iterate_phdr` below, used by nobody else.
        let objects = unsafe { &mut *objects.cast::<Vec<Object>>() };
        let name = if info.dlpi_name.is_null() {
            CString::default()
        } else {
            // SAFETY: a C string while the callback runs.
            unsafe { CStr::from_ptr(info.dlpi_name) }.to_owned()
        };
        // SAFETY: the program headers of the object, mapped while the callback runs.
        let headers = unsafe { headers(info) };
        let ranges = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD)
            .map(|header| {
                let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
                start..start.wrapping_add(header.p_memsz as usize)
            })
            .collect();
        objects.push(Object { name, ranges });
        0
    }
    let mut objects: Vec<Object> = Vec::new();
    // SAFETY: the callback gets the vector, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut objects).cast()) };
    objects
}

/// The program headers of an object.
///
/// # Safety
///
/// `info` must come from `dl_iterate_phdr`, whose callback runs.
pub(crate) unsafe fn headers(info: &libc::dl_phdr_info) -> &[libc::Elf64_Phdr] {
    if info.dlpi_phdr.is_null() {
        return &[];
    }
    // SAFETY: ld.so says so many of them.
    unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) }
}

/// The object that an address is in.
pub(crate) fn object_at(address: *const c_void) -> Option<Object> {
    let address = address as usize;
    objects().into_iter().find(|object| object.ranges.iter().any(|range| range.contains(&address)))
}

/// The object that this code is in, and its file: of the executable, if the host contains it.
pub(crate) fn own_object() -> Option<(Object, PathBuf)> {
    let object = object_at(own_object as fn() -> _ as *const c_void)?;
    let path = object.path().or_else(|| std::fs::read_link("/proc/self/exe").ok())?;
    Some((object, path))
}

/// The file that is mapped at an address, as the kernel knows it.
fn mapped_file(address: usize) -> Option<PathBuf> {
    let maps = std::fs::read("/proc/self/maps").ok()?;
    maps.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.splitn(6, |&byte| byte == b' ');
        let range = std::str::from_utf8(fields.next()?).ok()?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        let path = fields.nth(4)?.trim_ascii_start();
        let found = (start..end).contains(&address) && path.first() == Some(&b'/');
        found.then(|| Path::new(OsStr::from_bytes(path)).to_owned())
    })
}
