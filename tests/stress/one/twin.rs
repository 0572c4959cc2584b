//! The DLL that the stress test calls most.

embed_dll::embedding! {
    module: "stress_one",
    api: file "api.h",
    init: file "init.py",
}
