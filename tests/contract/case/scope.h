/* A module of the standard library that is an extension module on every build is imported. */
#include "host.h"

#include <dlfcn.h>

int main(void) {
    void *dll = dlopen("./librun.so", RTLD_NOW | SCOPE);
    int (*run)(const char *);

    if (dll == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    memcpy(&run, &(void *){dlsym(dll, "run")}, sizeof(run));
    SHOW(ROW " %d\n", run("import _ctypes, _json\nresult = 42"));
    return NORMAL_EXIT;
}
