//! Which mapped objects are a Python.

use std::ffi::{c_int, c_void};

use serde_json::{Value, json};

use crate::elf::LinkMap;
use crate::library;
use crate::state::{Host, Raw};

/// One object of each namespace that is known, by which the others are found.
type Spaces = Vec<(libc::Lmid_t, LinkMap)>;

/// `facts images`: every mapped object, in every namespace that a handle reaches, that defines
/// `Py_IsInitialized`.
pub(crate) fn images(host: &Host) -> Value {
    let mut spaces = Spaces::new();
    let program = Raw(libloading::os::unix::Library::this().into_raw());
    let handles = host.handles().into_iter().map(|(_, raw)| raw);
    for raw in std::iter::once(program).chain(handles) {
        if let (Some(id), Some(map)) = (library::namespace(raw), LinkMap::of(raw))
            && spaces.iter().all(|(known, _)| *known != id)
        {
            spaces.push((id, map));
        }
    }
    let mut walk = Walk { spaces, pythons: Vec::new() };
    // For the sake of its lock: while it is held, no thread adds a link map to any namespace or removes
    // one. (By itself it knows the caller's namespace only.)
    //
    // SAFETY: the callback has the right type and gets the value that it expects.
    unsafe { libc::dl_iterate_phdr(Some(walk_spaces), (&raw mut walk).cast()) };
    // Asked for without that lock: `dladdr` takes another, which a `dlopen` in another thread may hold
    // while it waits for this one. A plan whose threads close a Python meanwhile has no such facts.
    walk.pythons.into_iter().map(|(id, map)| image(map, id)).collect()
}

struct Walk {
    spaces: Spaces,
    /// What was found, by namespace.
    pythons: Spaces,
}

extern "C" fn walk_spaces(_: *mut libc::dl_phdr_info, _: usize, walk: *mut c_void) -> c_int {
    // SAFETY: `images` passes a `Walk` and does not touch it meanwhile.
    let walk = unsafe { &mut *walk.cast::<Walk>() };
    for (id, map) in &walk.spaces {
        let pythons = map.all_of_namespace().filter(|map| map.defines(c"Py_IsInitialized"));
        walk.pythons.extend(pythons.map(|map| (*id, map)));
    }
    // One call is enough.
    1
}

fn image(map: LinkMap, namespace: libc::Lmid_t) -> Value {
    let file = library::file_of(map.dynamic_section());
    json!({
        "path": file.unwrap_or_else(|| map.name().to_string_lossy().into_owned()),
        "base": format!("{:#x}", map.base()),
        "build_id": map.build_id(),
        "soname": map.soname(),
        "namespace": namespace,
    })
}
