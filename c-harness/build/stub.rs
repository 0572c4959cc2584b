//! A library that stands for libpython while the probe is linked.

use std::fmt::Write as _;

/// C source that defines every function which `header` (`probe/python.h`) declares.
///
/// The linker only looks at names, so the types do not matter.
pub(crate) fn source(header: &str) -> Result<String, String> {
    let mut source = String::from("/* Made from probe/python.h by build.rs. */\n");
    let mut count = 0;
    for line in header.lines().filter(|line| !line.starts_with([' ', '#', '/', '}'])) {
        // `PyObject *PyErr_Occurred(void);`: the name stands before the last parenthesis that opens.
        let declaration = line.rsplit_once("(").map(|(before, _)| before);
        let name = declaration
            .and_then(|before| before.rsplit([' ', '*']).next())
            .filter(|name| name.starts_with("Py"));
        if let Some(name) = name {
            writeln!(source, "void {name}(void);\nvoid {name}(void) {{}}")
                .map_err(|error| error.to_string())?;
            count += 1;
        }
    }
    if count == 0 {
        return Err("probe/python.h declares no function".into());
    }
    Ok(source)
}
