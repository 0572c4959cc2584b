//! The DLL of this folder, made with embed-dll.

embed_dll::embedding! {
    module: "_errors_cffi",
    api: file "api.h",
    init: file "init.py",
}
