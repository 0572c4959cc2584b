/* loads: run
 * producers: rust */
#include "../host.h"

#include <dlfcn.h>
#include <unistd.h>

/* CFFI: a crash. */
int main(void) {
    void *dll = dlopen("./librun.so", RTLD_NOW | RTLD_GLOBAL);
    int (*run)(const char *);

    memcpy(&run, &(void *){dlsym(dll, "run")}, sizeof(run));
    SHOW("L14 %d\n", run("import threading, time\n"
                         "def work():\n"
                         "    while True:\n"
                         "        lib.run_twice(1)\n"
                         "        time.sleep(0.001)\n"
                         "threading.Thread(target=work, daemon=True).start()\n"
                         "result = 42\n"));
    dlclose(dll);
    usleep(100000);
    SHOW("L14 the host goes on\n");
    return NORMAL_EXIT;
}
