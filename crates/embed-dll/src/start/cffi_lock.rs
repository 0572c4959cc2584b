//! The lock that CFFI's embedding DLLs take around starting the interpreter.
//!
//! It is a word of the type object of capsules in libpython, which all CFFI DLLs of a process see
//! and nobody else writes (CFFI, `_embedding.h`, `_cffi_carefully_make_gil`): until 3.11
//! `tp_version_tag`, 0 when free and -42 when taken; from 3.12 on `tp_as_buffer`, null when free, and
//! when taken a pointer to a `PyBufferProcs` of nulls that is followed by -42. Taking it as well
//! keeps both kinds from initialising at once.

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::time::{Duration, Instant};

use super::process::Pause;
use crate::python::Abi;
use crate::python::abi::Object;

/// `offsetof(PyTypeObject, tp_as_buffer)` less the header of an object; 3.8 to 3.15, 64-bit.
pub const TP_AS_BUFFER: usize = 144;
/// `offsetof(PyTypeObject, tp_version_tag)` less the header of an object; 3.8 to 3.15, 64-bit.
pub const TP_VERSION_TAG: usize = 368;

/// What the lock points to while it is taken: no functions, as in a type without buffers.
#[repr(C)]
struct Mark {
    functions: [usize; 2],
    mark: i32,
}

static MARK: Mark = Mark { functions: [0; 2], mark: -42 };

/// The value of `tp_version_tag` while the lock is taken.
const TAKEN: i32 = -42;

/// Where the lock is, and of which kind.
enum Word {
    Tag(&'static AtomicI32),
    Pointer(&'static AtomicPtr<c_void>),
}

/// The lock is held; until this is dropped. Nothing is held on a build that has no such lock.
pub(super) struct CffiLock {
    word: Option<Word>,
}

/// The lock is not free for too long.
pub(super) struct Stuck;

impl CffiLock {
    /// Takes it. The calling thread must not hold the GIL: who has the lock may need it.
    ///
    /// # Safety
    ///
    /// `abi` must be the table of a loaded CPython.
    pub(super) unsafe fn take(abi: &Abi, limit: Duration) -> Result<CffiLock, Stuck> {
        // SAFETY: as the caller promises.
        let Some(word) = (unsafe { word(abi) }) else { return Ok(CffiLock { word: None }) };
        let began = Instant::now();
        let mut pause = Pause::new();
        loop {
            let taken = match &word {
                Word::Tag(word) => {
                    match word.compare_exchange(0, TAKEN, Ordering::SeqCst, Ordering::SeqCst) {
                        Ok(_) => true,
                        Err(TAKEN) => false,
                        // A running interpreter uses the word for its cache of attributes. CFFI
                        // would wait for ever; there is nothing left to exclude.
                        Err(_) => return Ok(CffiLock { word: None }),
                    }
                }
                Word::Pointer(word) => word
                    .compare_exchange(ptr::null_mut(), mark(), Ordering::SeqCst, Ordering::SeqCst)
                    .is_ok(),
            };
            if taken {
                return Ok(CffiLock { word: Some(word) });
            }
            if began.elapsed() > limit {
                return Err(Stuck);
            }
            pause.wait();
        }
    }
}

impl Drop for CffiLock {
    fn drop(&mut self) {
        // Exchanged and not stored: if anybody else has written there, it is theirs.
        match &self.word {
            Some(Word::Tag(word)) => {
                let _ = word.compare_exchange(TAKEN, 0, Ordering::SeqCst, Ordering::SeqCst);
            }
            Some(Word::Pointer(word)) => {
                let free = ptr::null_mut();
                let _ = word.compare_exchange(mark(), free, Ordering::SeqCst, Ordering::SeqCst);
            }
            None => {}
        }
    }
}

fn mark() -> *mut c_void {
    (&raw const MARK).cast_mut().cast()
}

/// The word of the lock. `None` if the header of objects is of no known shape.
///
/// # Safety
///
/// As [`header_size`].
unsafe fn word(abi: &Abi) -> Option<Word> {
    // SAFETY: as the caller promises.
    let header = unsafe { header_size(abi) }?;
    let capsule = abi.PyCapsule_Type.cast::<u8>();
    if abi.version < (3, 12) {
        // SAFETY: the word is inside the type object, which lives as long as libpython, is
        // aligned, and is written by nobody but atomically or under the GIL.
        let tag = unsafe { capsule.add(header + TP_VERSION_TAG) };
        // SAFETY: as above.
        Some(Word::Tag(unsafe { &*tag.cast() }))
    } else {
        // SAFETY: as above.
        let buffer = unsafe { capsule.add(header + TP_AS_BUFFER) };
        // SAFETY: as above.
        Some(Word::Pointer(unsafe { &*buffer.cast() }))
    }
}

/// Bytes of an object's header, told from a type object that is there before the interpreter
/// starts: `ob_type` is the last field, and capsules' type is an instance of `type`.
///
/// # Safety
///
/// `abi` must be the table of a loaded CPython.
pub(super) unsafe fn header_size(abi: &Abi) -> Option<usize> {
    let words = abi.PyCapsule_Type.cast::<Object>();
    // 16 bytes ordinarily; 32 without the GIL, and with `--with-trace-refs` until 3.12; 48 both.
    [1, 3, 5].into_iter().find_map(|index| {
        // SAFETY: a type object has more than 400 bytes.
        let word = unsafe { words.add(index) };
        // SAFETY: as above.
        (unsafe { word.read() } == abi.PyType_Type).then_some((index + 1) * size_of::<Object>())
    })
}
