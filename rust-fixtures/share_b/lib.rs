//! The twin of `python-fixtures/share_b`.

embed_dll::embedding! {
    module: "_share_b_cffi",
    api: file "../../python-fixtures/share_b/api.h",
    init: file "../../python-fixtures/share_b/init.py",
}
