//! Variables of the environment that a `PyInitConfig` does not read.
//!
//! A new one is isolated, and the options below are off in it. Their value for "as the environment
//! says" is -1, which `PyInitConfig_SetInt` refuses (3.14 and 3.15), so the environment is read
//! here, by CPython's rules and with its messages (`Python/initconfig.c`).

use std::ffi::CStr;

/// An option of `PyInitConfig` and its value.
type Setting = (&'static CStr, i64);

/// The options that the variables set; `variable` gives a value that is not empty.
///
/// # Errors
///
/// `func: message` as CPython would say it.
pub(super) fn options(
    mut variable: impl FnMut(&'static CStr) -> Option<String>,
) -> Result<Vec<Setting>, String> {
    let mut options = Vec::new();
    match variable(c"PYTHONHASHSEED").as_deref() {
        None | Some("random") => options.push((c"use_hash_seed", 0)),
        Some(seed) => {
            let seed: u32 = seed.parse().map_err(|_| {
                String::from(
                    "config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in \
                     range [0; 4294967295]",
                )
            })?;
            options.extend([(c"use_hash_seed", 1), (c"hash_seed", seed.into())]);
        }
    }
    // Any text turns these on, "0" as well. The development mode includes the fault handler.
    let dev_mode = variable(c"PYTHONDEVMODE").is_some();
    let faulthandler = dev_mode || variable(c"PYTHONFAULTHANDLER").is_some();
    options.extend([(c"dev_mode", dev_mode.into()), (c"faulthandler", faulthandler.into())]);
    // Any other number than 0 turns these on, and what is no number does not.
    let mut is_on =
        |name| variable(name).and_then(|value| integer(&value)).is_some_and(|number| number != 0);
    let perf = match (is_on(c"PYTHONPERFSUPPORT"), is_on(c"PYTHON_PERF_JIT_SUPPORT")) {
        (_, true) => 2,
        (perf, false) => perf.into(),
    };
    options.push((c"perf_profiling", perf));
    if let Some(value) = variable(c"PYTHONTRACEMALLOC") {
        let frames = integer(&value)
            .filter(|frames| *frames >= 0)
            .ok_or("config_init_tracemalloc: PYTHONTRACEMALLOC: invalid number of frames")?;
        options.push((c"tracemalloc", frames));
    }
    if let Some(value) = variable(c"PYTHONINTMAXSTRDIGITS") {
        // 0 means no limit; otherwise at least `_PY_LONG_MAX_STR_DIGITS_THRESHOLD`.
        let digits = integer(&value).filter(|digits| *digits == 0 || *digits >= 640).ok_or(
            "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= \
                 640 or 0 for unlimited.",
        )?;
        options.push((c"int_max_str_digits", digits));
    }
    Ok(options)
}

/// An `int` as `strtol` reads it: after white space, with a sign or without.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    text.parse::<i32>().ok().map(i64::from)
}

/// The value of `PYTHONUTF8`.
///
/// # Errors
///
/// `func: message` as CPython would say it.
pub(super) fn utf8_mode(value: Option<&str>) -> Result<i64, String> {
    match value {
        None | Some("1") => Ok(1),
        Some("0") => Ok(0),
        Some(_) => Err(String::from(
            "preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{options, utf8_mode};

    fn set(name: &str, value: &str) -> Result<Vec<(String, i64)>, String> {
        let options = options(|asked| (asked.to_str() == Ok(name)).then(|| value.to_owned()))?;
        Ok(options
            .into_iter()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .collect())
    }

    #[test]
    fn each_variable_sets_its_option() {
        let has = |name, value, option: &str, expected| {
            let options = set(name, value).expect("a good value");
            assert!(
                options.contains(&(option.to_owned(), expected)),
                "{name}={value}: {options:?}"
            );
        };
        has("PYTHONHASHSEED", "4294967295", "hash_seed", 4_294_967_295);
        has("PYTHONHASHSEED", "0", "use_hash_seed", 1);
        has("PYTHONHASHSEED", "random", "use_hash_seed", 0);
        for value in ["1", "0", "no"] {
            has("PYTHONDEVMODE", value, "dev_mode", 1);
            has("PYTHONDEVMODE", value, "faulthandler", 1);
            has("PYTHONFAULTHANDLER", value, "faulthandler", 1);
            has("PYTHONFAULTHANDLER", value, "dev_mode", 0);
        }
        for (value, on) in [("1", true), ("-3", true), (" +2", true), ("0", false), ("x", false)] {
            has("PYTHONPERFSUPPORT", value, "perf_profiling", on.into());
            has("PYTHON_PERF_JIT_SUPPORT", value, "perf_profiling", if on { 2 } else { 0 });
        }
        has("PYTHON", "1", "dev_mode", 0);
        has("PYTHON", "1", "faulthandler", 0);
        has("PYTHONTRACEMALLOC", "25", "tracemalloc", 25);
        has("PYTHONINTMAXSTRDIGITS", "640", "int_max_str_digits", 640);
    }

    #[test]
    fn bad_values_are_refused_in_the_words_of_cpython() {
        for (name, value) in [
            ("PYTHONHASHSEED", "bogus"),
            ("PYTHONHASHSEED", "4294967296"),
            ("PYTHONTRACEMALLOC", "-1"),
            ("PYTHONINTMAXSTRDIGITS", "639"),
        ] {
            assert!(set(name, value).expect_err("bad").contains(name));
        }
        assert_eq!(utf8_mode(Some("0")), Ok(0));
        assert!(utf8_mode(Some("x")).is_err());
    }
}
