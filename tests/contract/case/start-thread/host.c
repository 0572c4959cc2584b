/* links: run */
#include "../host.h"

#include <pthread.h>

#include "run/api.h"

static void *first(void *result) {
    *(int *)result = run("import threading\n"
                         "result = threading.current_thread() is threading.main_thread()");
    return NULL;
}

/* The thread of the first call is Python's main thread, for ever. */
int main(void) {
    pthread_t thread;
    int result = -1;

    pthread_create(&thread, NULL, first, &result);
    pthread_join(thread, NULL);
    SHOW("C24 %d\n", result);
    SHOW("C24 the host's main thread: %d\n",
         run("result = threading.current_thread() is threading.main_thread()"));
    SHOW("C24 signal in it: %d\n", run("import signal\n"
                                       "try:\n"
                                       "    signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
                                       "    result = 1\n"
                                       "except ValueError:\n"
                                       "    result = 2\n"));
    return NORMAL_EXIT;
}
