//! `open`, `promote`, `close`, `resolve`, and symbol look-up for all others.

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::ptr::{self, NonNull};

use embedcheck_plan::{Callee, Flags, Library, Name, Space, Text};
use serde_json::{Value, json};

use crate::call::Function;
use crate::elf::LinkMap;
use crate::events::Outcome;
use crate::state::{Host, Meaning, Raw};
use crate::sys;

/// `open HANDLE PATH FLAGS [newlm|in=HANDLE]`.
pub(crate) fn open(
    host: &Host,
    name: &Name,
    library: &Library,
    flags: Flags,
    space: &Space,
) -> Outcome {
    let path = match library {
        Library::Program => Ok(None),
        Library::Path(path) => sys::c_string(path.as_bytes()).map(Some),
    };
    let space = namespace_of(host, space);
    let (path, space) = match (path, space) {
        (Ok(path), Ok(space)) => (path, space),
        (Err(error), _) | (_, Err(error)) => return Outcome::refused(error),
    };
    let opened = match space {
        None => plain(path.as_deref(), flags),
        Some(space) => in_namespace(space, path.as_deref(), flags),
    };
    match opened {
        Ok((raw, errno)) => {
            host.bind(name, Meaning::Handle(raw));
            Outcome::done_with((), errno)
        }
        Err(error) => Outcome::refused(error.unwrap_or_else(|| "not loaded".to_owned())),
    }
}

/// `promote PATH [FLAGS]`.
pub(crate) fn promote(path: &Text, flags: Flags) -> Outcome {
    let c_path = match sys::c_string(path.as_bytes()) {
        Ok(path) => path,
        Err(error) => return Outcome::refused(error),
    };
    match plain(Some(&c_path), flags) {
        // The handle is dropped without closing: what is promoted stays.
        Ok((_, errno)) => Outcome::done_with((), errno),
        Err(Some(error)) => Outcome::refused(error),
        // With NOLOAD, a library that is not there is no error to dlopen.
        Err(None) => Outcome::refused(format!("not loaded: {}", path.to_string_lossy())),
    }
}

/// `close HANDLE`.
pub(crate) fn close(host: &Host, name: &Name) -> Outcome {
    let raw = match host.named(name) {
        Ok(raw) => raw,
        Err(error) => return Outcome::refused(error),
    };
    // ld.so's own name for the file: the path of the plan may be relative to another folder by now.
    let path = LinkMap::of(raw).map(|map| map.name().to_owned()).unwrap_or_default();
    let space = namespace(raw).unwrap_or(libc::LM_ID_BASE);
    sys::set_errno(0);
    // SAFETY: the handle came from `dlopen` and was not closed before, or its name would be unbound.
    // Destructors of the DLL run: that is the purpose of the step.
    let status = unsafe { libc::dlclose(raw.0) };
    let errno = sys::errno();
    if status != 0 {
        return Outcome::failed(errno, sys::dlerror().unwrap_or_default());
    }
    host.unbind(name, Meaning::Handle(raw));
    // Only the program has no name, and it stays.
    let mapped = path.is_empty() || is_mapped(space, &path);
    Outcome::done_with(json!({ "mapped": mapped }), errno)
}

/// `resolve HANDLE SYMBOL`.
pub(crate) fn resolve(host: &Host, callee: &Callee) -> Outcome {
    let address = host.handle(&callee.handle).and_then(|raw| symbol(raw, &callee.symbol));
    match address {
        Ok(address) => Outcome::done(whereabouts(address.as_ptr())),
        Err(error) => Outcome::refused(error),
    }
}

/// Looks up a function; the error is for the event.
pub(crate) fn function(raw: Raw, name: &str) -> Result<Function, String> {
    symbol(raw, name).map(Function::new)
}

/// `dlsym`; the error is for the event.
pub(crate) fn symbol(raw: Raw, name: &str) -> Result<NonNull<c_void>, String> {
    let c_name = sys::c_string(name.as_bytes())?;
    // What an earlier call left must not be taken for an error of this one.
    sys::dlerror();
    // SAFETY: the handle is open or RTLD_DEFAULT, the name a C string.
    let address = unsafe { libc::dlsym(raw.0, c_name.as_ptr()) };
    NonNull::new(address).ok_or_else(|| {
        let error = sys::dlerror().unwrap_or_else(|| "its address is null".to_owned());
        format!("no symbol \"{name}\": {error}")
    })
}

/// An address and the file that it lies in.
pub(crate) fn whereabouts(address: *const c_void) -> Value {
    json!({ "address": format!("{:#x}", address.addr()), "file": file_of(address) })
}

