//! The twin of `python-fixtures/add2`.

embed_dll::embedding! {
    module: "_add2_cffi",
    api: file "../../python-fixtures/add2/api.h",
    init: file "../../python-fixtures/add2/init.py",
}
