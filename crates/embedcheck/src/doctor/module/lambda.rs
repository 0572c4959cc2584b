//! What is known of the runtimes of AWS Lambda.

/// The folder of a layer that runtimes of all versions search.
pub(super) const TOP: &str = "python";

/// The folders of a layer that a runtime searches, in their order, below `/opt`. Behind the function's own folder and in
/// front of the packages of the runtime `/var/runtime/bootstrap.py` (`set_default_sys_path`, runtimes 3.8 to 3.11) puts
/// `/opt/python/lib/pythonX.Y/site-packages`, then `/opt/python`; which they are is documented, too (AWS Lambda
/// documentation, Packaging your layer content).
pub(super) fn folders((major, minor): (u32, u32)) -> [String; 2] {
    [format!("{TOP}/lib/python{major}.{minor}/site-packages"), TOP.to_owned()]
}

/// The glibc of the runtime's system: Amazon Linux 2018.03 up to 3.7, 2 up to 3.11, then 2023 (AWS Lambda documentation,
/// Lambda runtimes). What they have is told by what they refuse: aws-lambda-rust-runtime#455 (not 2.18), arrow#38373 (2.26,
/// not 2.27), aws-lambda-rust-runtime#932 (2.34).
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
