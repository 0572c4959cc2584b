/* Two DLLs of two producers: one interpreter, whoever comes first. */
#include "host.h"

#include <pthread.h>
#include <unistd.h>

#include "one/api.h"
#include "two/api.h"

enum { THREADS = 8 };

static pthread_barrier_t together;
static int results[THREADS];

static void *call(void *number) {
    int which = (int)(intptr_t)number;

    pthread_barrier_wait(&together);
    results[which] = which % 2 == 0 ? FIRST(42) : one_slow(21) + two_slow(21);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int i, good = 0;

    alarm(50);
    pthread_barrier_init(&together, NULL, THREADS);
    for (i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call, (void *)(intptr_t)i);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        good += results[i] == 42;
    }
    SHOW("G04 %d of %d\n", good, THREADS);
    one_set(41);
    SHOW("G04 one interpreter: %d\n", two_get());
    SHOW("G04 they import each other: %d\n", two_other(43) > 0);
    SHOW("G04 %d\n", one_get());
    return NORMAL_EXIT;
}
