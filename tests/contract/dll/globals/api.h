#ifndef CFFI_DLLEXPORT
#define CFFI_DLLEXPORT extern
#endif

enum { GLOBALS_LOW = -5, GLOBALS_NEXT };
typedef struct {
    int x, y;
} gpt_t;

CFFI_DLLEXPORT int g_int;
CFFI_DLLEXPORT const char *g_text;
CFFI_DLLEXPORT gpt_t g_point;
CFFI_DLLEXPORT int g_array[4];
CFFI_DLLEXPORT double g_double;
CFFI_DLLEXPORT int (*g_function)(int, int);
CFFI_DLLEXPORT void *g_anything;

/* Says what Python sees, and changes all of it. */
CFFI_DLLEXPORT int g_look(void);
/* Tries what must be refused. */
CFFI_DLLEXPORT void g_refused(void);
