CFFI_DLLEXPORT int imp_global = 42;
