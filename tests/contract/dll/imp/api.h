#ifndef CFFI_DLLEXPORT
#define CFFI_DLLEXPORT extern
#endif

typedef struct {
    int x, y;
} ipt_t;

CFFI_DLLEXPORT int do_stuff(ipt_t *);
CFFI_DLLEXPORT int noattach(int);
CFFI_DLLEXPORT int raises(int);
CFFI_DLLEXPORT int imp_global;
