//! What all embed-dll DLLs of a process share.
//!
//! Each DLL has its own copy of this code, and knows nothing of the others; before a libpython is
//! found there is not even that to meet in. So each object file carries a [`Registry`] and an ELF
//! note that says where it is. Notes are found in the program headers of whatever is loaded, under
//! `RTLD_LOCAL` and in stripped executables alike, where a symbol would not be. The registry of the
//! object that ld.so loaded first is the one that everybody uses; its object is never unmapped
//! from then on.
//!
//! The layout is for all versions of this crate: words are only ever given a meaning, never another
//! one. All words are 0 at first.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::find::dl::{self, Handle};

/// Bytes of a registry; what is not in [`Registry`] is for later versions.
const BYTES: usize = 8192;

/// How many threads can wait for each other's modules at once.
const WAITS: usize = 128;

// The registry, in zeroed memory of the object, and the note: size of the name, size of the
// description, type, name "embed-dll" padded to 4, and as description the distance from itself to
// the registry and the size. The name of the type-1 note and its description are fixed for ever.
std::arch::global_asm!(
    ".pushsection .bss.embed_dll_process,\"aw\",@nobits",
    ".balign 64",
    ".Lembed_dll_registry:",
    ".zero {bytes}",
    ".popsection",
    ".pushsection .note.embed_dll,\"a\",@note",
    ".balign 4",
    ".long 10",
    ".long 16",
    ".long 1",
    ".asciz \"embed-dll\"",
    ".balign 4",
    ".weak embed_dll_process_note",
    ".hidden embed_dll_process_note",
    "embed_dll_process_note:",
    ".quad .Lembed_dll_registry - .",
    ".quad {bytes}",
    ".popsection",
    bytes = const BYTES,
);

unsafe extern "C" {
    /// The description of this object's own note. Referred to so that no linker leaves it out.
    #[link_name = "embed_dll_process_note"]
    static OWN_NOTE: [i64; 2];
}

/// A thread of this process: process id above, thread id below. A fork leaves identities behind
/// that belong to nobody any more, and can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(u64);

impl ThreadId {
    /// The calling thread.
    pub(crate) fn current() -> ThreadId {
        // SAFETY: the call has no conditions.
        let process = unsafe { libc::getpid() };
        // SAFETY: the call has no conditions.
        let thread = unsafe { libc::gettid() };
        ThreadId(u64::from(process.cast_unsigned()) << 32 | u64::from(thread.cast_unsigned()))
    }

    /// As stored in a word of the registry; 0 is nobody.
    pub(crate) fn from_word(word: u64) -> Option<ThreadId> {
        (word != 0).then_some(ThreadId(word))
    }

    /// As stored in a word of the registry.
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Whether it is a thread of the process that this one was forked from.
    pub(crate) fn is_of_parent(self) -> bool {
        self.0 >> 32 != ThreadId::current().0 >> 32
    }
}

/// The memory that is shared. Only atomics: other versions of this crate use it as well.
#[repr(C)]
pub(crate) struct Registry {
    /// 1 once somebody has used it.
    version: AtomicU32,
    /// 1 if the interpreter runs, but `site` could not be imported.
    lacks_site: AtomicU32,
    /// Who searches for or starts an interpreter: [`ThreadId`] or 0.
    start: AtomicU64,
    /// Why no interpreter can be started in this process any more: a C string, never freed.
    failure: AtomicPtr<u8>,
    /// Protects `waits`: [`ThreadId`] or 0.
    waits_lock: AtomicU64,
    /// Who waits for whom.
    waits: [Wait; WAITS],
    /// Words of the gate in front of the GIL: their meaning is that module's.
    pub(crate) gate: [AtomicU64; 64],
    /// Which thread forks while it has the interpreter on behalf of the child: [`ThreadId`] or 0. In
    /// the child it stays.
    pub(crate) forking: AtomicU64,
    /// Protects the making of thread states from a fork, where CPython does not: [`ThreadId`] or 0.
    making: AtomicU64,
}

/// `waiter` waits until `holder` has done something; [`ThreadId`]s or 0.
#[repr(C)]
struct Wait {
    waiter: AtomicU64,
    holder: AtomicU64,
}

