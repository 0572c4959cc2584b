//! Words for a shell: what is printed as a command stays the one command that it looks like.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::dll::quote;

/// A word that a shell takes as it is.
pub(super) fn quoted(word: &str) -> String {
    quote(OsStr::new(word))
}

/// A path that is no option, either.
pub(super) fn path(path: &Path) -> String {
    let is_option = path.as_os_str().as_bytes().starts_with(b"-");
    let mut word = OsString::from(if is_option { "./" } else { "" });
    word.push(path);
    quote(&word)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_needs_no_quotes_has_none() {
        assert_eq!(quoted("/usr/bin/python3.11"), "/usr/bin/python3.11");
        assert_eq!(quoted("cffi==2.1.1"), "cffi==2.1.1");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        assert_eq!(quoted("a$(reboot).so"), "'a$(reboot).so'");
        assert_eq!(path(Path::new("-x")), "./-x");
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(quoted("a\nreboot"), r"$'a\012reboot'");
        assert_eq!(quoted("\u{1b}[2K'"), r"$'\033[2K\''");
        assert_eq!(path(Path::new(OsStr::from_bytes(b"/l/\xff"))), r"$'/l/\377'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_shell_gives_the_word_back(word in "\\PC{0,20}") {
            let command = format!("printf %s {}", quoted(&word));
            let output = Command::new("/bin/sh").args(["-c", &command]).output().unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }

        #[test]
        fn any_path_is_one_line_and_comes_back(word in prop::collection::vec(1_u8.., 0..20)) {
            let text = path(Path::new(OsStr::from_bytes(&word)));
            prop_assert!(!text.contains(char::is_control), "{text:?}");
            // Not every `sh` knows these quotes.
            let Ok(output) = Command::new("bash").args(["-c", &format!("printf %s {text}")]).output() else {
                return Ok(());
            };
            let front: &[u8] = if word.starts_with(b"-") { b"./" } else { b"" };
            prop_assert_eq!(output.stdout, [front, &word].concat());
        }
    }
}
