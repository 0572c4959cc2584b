//! The DLL that is measured.

use std::ffi::c_int;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use super::Error;
use super::arguments::Arguments;
use super::function::{Function, Wrong};

type Plain = unsafe extern "C" fn() -> c_int;

/// An open DLL; it is never closed.
#[derive(Clone, Copy)]
pub(super) struct Dll {
    library: &'static Library,
    function: Function,
    linked: Option<Function>,
    hold: Option<(Plain, Plain)>,
}

/// Opens a library and keeps it open: code of it may run until the process is gone.
///
/// With the symbols global: CFFI's DLLs bring their libpython along, and the extension modules of some
/// distributions need its symbols.
pub(super) fn open(file: &Path) -> Result<&'static Library, Error> {
    // SAFETY: the file was made to be opened by hosts.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_GLOBAL)? };
    Ok(Box::leak(Box::new(library)))
}

impl Dll {
    /// What the command line names in this library.
    pub(super) fn find(library: &'static Library, arguments: &Arguments) -> Result<Self, Error> {
        let hold = match &arguments.hold {
            Some((enter, leave)) => Some((plain(library, enter)?, plain(library, leave)?)),
            None => None,
        };
        let linked = match &arguments.linked {
            Some(file) => Some(Function::find_linked(open(file)?)?),
            None => None,
        };
        let function = Function::find(library, &arguments.function)?;
        Ok(Self { library, function, linked, hold })
    }

    /// A function that it exports.
    pub(super) fn function(&self, name: &str) -> Result<Function, Error> {
        Function::find(self.library, name)
    }

    /// The function of the command line; see [`Function::calls`].
    #[inline]
    pub(super) fn calls(&self, first: u32, count: u32) -> Result<(), Wrong> {
        self.function.calls(first, count)
    }

    /// Calls of `add1` through a linked symbol.
    pub(super) fn linked(&self) -> Option<Function> {
        self.linked
    }

    /// The same DLL with another function as that of the command line.
    pub(super) fn with(&self, function: Function) -> Self {
        Self { function, ..*self }
    }

    /// Whether [`Self::held`] can be used.
    pub(super) fn can_hold(&self) -> bool {
        self.hold.is_some()
    }

    /// Runs `body` while the thread holds the interpreter.
    pub(super) fn held<R>(&self, body: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        let Some((enter, leave)) = self.hold else {
            return Err("the DLL has no functions to hold the interpreter".into());
        };
        // SAFETY: the type of the function.
        if unsafe { enter() } != 0 {
            return Err("the interpreter could not be entered".into());
        }
        let result = body();
        // SAFETY: the type of the function; it was entered.
        if unsafe { leave() } != 0 {
            return Err("the interpreter could not be left".into());
        }
        result
    }
}

fn plain(library: &Library, name: &str) -> Result<Plain, Error> {
    // SAFETY: the options name functions of this type.
    Ok(unsafe { *library.get::<Plain>(name.as_bytes())? })
}