const _: () = assert!(size_of::<Registry>() <= BYTES && align_of::<Registry>() <= 64);

/// Waiting would never end: the thread that is waited for waits for this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cycle;

/// The calling thread waits for another; until this is dropped.
pub(crate) struct Waiting {
    slot: &'static Wait,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.slot.holder.store(0, Ordering::Relaxed);
        self.slot.waiter.store(0, Ordering::Release);
    }
}

impl Registry {
    /// Notes that the calling thread begins to wait for `holder`, so that a circle is seen by the
    /// one who would close it. Threads that wait in `Thread.join()` are in no such note.
    ///
    /// # Errors
    ///
    /// [`Cycle`]: `holder` waits, directly or not, for the calling thread, or is it.
    pub(crate) fn wait_for(&'static self, holder: ThreadId) -> Result<Option<Waiting>, Cycle> {
        let me = ThreadId::current();
        let _guard = Spin::lock(&self.waits_lock);
        let mut next = holder;
        // More steps than entries would mean a circle of others, which is not ours to report.
        for _ in 0..=WAITS {
            if next == me {
                return Err(Cycle);
            }
            let word = next.word();
            let edge = self.waits.iter().find(|wait| wait.waiter.load(Ordering::Acquire) == word);
            match edge.and_then(|wait| ThreadId::from_word(wait.holder.load(Ordering::Relaxed))) {
                Some(holder) => next = holder,
                None => break,
            }
        }
        let is_free = |wait: &&Wait| {
            ThreadId::from_word(wait.waiter.load(Ordering::Acquire))
                .is_none_or(ThreadId::is_of_parent)
        };
        // Without a free entry a circle may stay unseen, no more.
        Ok(self.waits.iter().find(is_free).map(|slot| {
            slot.holder.store(holder.word(), Ordering::Relaxed);
            slot.waiter.store(me.word(), Ordering::Release);
            Waiting { slot }
        }))
    }

    /// Runs `body`, which makes a thread state, while no thread of this process forks with
    /// [`Registry::stop_making`]. `body` must not wait for the GIL.
    pub(crate) fn make<R>(&self, body: impl FnOnce() -> R) -> R {
        let _guard = Spin::lock(&self.making);
        body()
    }

    /// Keeps thread states from being made, over a fork by the calling thread; `None` if it does so
    /// already. In the child, where another thread's identity means nothing, the lock is free.
    pub(crate) fn stop_making(&'static self) -> Option<MakingStopped> {
        let is_mine = self.making.load(Ordering::Relaxed) == ThreadId::current().word();
        (!is_mine).then(|| MakingStopped { _guard: Spin::lock(&self.making) })
    }

    /// Why no interpreter can be started any more, if some DLL has found that out.
    pub(super) fn failure(&self) -> Option<String> {
        let text = self.failure.load(Ordering::Acquire);
        if text.is_null() {
            return None;
        }
        // SAFETY: a C string that was stored by `set_failure` of some DLL, never freed or changed.
        let text = unsafe { std::ffi::CStr::from_ptr(text.cast_const().cast()) };
        Some(text.to_string_lossy().into_owned())
    }

