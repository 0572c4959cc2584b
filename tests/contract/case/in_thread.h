/* Calls from threads of the host. */
#ifndef IN_THREAD_H
#define IN_THREAD_H

#include "host.h"

#include <pthread.h>

/* What `body` stores at the address that it is given, in a thread of its own; -1 without one. */
static int in_thread(void *(*body)(void *)) {
    pthread_t thread;
    int result = -1;

    if (pthread_create(&thread, NULL, body, &result) != 0)
        return -1;
    pthread_join(thread, NULL);
    return result;
}

#endif
