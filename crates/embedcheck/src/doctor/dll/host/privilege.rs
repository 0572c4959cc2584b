//! Setuid, setgid, file capabilities: whatever makes the kernel set `AT_SECURE`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Privilege;

const SET_USER_ID: u32 = 0o4000;
const SET_GROUP_ID: u32 = 0o2000;
/// Without it the set-group-ID bit of a file means mandatory locking.
const GROUP_EXECUTE: u32 = 0o010;

/// The privileges of a file. The kernel ignores them on file systems mounted `nosuid`, which is not looked at.
pub(super) fn of(path: &Path) -> Vec<Privilege> {
    let mut privileges = Vec::new();
    if let Ok(metadata) = fs::metadata(path) {
        let mode = metadata.mode();
        if mode & SET_USER_ID != 0 {
            privileges.push(Privilege::Setuid);
        }
        if mode & SET_GROUP_ID != 0 && mode & GROUP_EXECUTE != 0 {
            privileges.push(Privilege::Setgid);
        }
    }
    // `vfs_ns_cap_data` of linux/capability.h, the longest form, has 24 bytes.
    let mut value = [0u8; 64];
    if rustix::fs::getxattr(path, "security.capability", &mut value).is_ok() {
        privileges.push(Privilege::Capabilities);
    }
    privileges
}
