//! The twin of `python-fixtures/add3`.

embed_dll::embedding! {
    module: "_add3_cffi",
    api: file "../../python-fixtures/add3/api.h",
    init: file "../../python-fixtures/add3/init.py",
}
