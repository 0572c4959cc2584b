//! Kinds of findings about modules.

use crate::doctor::kind::kinds;

kinds! {
    MISSING = "module-missing": Problem,
        "No file of that name is anywhere on the search path.",
        "Python documentation, The import system";
    PACKAGE_MISSING = "module-package-missing": Problem,
        "The package that holds the module is not on the search path, or is not a package.",
        "Python documentation, The import system";
    STDLIB_INCOMPLETE = "module-stdlib-incomplete": Problem,
        "A module of the standard library that this Python was built without.",
        "Python documentation, Using Python on Unix platforms";
    OTHER_PYTHON = "module-other-python": Problem,
        "The file is there, and its ABI tag says that it is for another Python, which passes it by without a word.",
        "PEP 3149";
    OTHER_MACHINE = "module-other-machine": Problem,
        "The file is for another processor or another operating system.",
        "ELF specification, e_machine";
    OTHER_LIBC = "module-other-libc": Problem,
        "The file is for musl and this Python runs on glibc, or the other way round.",
        "PEP 656";
    NEWER_GLIBC = "module-newer-glibc": Problem,
        "The file asks for a newer glibc than the one that is there.",
        "PEP 600";
    DAMAGED = "module-damaged": Problem,
        "The file is truncated, or is no shared library.",
        "dlopen(3)";
    MISNAMED = "module-misnamed": Problem,
        "The file has not the function by which Python starts a module of this name: it was renamed, or is no module.",
        "Python documentation, Extending and Embedding, PyInit_modulename";
    IN_ARCHIVE = "module-in-archive": Problem,
        "The file lies in a zip archive, from which Python imports no extension modules.",
        "Python documentation, zipimport";
    OFF_PATH = "module-off-path": Problem,
        "The file lies in a folder that this Python does not search.",
        "AWS Lambda documentation, Packaging your layer content";
    UNREADABLE = "module-unreadable": Problem,
        "The file is there and cannot be read.",
        "dlopen(3)";
    LIBRARY_MISSING = "module-library-missing": Problem,
        "A shared library that the file needs is not found.",
        "ld.so(8)";
    LIBRARY_FOREIGN = "module-library-not-in-layer": Warning,
        "The file needs a shared library that the layers do not bring and that not every Linux has.",
        "PEP 599";
    VERSION_MISSING = "module-library-too-old": Problem,
        "A shared library that the file needs has not the version that it asks for.",
        "ld.so(8)";
    SYMBOL_MISSING = "module-symbol-missing": Problem,
        "The file needs symbols that neither this Python nor a library defines: it was built for another one.",
        "PEP 3149";
    BUILT_FOR_OTHER = "module-built-for-other": Problem,
        "The name of the file lets this Python load it, and its contents were built for another Python: it fails, or corrupts memory.",
        "PEP 3149";
    STABLE_ABI = "module-stable-abi": Problem,
        "The file is for the stable ABI of builds with the GIL, and this Python is free-threaded.",
        "PEP 703";
    SHADOWED = "module-shadowed": Problem,
        "Something that is not the extension module has its name and comes first.",
        "Python documentation, The initialization of the sys.path module search path";
    FALLBACK = "module-fallback": Warning,
        "The extension module beside it is for another Python, so that the slower version in Python is taken.",
        "PEP 399";
    UNTAGGED = "module-untagged": Warning,
        "The file has no ABI tag and nothing says for which Python it was built: any Python loads it.",
        "PEP 3149";
    DEPENDENT_UNFIT = "module-dependent-unfit": Problem,
        "A distribution that wants the module has an extension module of its own that is for another Python, processor or C library: what is mended for the module alone does not mend the program.",
        "PEP 3149; PEP 600";
    CFFI_VERSIONS = "cffi-versions-differ": Problem,
        "The package cffi and its module _cffi_backend have different versions, which cffi refuses.",
        "cffi, src/cffi/api.py";
    LAYER_INNER = "layer-inner-folder": Problem,
        "The folder that was named as a layer is the one in a layer that a runtime searches.",
        "AWS Lambda documentation, Packaging your layer content";
    LAYER_NOT_SEARCHED = "layer-not-searched": Warning,
        "A layer has no folder that the runtime searches.",
        "AWS Lambda documentation, Packaging your layer content";
}
