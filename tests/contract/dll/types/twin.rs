//! The DLL of this folder, made with embed-dll.

embed_dll::embedding! {
    module: "_types_cffi",
    api: file "api.h",
    init: file "init.py",
}
