static int mycb(int);
static void note(const char *);

/* Reaches Python only for some arguments. */
CFFI_DLLEXPORT int myfunc(int a, int b) {
    int product = 1;
    if (b < a)
        note("b is less than a");
    while (a < b) {
        product = mycb(a) * product;
        a += 1;
    }
    return product;
}

CFFI_DLLEXPORT int pure(int a) {
    return a * a;
}

CFFI_DLLEXPORT int start(void) {
    return cffi_start_python();
}
