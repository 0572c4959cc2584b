CFFI_DLLEXPORT int start_empty(void) {
    return cffi_start_python();
}
