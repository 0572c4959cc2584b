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
    for (name, option) in [
        (c"PYTHONDEVMODE", c"dev_mode"),
        (c"PYTHONFAULTHANDLER", c"faulthandler"),
        (c"PYTHONPERFSUPPORT", c"perf_profiling"),
    ] {
        let value = variable(name).is_some_and(|value| value != "0");
        options.push((option, value.into()));
    }
    let number = |value: String, range: std::ops::RangeInclusive<i64>| {
        value.parse().ok().filter(|number| range.contains(number))
    };
    if let Some(value) = variable(c"PYTHONTRACEMALLOC") {
        let frames = number(value, 0..=i64::from(i32::MAX))
            .ok_or("config_init_tracemalloc: PYTHONTRACEMALLOC: invalid number of frames")?;
        options.push((c"tracemalloc", frames));
    }
    if let Some(value) = variable(c"PYTHONINTMAXSTRDIGITS") {
        // 0 means no limit; otherwise at least `_PY_LONG_MAX_STR_DIGITS_THRESHOLD`.
        let digits = number(value, 0..=i64::from(i32::MAX))
            .filter(|digits| *digits == 0 || *digits >= 640)
            .ok_or(
                "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= \
                 640 or 0 for unlimited.",
            )?;
        options.push((c"int_max_str_digits", digits));
    }
    Ok(options)
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
        has("PYTHONDEVMODE", "1", "dev_mode", 1);
        has("PYTHONDEVMODE", "0", "dev_mode", 0);
        has("PYTHONFAULTHANDLER", "x", "faulthandler", 1);
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
