//! The resource limits that host processes inherit from this one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// Descriptors that are enough for every host: it moves that of its events to 100 or above, out of
/// the way of what it loads, and fails without that.
const NEEDED: u64 = 256;

/// Raises the soft limit of open files as far as needed. A verdict must not depend on the
/// `ulimit -n` of whoever runs this.
pub(crate) fn raise() -> Result<(), Failure> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` is no limit.
    if current.is_none_or(|current| current >= NEEDED) {
        return Ok(());
    }
    let few = |allowed| Failure::FewFiles { allowed, needed: NEEDED };
    if let Some(allowed) = maximum.filter(|maximum| *maximum < NEEDED) {
        return Err(few(allowed));
    }
    let raised = Rlimit { current: Some(NEEDED), maximum };
    setrlimit(Resource::Nofile, raised).map_err(|_| few(current.unwrap_or(0)))
}
