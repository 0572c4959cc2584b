//! Names of members: those that could lead out are refused, not mended.

/// The name without a `/` at its end, if unpacking it stays below the folder; otherwise what is wrong with it, after
/// the name.
pub(super) fn checked(name: &str) -> Result<String, &'static str> {
    let trimmed = name.strip_suffix('/').unwrap_or(name);
    if trimmed.is_empty() {
        return Err("has no name");
    }
    if trimmed.starts_with('/') {
        return Err("has an absolute name");
    }
    if trimmed.contains('\0') {
        return Err("has a name with a NUL byte");
    }
    if trimmed.contains('\\') {
        return Err("has a backslash in its name; some programs take it for the end of a folder");
    }
    for part in trimmed.split('/') {
        match part {
            ".." => return Err("leads out of the archive"),
            "" | "." => return Err("has an empty part in its name"),
            part if part.len() > 255 => return Err("has a name that no file system takes"),
            _ => {}
        }
    }
    if trimmed.len() > 2048 {
        return Err("has a name that is too long");
    }
    Ok(trimmed.to_owned())
}

/// Whether a symbolic link stays inside, whatever other links its target runs through: `..` is allowed in front only, where
/// it starts from the folder of the link, which is a real one.
pub(super) fn link_stays_inside(link: &str, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') || target.contains('\0') {
        return false;
    }
    let mut depth = link.split('/').count() - 1;
    let mut begun = false;
    for part in target.split('/') {
        match part {
            ".." if begun || depth == 0 => return false,
            ".." => depth -= 1,
            "" | "." => {}
            _ => begun = true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_out_are_told() {
        assert_eq!(checked("python/x.py").unwrap(), "python/x.py");
        assert_eq!(checked("python/").unwrap(), "python");
        for name in ["", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\0b", "a\\..\\b"]
        {
            assert!(checked(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn links_that_lead_out_are_told() {
        for target in ["b", "b/c", "../x/y", "./b"] {
            assert!(link_stays_inside("d/a", target), "{target}");
        }
        // `b` could be a link to the folder itself: `b/../..` would then be outside.
        for target in ["", "/etc", "../../x", "b/../../..", "b/.."] {
            assert!(!link_stays_inside("d/a", target), "{target}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_passes_stays_below(name in "(\\PC|[./]){0,40}") {
            if let Ok(name) = checked(&name) {
                prop_assert!(!name.starts_with('/'));
                prop_assert!(name.split('/').all(|part| !part.is_empty() && part != ".." && part != "."));
            }
        }
    }
}
