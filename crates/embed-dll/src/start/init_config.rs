//! Starting 3.14 and later: `PyInitConfig`, which knows its options by name (PEP 741).

use std::ffi::{CStr, CString, c_char, c_int};

use super::config::c_string;
use super::settings::Settings;
use super::status::{functions, text};
use super::variables;
use crate::find::environment;
use crate::find::loaded::Image;

/// `PyInitConfig`: opaque.
#[repr(C)]
struct InitConfig {
    _opaque: [u8; 0],
}

functions! {
    /// What `Include/cpython/initconfig.h` declares since 3.14.
    Functions {
        PyInitConfig_Create: fn() -> *mut InitConfig;
        PyInitConfig_Free: fn(*mut InitConfig);
        PyInitConfig_SetInt: fn(*mut InitConfig, *const c_char, i64) -> c_int;
        PyInitConfig_SetStr: fn(*mut InitConfig, *const c_char, *const c_char) -> c_int;
        PyInitConfig_GetError: fn(*mut InitConfig, *mut *const c_char) -> c_int;
        Py_InitializeFromInitConfig: fn(*mut InitConfig) -> c_int;
    }
}

/// Whether this version has `PyInitConfig`.
pub(super) fn is_known(image: &Image) -> bool {
    !image.symbol(c"PyInitConfig_Create").is_null()
}

/// Initialises. On success the calling thread is attached.
///
/// # Safety
///
/// No interpreter may run in the process, and no other thread may start one.
pub(super) unsafe fn initialize(image: &Image, settings: &Settings) -> Result<(), String> {
    let functions = Functions::find(image)?;
    // SAFETY: may be called at any time.
    let config = unsafe { (functions.PyInitConfig_Create)() };
    if config.is_null() {
        return Err(String::from("out of memory"));
    }
    let config = Config { functions: &functions, config };
    config.fill(settings).and_then(|()| {
        // SAFETY: as the caller promises.
        let result = unsafe { (functions.Py_InitializeFromInitConfig)(config.config) };
        config.check(result)
    })
}

struct Config<'a> {
    functions: &'a Functions,
    config: *mut InitConfig,
}

impl Config<'_> {
    fn fill(&self, settings: &Settings) -> Result<(), String> {
        let variable = |name: &CStr| {
            let value = environment::variable(name).filter(|_| settings.use_environment)?;
            Some(value.to_string_lossy().into_owned())
        };
        let utf8_mode = match settings.encoding.utf8_mode {
            Some(mode) => i64::from(mode),
            None => variables::utf8_mode(variable(c"PYTHONUTF8").as_deref())?,
        };
        // A new PyInitConfig is an isolated one; this makes it an ordinary one again, as
        // `PyConfig_InitPythonConfig` would.
        let numbers: [(&CStr, i64); 12] = [
            (c"isolated", 0),
            (c"use_environment", settings.use_environment.into()),
            (c"user_site_directory", 1),
            (c"safe_path", 0),
            (c"pathconfig_warnings", 1),
            (c"install_signal_handlers", 0),
            (c"parse_argv", 0),
            (c"site_import", settings.import_site.into()),
            (c"configure_c_stdio", 0),
            (c"configure_locale", 0),
            (c"coerce_c_locale", 0),
            (c"utf8_mode", utf8_mode),
        ];
        for (name, value) in numbers.into_iter().chain(variables::options(variable)?) {
            self.set_int(name, value)?;
        }
        let program = c_string(&settings.program)?;
        let home = settings.home.as_deref().map(c_string).transpose()?;
        let strings: [(&CStr, Option<&CString>); 4] = [
            (c"program_name", Some(&program)),
            (c"home", home.as_ref()),
            (c"stdio_encoding", settings.encoding.stdio.as_ref()),
            (c"stdio_errors", settings.encoding.errors.as_ref()),
        ];
        for (name, value) in strings {
            if let Some(value) = value {
                self.set_str(name, value)?;
            }
        }
        Ok(())
    }

    fn set_int(&self, name: &CStr, value: i64) -> Result<(), String> {
        // SAFETY: a live configuration and a C string.
        let result =
            unsafe { (self.functions.PyInitConfig_SetInt)(self.config, name.as_ptr(), value) };
        self.check(result)
    }

    fn set_str(&self, name: &CStr, value: &CStr) -> Result<(), String> {
        // SAFETY: a live configuration and C strings, which are copied.
        let result = unsafe {
            (self.functions.PyInitConfig_SetStr)(self.config, name.as_ptr(), value.as_ptr())
        };
        self.check(result)
    }

    /// The text of a failure, `func: message` where CPython knows the function.
    fn check(&self, result: c_int) -> Result<(), String> {
        if result >= 0 {
            return Ok(());
        }
        let mut message = std::ptr::null();
        // SAFETY: a live configuration and room for the answer.
        unsafe { (self.functions.PyInitConfig_GetError)(self.config, &raw mut message) };
        // SAFETY: null or a C string that the configuration owns.
        Err(unsafe { text(message) }.unwrap_or_else(|| String::from("no message")))
    }
}

impl Drop for Config<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `PyInitConfig_Create`, used by nobody else.
        unsafe { (self.functions.PyInitConfig_Free)(self.config) };
    }
}
