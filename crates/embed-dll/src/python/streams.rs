//! What `sys` has.

use std::ffi::CStr;

use super::object::{Owned, Py, View};

impl<'a> Py<'a> {
    /// `sys.<name>`, if it is there. Raises nothing.
    pub fn sys(self, name: &CStr) -> Option<Owned<'a>> {
        // SAFETY: attached; the reference is borrowed, and made ours before other code runs.
        unsafe { self.view(self.abi().PySys_GetObject(name.as_ptr())) }.map(View::retain)
    }

    /// Flushes `sys.stdout` and `sys.stderr`, each of which may be None, closed, or anything that
    /// somebody has put there; what fails is nobody's error here.
    #[cold]
    pub fn flush_streams(self) {
        for name in [c"stdout", c"stderr"] {
            let Some(stream) = self.sys(name).filter(|stream| !stream.is_none()) else { continue };
            if let Err(raised) = stream.attr(c"flush").and_then(|flush| flush.call(&[])) {
                raised.forget(self);
            }
        }
    }
}
