//! The DLL of this folder, made with embed-dll.

embed_dll::embedding! {
    module: "_abba_b_cffi",
    api: file "api.h",
    init: file "init.py",
}
