/* loads: seed */
#include "../host.h"

#include <dlfcn.h>

/* Looked up by name: a host need not be linked to libpython for that. */
static int initialised(void) {
    int (*is_initialised)(void);
    void *symbol = dlsym(RTLD_DEFAULT, "Py_IsInitialized");

    memcpy(&is_initialised, &symbol, sizeof(symbol));
    return symbol != NULL && is_initialised();
}

int main(void) {
    void *dll = dlopen("./libseed.so", RTLD_NOW | RTLD_GLOBAL);
    int (*add1)(int, int);
    int (*myfunc)(int, int);
    int (*pure)(int);
    int (*cplus)(int);
    int (*start)(void);

    if (dll == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    memcpy(&add1, &(void *){dlsym(dll, "add1")}, sizeof(add1));
    memcpy(&myfunc, &(void *){dlsym(dll, "myfunc")}, sizeof(myfunc));
    memcpy(&pure, &(void *){dlsym(dll, "pure")}, sizeof(pure));
    memcpy(&cplus, &(void *){dlsym(dll, "cplus")}, sizeof(cplus));
    memcpy(&start, &(void *){dlsym(dll, "start")}, sizeof(start));
    SHOW("F04 exported: add1 %d, myfunc %d, cplus %d, mycb %d, note %d\n", add1 != NULL,
         myfunc != NULL, cplus != NULL, dlsym(dll, "mycb") != NULL, dlsym(dll, "note") != NULL);
    SHOW("C02 initialised: %d\n", initialised());
    SHOW("C02 %d, %d\n", pure(4), myfunc(5, 5));
    SHOW("C02 initialised: %d\n", initialised());
    SHOW("F06 %d\n", myfunc(4, 8));
    SHOW("C01 initialised: %d\n", initialised());
    SHOW("F08 %d\n", myfunc(2, 0));
    SHOW("F07 %d\n", cplus(1));
    SHOW("B03 %d\n", add1(40, 2));
    SHOW("C19 %d %d\n", start(), start());
    return NORMAL_EXIT;
}
