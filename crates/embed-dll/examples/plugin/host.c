/* A host in C that opens the plugin as a plugin is opened: dlopen, RTLD_LOCAL.

       cargo build -p embed-dll --example plugin
       cc crates/embed-dll/examples/plugin/host.c -o host
       ./host target/debug/examples/libplugin.so */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s libplugin.so\n", argv[0]);
        return 2;
    }
    void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int (*start)(void);
    const char *(*last_error)(void);
    int (*do_stuff)(point_t *);
    double (*half_root)(double);
    int (*myfunc)(int, int);
    /* The way POSIX shows to get a function from dlsym() without a warning. */
    *(void **)&start = dlsym(plugin, "my_plugin_start");
    *(void **)&last_error = dlsym(plugin, "my_plugin_last_error");
    *(void **)&do_stuff = dlsym(plugin, "do_stuff");
    *(void **)&half_root = dlsym(plugin, "half_root");
    *(void **)&myfunc = dlsym(plugin, "myfunc");
    if (!start || !last_error || !do_stuff || !half_root || !myfunc) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }

    /* Not needed: the first call would start Python. But here its failure has a place. */
    if (start() != 0) {
        fprintf(stderr, "Python does not start: %s\n", last_error());
        return 1;
    }
    point_t p = {40, 2};
    printf("do_stuff: %d\n", do_stuff(&p));
    printf("half_root(16): %g\n", half_root(16));
    printf("myfunc(6, 7): %d\n", myfunc(6, 7));
    printf("half_root(-1): %g\n", half_root(-1));
    printf("because: %s\n", last_error());
    return 0;
}
