/* links: run */
#include "../host.h"

#include <pthread.h>
#include <unistd.h>

#include "run/api.h"

static void *busy(void *unused) {
    (void)unused;
    run("while True:\n    pass\n");
    return NULL;
}

/* The host does not wait for its threads. */
int main(void) {
    pthread_t thread;

    alarm(10);
    run("result = 0");
    pthread_create(&thread, NULL, busy, NULL);
    usleep(200000);
    SHOW("L03 ends\n");
    return NORMAL_EXIT;
}
