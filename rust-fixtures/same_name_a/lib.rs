//! The twin of `python-fixtures/same_name_a`.

embed_dll::embedding! {
    module: "my_plugin_same",
    api: file "../../python-fixtures/same_name_a/api.h",
    init: file "../../python-fixtures/same_name_a/init.py",
}
