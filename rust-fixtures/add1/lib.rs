//! The twin of `python-fixtures/add1`.

embed_dll::embedding! {
    module: "_add1_cffi",
    api: file "../../python-fixtures/add1/api.h",
    init: file "../../python-fixtures/add1/init.py",
}
