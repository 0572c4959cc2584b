//! The twin of `python-fixtures/initerror`.

embed_dll::embedding! {
    module: "_initerror_cffi",
    api: file "../../python-fixtures/initerror/api.h",
    init: file "../../python-fixtures/initerror/init.py",
}
