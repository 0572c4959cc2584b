//! The twin of `python-fixtures/raises`.

embed_dll::embedding! {
    module: "_raises_cffi",
    api: file "../../python-fixtures/raises/api.h",
    init: file "../../python-fixtures/raises/init.py",
}
