//! Which encodings the interpreter is told to use, so that it behaves as `python3` would in the
//! same environment and yet leaves the locale of the host alone.
//!
//! `python3` sets the locale of its process from the environment; in a host that is the host's
//! business, and most never do it. So the interpreter is put into its UTF-8 mode (PEP 540), in
//! which it does not care about the locale, except where that would give another result.

use std::ffi::{CStr, CString};

use super::host;
use crate::find::environment;

/// What to tell the interpreter. `None` leaves the decision to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Encoding {
    /// `utf8_mode`.
    pub(super) utf8_mode: Option<bool>,
    /// `stdio_encoding`.
    pub(super) stdio: Option<CString>,
    /// `stdio_errors`.
    pub(super) errors: Option<CString>,
}

/// What the host and its environment say.
struct Facts {
    /// `PYTHONUTF8` is set and counts.
    utf8_is_said: bool,
    /// `PYTHONIOENCODING` is set and counts.
    stdio_is_said: bool,
    /// The encoding of the locale that the host has set; `None` for "C" or "POSIX".
    host: Option<CString>,
    /// The encoding of the locale that the environment names; `None` for "C", "POSIX", or one that
    /// is not installed.
    environment: Option<CString>,
    /// The environment names a locale that PEP 538 would have chosen: errors are escaped in it.
    escapes: bool,
}

/// Looks at the host and its environment.
pub(super) fn choose(use_environment: bool) -> Encoding {
    let said = |name| use_environment && environment::variable(name).is_some();
    let name = [c"LC_ALL", c"LC_CTYPE", c"LANG"].into_iter().find_map(environment::variable);
    let name = name.and_then(|name| name.into_string().ok()).unwrap_or_default();
    let is_c = |name: &[u8]| matches!(name, b"" | b"C" | b"POSIX");
    let facts = Facts {
        utf8_is_said: said(c"PYTHONUTF8"),
        stdio_is_said: said(c"PYTHONIOENCODING"),
        host: host::ctype().filter(|name| !is_c(name.to_bytes())).map(|_| codeset()),
        environment: if is_c(name.as_bytes()) { None } else { codeset_of_environment() },
        escapes: matches!(name.as_str(), "C.UTF-8" | "C.utf8" | "UTF-8"),
    };
    decide(&facts)
}

fn decide(facts: &Facts) -> Encoding {
    if facts.utf8_is_said {
        return Encoding::default();
    }
    let strict = || Some(c"strict".to_owned()).filter(|_| !facts.escapes);
    let mut encoding = Encoding { utf8_mode: Some(true), ..Encoding::default() };
    match (&facts.host, &facts.environment) {
        // The locale is what `python3` would have set: everything follows from it.
        (Some(host), _) if !is_utf8(host) => encoding.utf8_mode = Some(false),
        (Some(_), _) => encoding.errors = strict(),
        (None, Some(environment)) if is_utf8(environment) => encoding.errors = strict(),
        // Files names stay UTF-8, because the locale of the process cannot express others; what is
        // printed goes to a terminal or file of the user.
        (None, Some(environment)) => {
            encoding.stdio = Some(environment.clone());
            encoding.errors = strict();
        }
        // PEP 540: in the C locale `python3` goes into UTF-8 mode, too.
        (None, None) => {}
    }
    if facts.stdio_is_said {
        encoding.stdio = None;
        encoding.errors = None;
    }
    encoding
}

fn is_utf8(codeset: &CStr) -> bool {
    let codeset = codeset.to_bytes();
    codeset.eq_ignore_ascii_case(b"UTF-8") || codeset.eq_ignore_ascii_case(b"UTF8")
}

/// The encoding of the locale that the host has set.
fn codeset() -> CString {
    // SAFETY: asks only.
    let codeset = unsafe { libc::nl_langinfo(libc::CODESET) };
    // SAFETY: a C string that lives until the locale is changed.
    unsafe { CStr::from_ptr(codeset) }.to_owned()
}

/// The encoding of the locale that the environment names; the host's own stays as it is.
fn codeset_of_environment() -> Option<CString> {
    // SAFETY: the empty name means the environment; null makes a new object.
    let locale =
        unsafe { libc::newlocale(libc::LC_CTYPE_MASK, c"".as_ptr(), std::ptr::null_mut()) };
    if locale.is_null() {
        return None;
    }
    // SAFETY: a locale object.
    let codeset = unsafe { libc::nl_langinfo_l(libc::CODESET, locale) };
    // SAFETY: a C string that lives as long as the object.
    let codeset = unsafe { CStr::from_ptr(codeset) }.to_owned();
    // SAFETY: made above and used by nobody else.
    unsafe { libc::freelocale(locale) };
    Some(codeset)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Facts, decide};
    use std::ffi::CString;

    fn facts() -> Facts {
        Facts {
            utf8_is_said: false,
            stdio_is_said: false,
            host: None,
            environment: None,
            escapes: false,
        }
    }

    fn some(text: &str) -> Option<CString> {
        CString::new(text).ok()
    }

    #[test]
    fn the_c_locale_means_utf8_mode() {
        let expected = Encoding { utf8_mode: Some(true), stdio: None, errors: None };
        assert_eq!(decide(&facts()), expected);
    }

    #[test]
    fn what_is_printed_follows_the_environment_if_the_host_has_set_nothing() {
        let latin = Facts { environment: some("ISO-8859-1"), ..facts() };
        let expected =
            Encoding { utf8_mode: Some(true), stdio: some("ISO-8859-1"), errors: some("strict") };
        assert_eq!(decide(&latin), expected);
        let said = Facts { stdio_is_said: true, ..latin };
        let expected = Encoding { utf8_mode: Some(true), stdio: None, errors: None };
        assert_eq!(decide(&said), expected);
    }

    #[test]
    fn a_locale_that_the_host_has_set_counts() {
        let latin = Facts { host: some("ISO-8859-1"), environment: some("UTF-8"), ..facts() };
        assert_eq!(decide(&latin).utf8_mode, Some(false));
        let utf8 = Facts { host: some("utf8"), ..facts() };
        let expected = Encoding { utf8_mode: Some(true), stdio: None, errors: some("strict") };
        assert_eq!(decide(&utf8), expected);
        assert_eq!(decide(&Facts { escapes: true, ..utf8 }).errors, None);
    }

    #[test]
    fn what_the_user_says_counts_most() {
        let said = Facts { utf8_is_said: true, host: some("ISO-8859-1"), ..facts() };
        assert_eq!(decide(&said), Encoding::default());
    }
}
