#ifndef CFFI_DLLEXPORT
#define CFFI_DLLEXPORT extern
#endif

CFFI_DLLEXPORT int add1(int, int);
