//! `ffi.new_handle()`: numbers that stand for Python objects in C code.
//!
//! A handle is no address: C code cannot do anything with it but give it back. Each has a
//! generation beside its place in a table, so that one whose object is gone is noticed instead of
//! being followed (CFFI aborts the process).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use crate::python::{Key, Owned, Py, View};

/// The highest byte of every handle: an address that no x86-64 or AArch64 process has, so that
/// code which follows a handle stops at once.
const TAG: u64 = 0x5E << 56;
const INDEX_BITS: u32 = 24;
const GENERATION_BITS: u32 = 32;

struct Slot {
    generation: u32,
    /// The object; the handle's value holds the reference to it.
    object: Option<usize>,
}

struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { slots: Vec::new(), free: Vec::new() });

fn number(index: u32, generation: u32) -> u64 {
    TAG | u64::from(generation) << INDEX_BITS | u64::from(index)
}

fn with<R>(body: impl FnOnce(&mut Table) -> R) -> R {
    body(&mut TABLE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Table {
    fn slot(&mut self, handle: u64) -> Option<&mut Slot> {
        let index = handle & ((1 << INDEX_BITS) - 1);
        let generation = (handle >> INDEX_BITS) as u32;
        let tagged = handle >> (INDEX_BITS + GENERATION_BITS) == TAG >> 56;
        let slot = self.slots.get_mut(usize::try_from(index).ok()?)?;
        (tagged && slot.generation == generation).then_some(slot)
    }
}

/// A new handle for `object`, which whoever called keeps alive until [`forget`]. `None` if there
/// are 2²⁴ already.
pub(crate) fn register(object: &Key) -> Option<u64> {
    with(|table| {
        let index = match table.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(table.slots.len()).ok()?;
                if index >> INDEX_BITS != 0 {
                    return None;
                }
                // Handles of another DLL with a table of its own should not be taken for ours.
                let generation = RandomState::new().hash_one(index) as u32;
                table.slots.push(Slot { generation, object: None });
                index
            }
        };
        let slot = table.slots.get_mut(index as usize)?;
        slot.object = Some(object.as_pointer() as usize);
        Some(number(index, slot.generation))
    })
}

/// The handle is dead from now on.
pub(crate) fn forget(handle: u64) {
    with(|table| {
        if let Some(slot) = table.slot(handle) {
            slot.object = None;
            slot.generation = slot.generation.wrapping_add(1);
            table.free.push((handle & ((1 << INDEX_BITS) - 1)) as u32);
        }
    });
}

/// The object of a living handle.
pub(crate) fn find(py: Py<'_>, handle: u64) -> Option<Owned<'_>> {
    with(|table| {
        let object = table.slot(handle)?.object?;
        // SAFETY: as long as the object is in the table, which is locked, the handle's value holds
        // a reference to it. Taking another one runs no Python code.
        unsafe { py.view(object as crate::python::abi::Object) }.map(View::retain)
    })
}
