/* Two DLLs whose modules have one name. */
#include "host.h"

#include <dlfcn.h>

static int call(const char *file, const char *name) {
    void *dll = dlopen(file, RTLD_NOW | SCOPE);
    int (*function)(int);

    if (dll == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    memcpy(&function, &(void *){dlsym(dll, name)}, sizeof(function));
    return function == NULL ? -2 : function(41);
}

int main(void) {
    PREPARE;
    SHOW("G03 %d\n", call("./libsame_a.so", "same_a"));
    SHOW("G03 %d\n", call("./libsame_b.so", "same_b"));
    SHOW("G03 %d\n", call("./libsame_a.so", "same_a"));
    return NORMAL_EXIT;
}
