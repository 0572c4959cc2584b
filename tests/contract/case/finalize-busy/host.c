/* loads: run
 * producers: rust */
#include "../host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* CFFI: a crash, or the thread is ended inside the call. */
static int (*run)(const char *);
static atomic_int stop, refused;

static void *caller(void *unused) {
    (void)unused;
    while (!stop && !refused) {
        if (run("result = 42") != 42)
            refused++;
    }
    return NULL;
}

int main(void) {
    void *dll = dlopen("./librun.so", RTLD_NOW | RTLD_GLOBAL);
    int (*finalize)(void), (*ensure)(void);
    pthread_t thread;

    alarm(20);
    memcpy(&run, &(void *){dlsym(dll, "run")}, sizeof(run));
    SHOW("L16 %d\n", run("result = 42"));
    pthread_create(&thread, NULL, caller, NULL);
    usleep(50000);
    memcpy(&finalize, &(void *){dlsym(RTLD_DEFAULT, "Py_FinalizeEx")}, sizeof(finalize));
    memcpy(&ensure, &(void *){dlsym(RTLD_DEFAULT, "PyGILState_Ensure")}, sizeof(ensure));
    ensure();
    SHOW("L16 finalised: %d\n", finalize());
    usleep(50000);
    stop = 1;
    pthread_join(thread, NULL);
    SHOW("L16 calls after it were refused: %d\n", refused > 0);
    return NORMAL_EXIT;
}