    /// Tells all DLLs that no interpreter can be started any more. The first text stays.
    pub(super) fn set_failure(&self, text: &str) {
        let bytes: Vec<u8> = text.bytes().filter(|&byte| byte != 0).chain([0]).collect();
        // From malloc and not from Rust: a DLL that reads it may outlive the one that wrote it.
        // SAFETY: any size may be asked for.
        let copy = unsafe { libc::malloc(bytes.len()) }.cast::<u8>();
        if copy.is_null() {
            return;
        }
        // SAFETY: so many bytes have just been allocated.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
        let first = self.failure.compare_exchange(
            ptr::null_mut(),
            copy,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if first.is_err() {
            // SAFETY: allocated above and seen by nobody.
            unsafe { libc::free(copy.cast()) };
        }
    }

    /// Whether the interpreter runs without `site`, which it should have.
    pub(super) fn lacks_site(&self) -> bool {
        self.lacks_site.load(Ordering::Acquire) != 0
    }

    /// Notes that, or that it is mended.
    pub(super) fn set_lacks_site(&self, lacks: bool) {
        self.lacks_site.store(lacks.into(), Ordering::Release);
    }

    /// Takes the lock around searching and starting.
    pub(super) fn lock_start(&'static self, limit: Duration) -> Result<StartLock, Busy> {
        let me = ThreadId::current();
        let began = Instant::now();
        let mut pause = Pause::new();
        loop {
            let free =
                self.start.compare_exchange(0, me.word(), Ordering::Acquire, Ordering::Relaxed);
            match free.map_err(ThreadId) {
                Ok(_) => return Ok(StartLock { word: &self.start }),
                Err(holder) if holder == me => return Err(Busy::Myself),
                Err(holder) if holder.is_of_parent() => return Err(Busy::Forked),
                Err(_) if began.elapsed() > limit => return Err(Busy::TooLong),
                Err(_) => pause.wait(),
            }
        }
    }
}

/// Why the start lock cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// The calling thread is starting the interpreter and has come here again.
    Myself,
    /// Another thread was starting it when this process was forked.
    Forked,
    /// Another thread has been starting it for too long.
    TooLong,
}

/// The start lock is held; until this is dropped.
pub(super) struct StartLock {
    word: &'static AtomicU64,
}

impl Drop for StartLock {
    fn drop(&mut self) {
        self.word.store(0, Ordering::Release);
    }
}

/// No thread state is made; until this is dropped.
pub(crate) struct MakingStopped {
    _guard: Spin<'static>,
}

/// A lock for a few instructions.
struct Spin<'a>(&'a AtomicU64);

impl Spin<'_> {
    fn lock(word: &AtomicU64) -> Spin<'_> {
        let me = ThreadId::current().word();
        let mut pause = Pause::new();
        loop {
            match word.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Spin(word),
                // Its holder stayed behind in the process that this one was forked from.
                Err(holder) if ThreadId(holder).is_of_parent() => {
                    let taken =
                        word.compare_exchange(holder, me, Ordering::Acquire, Ordering::Relaxed);
                    if taken.is_ok() {
                        return Spin(word);
                    }
                }
                Err(_) => pause.wait(),
            }
        }
    }
}

impl Drop for Spin<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

/// Waiting without a system object to wait on: gives way first, sleeps longer and longer later.
pub(super) struct Pause {
    rounds: u32,
}

impl Pause {
    pub(super) fn new() -> Pause {
        Pause { rounds: 0 }
    }

    pub(super) fn wait(&mut self) {
        self.rounds += 1;
        match self.rounds {
            ..16 => thread::yield_now(),
            16..64 => thread::sleep(Duration::from_micros(50)),
            // An interpreter starts in 10 to 50 ms.
            _ => thread::sleep(Duration::from_micros(500)),
        }
    }
}

static CHOSEN: AtomicPtr<Registry> = AtomicPtr::new(ptr::null_mut());

/// The registry of this process.
pub(crate) fn registry() -> &'static Registry {
    let chosen = CHOSEN.load(Ordering::Acquire);
    // SAFETY: null, or the registry of an object that is never unmapped.
    if let Some(registry) = unsafe { chosen.as_ref() } {
        return registry;
    }
    let registry = choose();
    CHOSEN.store(ptr::from_ref(registry).cast_mut(), Ordering::Release);
    registry.version.store(1, Ordering::Relaxed);
    registry
}

/// Finds the registry of the object that was loaded first, and pins that object.
fn choose() -> &'static Registry {
    // Somebody may unmap the object before it is pinned; then the next look says another.
    for _ in 0..16 {
        let Some(first) = first_registry() else { break };
        let is_pinned = match dl::object_at(first.cast()) {
            Some(object) if object.is_executable() => true,
            Some(object) => pin(&object),
            None => false,
        };
        if is_pinned && first_registry() == Some(first) {
            // SAFETY: a registry says the note of its object, which stays mapped.
            return unsafe { &*first };
        }
    }
    // No list of objects (a static executable without one): alone in the process.
    own_registry()
}

