/* The first calls of many threads at once. */
#ifndef CROWD_H
#define CROWD_H

#include "host.h"

#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

enum { MOST_THREADS = 12 };

static struct {
    pthread_barrier_t together;
    int (*call)(int number);
    int results[MOST_THREADS];
} crowd;

static void *crowd_thread(void *number) {
    int which = (int)(intptr_t)number;

    pthread_barrier_wait(&crowd.together);
    crowd.results[which] = crowd.call(which);
    return NULL;
}

/* How many of `count` threads get 42 from `call`, which is given their number. A hang ends with
   SIGALRM. */
static int good_of_crowd(int count, int (*call)(int number)) {
    pthread_t threads[MOST_THREADS];
    int i, good = 0;

    alarm(50);
    crowd.call = call;
    pthread_barrier_init(&crowd.together, NULL, (unsigned)count);
    for (i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, crowd_thread, (void *)(intptr_t)i);
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        good += crowd.results[i] == 42;
    }
    return good;
}

#endif
