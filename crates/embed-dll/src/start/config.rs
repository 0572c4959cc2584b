//! Starting 3.8 to 3.13: `PyPreConfig` and `PyConfig`, whose fields are written by offset.

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::config_tables::{self, CONFIG_BYTES, ConfigTable, PRECONFIG, PRECONFIG_BYTES};
use super::settings::Settings;
use super::status::{Status, functions};
use crate::find::loaded::Image;

functions! {
    /// What `Include/cpython/initconfig.h` declares.
    Functions {
        PyPreConfig_InitPythonConfig: fn(*mut c_void);
        Py_PreInitialize: fn(*const c_void) -> Status;
        PyConfig_InitPythonConfig: fn(*mut c_void);
        PyConfig_SetBytesString: fn(*mut c_void, *mut *mut i32, *const c_char) -> Status;
        Py_InitializeFromConfig: fn(*const c_void) -> Status;
        PyConfig_Clear: fn(*mut c_void);
    }
}

/// Memory for a structure whose size depends on the version.
#[repr(C, align(16))]
struct Memory<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Memory<BYTES> {
    fn new() -> Box<Memory<BYTES>> {
        Box::new(Memory([0; BYTES]))
    }

    fn pointer(&mut self) -> *mut c_void {
        self.0.as_mut_ptr().cast()
    }

    /// Writes an `int`.
    fn set(&mut self, offset: usize, value: c_int) {
        self.0[offset..offset + size_of::<c_int>()].copy_from_slice(&value.to_ne_bytes());
    }

    /// The address of a field.
    fn field(&mut self, offset: usize) -> *mut c_void {
        self.0[offset..].as_mut_ptr().cast()
    }
}

/// Initialises. On success the calling thread is attached.
///
/// # Safety
///
/// No interpreter may run in the process, and no other thread may start one.
pub(super) unsafe fn initialize(image: &Image, settings: &Settings) -> Result<(), String> {
    let (major, minor) = image.version;
    let Some(table) = config_tables::config(image.version) else {
        return Err(format!(
            "Python {major}.{minor} ({}) is not supported: it has no PyInitConfig, and the layout \
             of its PyConfig is not known to this DLL",
            image.shown()
        ));
    };
    let functions = Functions::find(image)?;
    // SAFETY: as the caller promises.
    unsafe { preinitialize(&functions, settings) }?;

    let mut config = Memory::<CONFIG_BYTES>::new();
    // SAFETY: the memory is larger than the structure of every version in the table.
    unsafe { (functions.PyConfig_InitPythonConfig)(config.pointer()) };
    // SAFETY: the structure was initialised just now.
    let result = unsafe { fill(&functions, &mut config, &table, settings) }.and_then(|()| {
        // SAFETY: as the caller promises.
        unsafe { (functions.Py_InitializeFromConfig)(config.pointer()) }.check()
    });
    // SAFETY: initialised above; frees its strings, which came from the raw allocator.
    unsafe { (functions.PyConfig_Clear)(config.pointer()) };
    result
}

/// # Safety
///
/// As [`initialize`].
unsafe fn preinitialize(functions: &Functions, settings: &Settings) -> Result<(), String> {
    let mut preconfig = Memory::<PRECONFIG_BYTES>::new();
    // SAFETY: the memory is larger than the structure.
    unsafe { (functions.PyPreConfig_InitPythonConfig)(preconfig.pointer()) };
    preconfig.set(PRECONFIG.use_environment, settings.use_environment.into());
    preconfig.set(PRECONFIG.configure_locale, 0);
    preconfig.set(PRECONFIG.coerce_c_locale, 0);
    preconfig.set(PRECONFIG.utf8_mode, settings.encoding.utf8_mode.map_or(-1, c_int::from));
    // SAFETY: an initialised structure.
    unsafe { (functions.Py_PreInitialize)(preconfig.pointer()) }.check()
}

/// # Safety
///
/// `config` must be initialised by `PyConfig_InitPythonConfig` of the version of `table`.
unsafe fn fill(
    functions: &Functions,
    config: &mut Memory<CONFIG_BYTES>,
    table: &ConfigTable,
    settings: &Settings,
) -> Result<(), String> {
    config.set(table.use_environment, settings.use_environment.into());
    config.set(table.install_signal_handlers, 0);
    config.set(table.parse_argv, 0);
    config.set(table.site_import, settings.import_site.into());
    // The C streams are the host's.
    config.set(table.configure_c_stdio, 0);
    let program = c_string(&settings.program)?;
    let home = settings.home.as_deref().map(c_string).transpose()?;
    let strings = [
        (table.program_name, Some(&program)),
        (table.home, home.as_ref()),
        (table.stdio_encoding, settings.encoding.stdio.as_ref()),
        (table.stdio_errors, settings.encoding.errors.as_ref()),
    ];
    for (offset, value) in strings {
        let Some(value) = value else { continue };
        let field = config.field(offset).cast();
        // SAFETY: the field is a `wchar_t *` of the structure, null or from the raw allocator.
        unsafe { (functions.PyConfig_SetBytesString)(config.pointer(), field, value.as_ptr()) }
            .check()?;
    }
    Ok(())
}

/// A path for C.
pub(super) fn c_string(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| format!("{} has a NUL in its name", path.display()))
}
