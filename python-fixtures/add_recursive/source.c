CFFI_DLLEXPORT int (*my_callback)(int);
