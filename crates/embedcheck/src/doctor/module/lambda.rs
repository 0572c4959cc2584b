//! What is known of the runtimes of AWS Lambda (its documentation, Packaging your layer content).

/// The folders of a layer that a runtime searches, in their order, below `/opt`: its `sys.path` has them behind the
/// function's own folder and in front of the packages of the runtime.
pub(super) fn folders((major, minor): (u32, u32)) -> [String; 2] {
    [format!("python/lib/python{major}.{minor}/site-packages"), "python".to_owned()]
}

/// The glibc of the runtime's system: Amazon Linux 2018.03, 2 or 2023 (AWS Lambda documentation, Lambda runtimes).
pub(super) fn glibc(version: (u32, u32)) -> Option<(u32, u32)> {
    match version {
        (3, minor) if minor >= 12 => Some((2, 34)),
        (3, 8..=11) => Some((2, 26)),
        (2, _) | (3, _) => Some((2, 17)),
        _ => None,
    }
}

/// What pip calls the platforms whose wheels a runtime can load, the newest first (PEP 600).
pub(super) fn platforms(glibc: Option<(u32, u32)>, architecture: &str) -> Vec<String> {
    let newest = match glibc {
        Some(glibc) if glibc >= (2, 34) => Some("manylinux_2_34"),
        Some(glibc) if glibc >= (2, 28) => Some("manylinux_2_28"),
        _ => None,
    };
    let middle = newest.filter(|newest| *newest != "manylinux_2_28").map(|_| "manylinux_2_28");
    [newest, middle, Some("manylinux2014")]
        .into_iter()
        .flatten()
        .map(|name| format!("{name}_{architecture}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_gets_the_wheels_that_it_can_load() {
        let names = |version| platforms(glibc(version), "x86_64").join(" ");
        assert_eq!(names((3, 11)), "manylinux2014_x86_64");
        assert_eq!(
            names((3, 12)),
            "manylinux_2_34_x86_64 manylinux_2_28_x86_64 manylinux2014_x86_64"
        );
        assert_eq!(folders((3, 12))[0], "python/lib/python3.12/site-packages");
    }
}
