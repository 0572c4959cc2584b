//! The twin of `python-fixtures/perf`.

embed_dll::embedding! {
    module: "_perf_cffi",
    api: file "../../python-fixtures/perf/api.h",
    init: file "../../python-fixtures/perf/init.py",
}
