//! The name of a module, as somebody typed it.

use crate::doctor::DoctorError;

/// Longest name in bytes; a file system takes no longer part.
const MAX: usize = 1000;

/// The parts of a dotted name.
///
/// # Errors
///
/// When it can be no module's name.
pub(super) fn parts(name: &str) -> Result<Vec<&str>, DoctorError> {
    let error = |reason: &str| {
        Err(DoctorError::Input(format!(
            "`{name}` is not the name of a module: {reason}; name it as an import statement does, such as \
             `_cffi_backend` or `package.module`"
        )))
    };
    if name.is_empty() || name.len() > MAX {
        return error("it is empty or too long");
    }
    if name.contains('/') || name.ends_with(".so") {
        return error("it looks like a file");
    }
    let parts: Vec<&str> = name.split('.').collect();
    let is_identifier = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !part.starts_with(|c: char| c.is_numeric())
    };
    if !parts.iter().all(is_identifier) {
        return error("its parts are no identifiers");
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_what_is_none() {
        assert_eq!(parts("a.b_c.d1").unwrap(), ["a", "b_c", "d1"]);
        for name in ["", ".", "a.", ".a", "a..b", "../x", "a b", "1a", "a-b", "_x.so", "x\n"] {
            assert!(parts(name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_named(name in "\\PC{0,40}") {
            let _ = parts(&name);
        }
    }
}
