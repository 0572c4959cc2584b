//! The twin of `python-fixtures/share_a`.

embed_dll::embedding! {
    module: "_share_a_cffi",
    api: file "../../python-fixtures/share_a/api.h",
    init: file "../../python-fixtures/share_a/init.py",
}
