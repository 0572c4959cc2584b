//! The twin of `python-fixtures/empty`, with the function of its `source.c`.

embed_dll::embedding! {
    module: "_empty_cffi",
    api: file "../../python-fixtures/empty/api.h",
    init: file "../../python-fixtures/empty/init.py",
}
