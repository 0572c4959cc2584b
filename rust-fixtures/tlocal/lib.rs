//! The twin of `python-fixtures/tlocal`.

embed_dll::embedding! {
    module: "_tlocal_cffi",
    api: file "../../python-fixtures/tlocal/api.h",
    init: file "../../python-fixtures/tlocal/init.py",
}
