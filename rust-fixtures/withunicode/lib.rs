//! The twin of `python-fixtures/withunicode`.

embed_dll::embedding! {
    module: "_withunicode_cffi",
    api: file "../../python-fixtures/withunicode/api.h",
    init: file "../../python-fixtures/withunicode/init.py",
}
