#define GLOBALS_ANSWER 42
#define GLOBALS_FROM_C 1234
static const int g_constant = 99;

CFFI_DLLEXPORT int g_int = 42;
CFFI_DLLEXPORT const char *g_text = "from C";
CFFI_DLLEXPORT gpt_t g_point = {1, 2};
CFFI_DLLEXPORT int g_array[4] = {1, 2, 3, 4};
CFFI_DLLEXPORT double g_double = 0.5;
CFFI_DLLEXPORT int (*g_function)(int, int);
CFFI_DLLEXPORT void *g_anything;

static int g_helper(int x) {
    return x + GLOBALS_FROM_C;
}
