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
    // With no room for the value, the kernel tells its length.
    let mut none: [u8; 0] = [];
    let length = rustix::fs::getxattr(path, "security.capability", &mut none);
    if length.is_ok_and(|length| length > 0) {
        privileges.push(Privilege::Capabilities);
    }
    privileges
}