/// Keeps an object mapped for the life of the process.
pub(super) fn pin(object: &dl::Object) -> bool {
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    match Handle::open(&object.name, flags) {
        Ok(handle) => {
            // The flag stays; the reference is not needed.
            handle.close();
            true
        }
        Err(_) => false,
    }
}

/// The registry of the object that this code is in.
fn own_registry() -> &'static Registry {
    let note = &raw const OWN_NOTE;
    // SAFETY: the note is the one that is made above.
    let distance = unsafe { note.cast::<i64>().read_unaligned() };
    let registry = note.cast::<u8>().wrapping_offset(distance as isize).cast::<Registry>();
    // SAFETY: the distance leads from the description to the registry, which is zeroed memory of
    // this object: a valid `Registry`.
    unsafe { &*registry }
}

/// The registry of the first object that has one.
fn first_registry() -> Option<*const Registry> {
    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut c_void,
    ) -> c_int {
        // SAFETY: ld.so passes a valid record.
        let info = unsafe { &*info };
        // SAFETY: ld.so's callback runs.
        let headers = unsafe { dl::headers(info) };
        for header in headers.iter().filter(|header| header.p_type == libc::PT_NOTE) {
            let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
            // SAFETY: notes that are in a program header with memory are mapped for reading.
            let notes =
                unsafe { std::slice::from_raw_parts(start as *const u8, header.p_memsz as usize) };
            if let Some(registry) = registry_in(notes, header.p_align as usize) {
                // SAFETY: the pointer that was passed to `dl_iterate_phdr` below.
                unsafe { *found.cast::<Option<*const Registry>>() = Some(registry) };
                return 1;
            }
        }
        0
    }
    let mut found: Option<*const Registry> = None;
    // SAFETY: the callback gets a pointer to `found`, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut found).cast()) };
    found
}

/// The registry that a note among `notes` leads to. `align` is that of the segment: 4 for almost
/// all, 8 for GNU properties.
fn registry_in(notes: &[u8], align: usize) -> Option<*const Registry> {
    let align = if align == 8 { 8 } else { 4 };
    let mut rest = notes;
    while let Some((head, body)) = rest.split_first_chunk::<12>() {
        let word = |at: usize| {
            u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize
        };
        // Sizes are 32 bits wide, so nothing overflows.
        let description = (12 + word(0)).next_multiple_of(align) - 12;
        let end = description + word(4);
        let (name, bytes) = (body.get(..word(0))?, body.get(description..end)?);
        if name == b"embed-dll\0" && word(8) == 1 && bytes.len() >= 16 {
            let mut distance = [0; 8];
            distance.copy_from_slice(&bytes[..8]);
            let at = bytes.as_ptr() as usize;
            let registry = at.wrapping_add_signed(i64::from_ne_bytes(distance) as isize);
            return Some(registry as *const Registry);
        }
        rest = body.get((end + 12).next_multiple_of(align) - 12..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Cycle, Registry, ThreadId, first_registry, own_registry, registry, registry_in};
    use std::ptr;

    #[test]
    fn the_note_of_a_program_leads_to_its_registry() {
        assert!(ptr::eq(own_registry(), first_registry().expect("a note")));
        assert!(ptr::eq(own_registry(), registry()));
    }

    #[test]
    fn a_circle_is_seen_by_the_one_who_would_close_it() {
        let registry: &'static Registry = registry();
        let me = ThreadId::current();
        assert_eq!(registry.wait_for(me).err(), Some(Cycle));
        let (send, receive) = std::sync::mpsc::channel();
        let (done, end) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            let waiting = registry.wait_for(me).expect("no circle yet");
            send.send(ThreadId::current()).expect("sent");
            let _ = end.recv();
            drop(waiting);
        });
        let id = receive.recv().expect("received");
        assert_eq!(registry.wait_for(id).err(), Some(Cycle));
        drop(done);
        other.join().expect("ended");
        assert!(registry.wait_for(id).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_notes_are_read_without_a_panic(
            notes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            align in 0_usize..9,
        ) {
            let _ = registry_in(&notes, align);
        }
    }
}