/// Path of the file that an address belongs to, as ld.so knows it; for the program itself, where
/// `/proc/self/exe` leads (`dladdr` would say how it was called).
pub(crate) fn file_of(address: *const c_void) -> Option<String> {
    let (info, map) = containing_object(address)?;
    let name = map?.name();
    if !name.is_empty() {
        return Some(name.to_string_lossy().into_owned());
    }
    match fs::read_link("/proc/self/exe") {
        Ok(path) => Some(path.to_string_lossy().into_owned()),
        // SAFETY: null or a name that ld.so keeps as long as the object is mapped, which it was just now.
        Err(_) => unsafe { sys::text_at(info.dli_fname) },
    }
}

/// `dladdr1`: the object that an address belongs to, in whatever namespace.
pub(crate) fn containing_object(
    address: *const c_void,
) -> Option<(libc::Dl_info, Option<LinkMap>)> {
    /// `RTLD_DL_LINKMAP` of glibc's `<dlfcn.h>`, which the libc crate lacks.
    const RTLD_DL_LINKMAP: c_int = 2;
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let mut map: *mut c_void = ptr::null_mut();
    // SAFETY: both places are writable, and the request writes one pointer; any address may be asked
    // for.
    let found =
        unsafe { libc::dladdr1(address, info.as_mut_ptr(), &raw mut map, RTLD_DL_LINKMAP) } != 0;
    // SAFETY: all bits zero are a valid value, and `dladdr1` writes only valid ones.
    found.then(|| (unsafe { info.assume_init() }, LinkMap::new(map)))
}

/// Id of the namespace that a handle is in.
pub(crate) fn namespace(raw: Raw) -> Option<libc::Lmid_t> {
    let mut id: libc::Lmid_t = 0;
    // SAFETY: the handle is open, and the request writes one Lmid_t.
    let status = unsafe { libc::dlinfo(raw.0, libc::RTLD_DI_LMID, (&raw mut id).cast()) };
    (status == 0).then_some(id)
}

/// The namespace for `dlmopen`; `None` is for `dlopen`. The error is for the event.
fn namespace_of(host: &Host, space: &Space) -> Result<Option<libc::Lmid_t>, String> {
    match space {
        Space::Base => Ok(None),
        Space::New => Ok(Some(libc::LM_ID_NEWLM)),
        Space::Of(name) if name.as_str() == "default" => Ok(Some(libc::LM_ID_BASE)),
        Space::Of(name) => match namespace(host.named(name)?) {
            Some(id) => Ok(Some(id)),
            None => Err(sys::dlerror().unwrap_or_default()),
        },
    }
}

/// A handle and the `errno` that opening it left, or the text of `dlerror`. A failure has no `errno`:
/// glibc sets none, and to ask for the text, as libloading does at once, does.
type Opened = Result<(Raw, i32), Option<String>>;

fn plain(path: Option<&CStr>, flags: Flags) -> Opened {
    use libloading::Error;
    use libloading::os::unix::Library;

    let path = path.map(|path| OsStr::from_bytes(path.to_bytes()));
    sys::dlerror();
    sys::set_errno(0);
    // SAFETY: initialisers of the library run: that is the purpose of the step.
    let opened = unsafe { Library::open(path, flags_number(flags)) };
    let errno = sys::errno();
    match opened {
        // Into a raw handle at once: dropping a `Library` would close it.
        Ok(library) => Ok((Raw(library.into_raw()), errno)),
        Err(Error::DlOpen { source }) => Err(Some(source.to_string())),
        Err(_) => Err(None),
    }
}

fn in_namespace(id: libc::Lmid_t, path: Option<&CStr>, flags: Flags) -> Opened {
    let path = path.map_or(ptr::null(), CStr::as_ptr);
    sys::dlerror();
    sys::set_errno(0);
    // SAFETY: as in `plain`; the path is null or a C string.
    let raw = unsafe { libc::dlmopen(id, path, flags_number(flags)) };
    let errno = sys::errno();
    if raw.is_null() { Err(sys::dlerror()) } else { Ok((Raw(raw), errno)) }
}

/// Whether the file of a closed handle is still mapped in its namespace.
fn is_mapped(space: libc::Lmid_t, path: &CStr) -> bool {
    // SAFETY: with NOLOAD nothing is loaded and no initialiser runs.
    let raw = unsafe { libc::dlmopen(space, path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    if raw.is_null() {
        sys::dlerror();
        return false;
    }
    // SAFETY: closes the handle of the line above, which nothing else uses.
    unsafe { libc::dlclose(raw) };
    true
}

/// The platform's numbers.
fn flags_number(flags: Flags) -> c_int {
    [
        (Flags::LAZY, libc::RTLD_LAZY),
        (Flags::NOW, libc::RTLD_NOW),
        (Flags::LOCAL, libc::RTLD_LOCAL),
        (Flags::GLOBAL, libc::RTLD_GLOBAL),
        (Flags::NOLOAD, libc::RTLD_NOLOAD),
        (Flags::NODELETE, libc::RTLD_NODELETE),
        (Flags::DEEPBIND, libc::RTLD_DEEPBIND),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .fold(0, |number, (_, bit)| number | bit)
}
