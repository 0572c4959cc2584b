//! The twin of `python-fixtures/do_stuff`.

embed_dll::embedding! {
    module: "my_plugin",
    api: file "../../python-fixtures/do_stuff/api.h",
    init: file "../../python-fixtures/do_stuff/init.py",
}
