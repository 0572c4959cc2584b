/* loads: run */
#include "../host.h"

#include <dlfcn.h>

static void *dll;

static int call(const char *code) {
    int (*run)(const char *);

    memcpy(&run, &(void *){dlsym(dll, "run")}, sizeof(run));
    return run(code);
}

int main(void) {
    dll = dlopen("./librun.so", RTLD_NOW | RTLD_GLOBAL);
    SHOW("L12 %d\n", call("NAMES = globals()\nkept = 41\nresult = 41"));
    SHOW("L12 closed: %d\n", dlclose(dll));
    dll = dlopen("./librun.so", RTLD_NOW | RTLD_NOLOAD);
    SHOW("L12 still mapped: %d\n", dll != NULL);
    if (dll == NULL)
        dll = dlopen("./librun.so", RTLD_NOW | RTLD_GLOBAL);
    SHOW("L13 the state is the old one: %d\n", call("result = globals().get('kept', -1)") == 41);
    return NORMAL_EXIT;
}
