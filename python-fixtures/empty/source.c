#include <stdio.h>
#include <stdlib.h>

CFFI_DLLEXPORT void initialize_my_empty_cffi(void);

void initialize_my_empty_cffi(void) {
    if (cffi_start_python() != 0) {
        printf("oops, cffi_start_python() returned non-0\n");
        abort();
    }
}
