//! The Python-visible C types and values: what `from my_plugin import ffi` gives.
