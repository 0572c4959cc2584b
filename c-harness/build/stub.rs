//! A library that stands for libpython while others are linked.

use std::fmt::Write as _;

/// C source that defines every function which `header` (a `python.h` of ours) declares, each on the
/// line where its declaration begins.
///
/// The linker only looks at names, so the types do not matter.
pub(crate) fn source(header: &str) -> Result<String, String> {
    let mut source = String::from("/* Made from python.h by build.rs. */\n");
    let mut count = 0;
    let is_other =
        |line: &&str| line.starts_with([' ', '#', '/', '}']) || line.starts_with("typedef");
    for line in header.lines().filter(|line| !is_other(line)) {
        // `PyObject *PyErr_Occurred(void);`: the name stands before the last parenthesis that opens.
        let declaration = line.rsplit_once('(').map(|(before, _)| before);
        let name = declaration
            .and_then(|before| before.rsplit([' ', '*']).next())
            .filter(|name| name.trim_start_matches('_').starts_with("Py"));
        if let Some(name) = name {
            writeln!(source, "void {name}(void);\nvoid {name}(void) {{}}")
                .map_err(|error| error.to_string())?;
            count += 1;
        }
    }
    if count == 0 {
        return Err("python.h declares no function".into());
    }
    Ok(source)
}
