//! The other DLL in the process of the stress test.

embed_dll::embedding! {
    module: "stress_two",
    api: file "api.h",
    init: file "init.py",
}
