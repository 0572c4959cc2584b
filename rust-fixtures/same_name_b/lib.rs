//! The twin of `python-fixtures/same_name_b`.

embed_dll::embedding! {
    module: "my_plugin_same",
    api: file "../../python-fixtures/same_name_b/api.h",
    init: file "../../python-fixtures/same_name_b/init.py",
}
