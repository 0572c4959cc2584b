//! Memory of C values.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use crate::python::{ExceptionKind, Py, Result};

/// Bytes on the heap, aligned for every C type (and for vectors of 16 bytes).
pub(crate) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

/// `alignof(max_align_t)` on x86-64.
const ALIGN: usize = 16;

impl Memory {
    /// `size` bytes of zeros.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub(crate) fn zeroed(py: Py<'_>, size: usize) -> Result<Memory> {
        let failed = || py.raise(ExceptionKind::Memory, "");
        // An address even for nothing, as from malloc.
        let layout = Layout::from_size_align(size.max(1), ALIGN).map_err(|_| failed())?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) });
        Ok(Memory { start: start.ok_or_else(failed)?, layout })
    }

    /// Where they are.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}
