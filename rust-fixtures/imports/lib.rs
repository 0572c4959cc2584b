//! The twin of `python-fixtures/imports`.

embed_dll::embedding! {
    module: "_imports_cffi",
    api: file "../../python-fixtures/imports/api.h",
    init: file "../../python-fixtures/imports/init.py",
}
