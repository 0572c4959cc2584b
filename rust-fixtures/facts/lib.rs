//! The twin of `python-fixtures/facts`.

embed_dll::embedding! {
    module: "_facts_cffi",
    api: file "../../python-fixtures/facts/api.h",
    init: file "../../python-fixtures/facts/init.py",
}
