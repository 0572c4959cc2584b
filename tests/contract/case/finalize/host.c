/* loads: run */
#include "../host.h"

#include <dlfcn.h>
#include <unistd.h>

/* Somebody else ends the interpreter; the call after that must come back. */
int main(void) {
    void *dll = dlopen("./librun.so", RTLD_NOW | RTLD_GLOBAL);
    int (*run)(const char *), (*finalize)(void), (*ensure)(void);

    alarm(20);
    memcpy(&run, &(void *){dlsym(dll, "run")}, sizeof(run));
    SHOW("L15 %d\n", run("result = 42"));
    memcpy(&finalize, &(void *){dlsym(RTLD_DEFAULT, "Py_FinalizeEx")}, sizeof(finalize));
    memcpy(&ensure, &(void *){dlsym(RTLD_DEFAULT, "PyGILState_Ensure")}, sizeof(ensure));
    if (finalize == NULL || ensure == NULL)
        return 1;
    ensure();
    SHOW("L15 finalised: %d\n", finalize());
    SHOW("L15 after it: %d\n", run("result = 42"));
    return NORMAL_EXIT;
}
