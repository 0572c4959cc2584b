typedef struct { int x, y; } point_t;

/* When this file is compiled into the DLL, the macro is already there and means "exported". For a
   C host it is defined here. It has to contain the 'extern' that a variable needs; do not write
   another one in front of it. */
#ifndef CFFI_DLLEXPORT
#  if defined(_MSC_VER)
#    define CFFI_DLLEXPORT  extern __declspec(dllimport)
#  else
#    define CFFI_DLLEXPORT  extern
#  endif
#endif

CFFI_DLLEXPORT int do_stuff(point_t *);
