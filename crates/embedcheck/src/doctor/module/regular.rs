//! Opens files whose names strangers chose.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a file for reading if it is a regular one.
///
/// The open of a pipe would wait for a writer where no request to stop is heard, and a device can give bytes without
/// end.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let refusal = || io::Error::other("it is no regular file");
    // Asked before, too: the mere open of a device can do something.
    if !fs::metadata(path)?.is_file() {
        return Err(refusal());
    }
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    // It may have been exchanged in between.
    if file.metadata()?.is_file() { Ok(file) } else { Err(refusal()) }
}
