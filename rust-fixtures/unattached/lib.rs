//! The twin of `python-fixtures/unattached`.

embed_dll::embedding! {
    module: "_unattached_cffi",
    api: file "../../python-fixtures/unattached/api.h",
    init: file "../../python-fixtures/unattached/init.py",
}
