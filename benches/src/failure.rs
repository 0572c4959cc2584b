//! Failures within criterion, which gives the functions that it measures no way to fail.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::Error;

/// What travels through criterion.
struct Failure(String);

/// Ends the benchmark; [`caught`] has the error.
pub fn fail(error: &dyn std::fmt::Display) -> ! {
    // Without the hook, which would print where in this file a "panic" was.
    resume_unwind(Box::new(Failure(error.to_string())))
}

/// Runs `body`, and takes what [`fail`] was given within it as its error.
pub(crate) fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // Nothing of what `body` changes is used after a failure but for its destructors.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        match payload.downcast::<Failure>() {
            Ok(failure) => Err(failure.0.into()),
            Err(panic) => resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_an_error() {
        let error = caught::<()>(|| fail(&"no libpython")).unwrap_err();
        assert_eq!(error.to_string(), "no libpython");
        assert_eq!(caught(|| Ok(7)).unwrap(), 7);
        assert_eq!(caught::<()>(|| Err("as usual".into())).unwrap_err().to_string(), "as usual");
    }
}
