//! The strings in the prebuilt libraries that are overwritten for each target.
//!
//! The build script links the libraries with them, and whoever points one at a libpython finds them
//! again in `.dynstr`; so both read this file. They are as long as a path can reasonably get, because
//! a string can be shortened in place but not lengthened.

/// `DT_NEEDED`: to become the SONAME or the path of a libpython, or of a DLL. 1023 bytes.
pub const NEEDED_PLACEHOLDER: &str = text(&padded::<1023>("@embedcheck-needed@"));

/// `DT_RUNPATH`. 1023 bytes.
pub const SEARCH_PLACEHOLDER: &str = text(&padded::<1023>("@embedcheck-search@"));

/// `DT_SONAME`. 255 bytes, the longest name of a file.
pub const SONAME_PLACEHOLDER: &str = text(&padded::<255>("@embedcheck-soname@"));

const fn padded<const N: usize>(start: &str) -> [u8; N] {
    let start = start.as_bytes();
    let mut bytes = [b'N'; N];
    let mut at = 0;
    while at < start.len() {
        bytes[at] = start[at];
        at += 1;
    }
    bytes
}

const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the placeholders are ASCII"),
    }
}
