/* links: run */
#include "../host.h"

#include <pthread.h>

#include "run/api.h"

static void *deep(void *result) {
    *(int *)result = run("def down(n):\n"
                         "    return 0 if n == 0 else down(n - 1)\n"
                         "down(150)\n"
                         "result = 42\n");
    return NULL;
}

/* A thread with a small stack, and Python code that needs little. */
int main(void) {
    pthread_attr_t small;
    pthread_t thread;
    int result = -1;

    run("result = 0");
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024);
    pthread_create(&thread, &small, deep, &result);
    pthread_join(thread, NULL);
    SHOW("H16 %d\n", result);
    return NORMAL_EXIT;
}
