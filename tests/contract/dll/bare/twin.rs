//! The DLL of this folder, made with embed-dll.

embed_dll::embedding! {
    module: "_bare_cffi",
    api: file "api.h",
}
