//! Kinds of findings about the real import.

use crate::doctor::kind::kinds;

kinds! {
    OTHER_PREFIX = "module-embedded-other-prefix": Warning,
        "The interpreter imports the module and an embedded Python does not, because it takes another installation or virtual environment for its own: it goes by the first python3 on PATH.",
        "CPython documentation, The initialization of the sys.path module search path; cpython#66409";

    EMBEDDED_DIFFERS = "module-embedded-differs": Problem,
        "The interpreter imports the module and an embedded Python does not, or another file.",
        "CPython documentation, Initialization, Finalization, and Threads";

    NEEDS_GLOBAL = "module-needs-global-libpython": Note,
        "An extension module that names no libpython in DT_NEEDED can be imported only in a process that has libpython, or the interpreter's own code, in its global scope.",
        "cpython#80934";

    NEEDS_MODULE = "module-needs-module": Problem,
        "The file of the module is there and its import fails, because something that it imports in turn cannot be imported.",
        "Python documentation, The import system";

    RAISES = "module-import-raises": Problem,
        "The file of the module is there, and its code raises an exception when it is imported.",
        "Python documentation, The import system";

    KILLS = "module-import-kills": Problem,
        "The import of the module ends the process or never ends.",
        "";
}
