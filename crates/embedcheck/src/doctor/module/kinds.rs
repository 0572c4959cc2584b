//! Kinds of findings about modules.

use crate::doctor::kind::kinds;

kinds! {
    MISSING = "module-missing": Problem,
        "No file of that name is anywhere on the search path.",
        "Python documentation, The import system";
}
