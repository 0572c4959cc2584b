//! Kinds of findings that only runs show.

use crate::doctor::kind::kinds;

kinds! {
    RUN_FAILED = "dll-run-failed": Problem,
        "The DLL fails in a host, and nothing that it left behind names a known cause.",
        "";
    BACKEND_ELSEWHERE = "dll-backend-elsewhere": Warning,
        "The _cffi_backend that was loaded lies outside of the Python that loaded it.",
        "CFFI documentation, Embedding; PEP 3149";
}
