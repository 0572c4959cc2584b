//! Words for a shell.

use std::path::Path;

/// A word that a shell takes as it is.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path that is no option, either.
pub(super) fn path(path: &Path) -> String {
    let text = path.display().to_string();
    quoted(&if text.starts_with('-') { format!("./{text}") } else { text })
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
        assert_eq!(path(Path::new("-x")), "./-x");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_shell_gives_the_word_back(word in "[^\0\n\r]{0,20}") {
            let command = format!("printf %s {}", quoted(&word));
            let output = Command::new("/bin/sh").args(["-c", &command]).output().unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
