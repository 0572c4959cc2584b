/* links: one two dotted
 * env: CONTRACT_QUIET=1 */
#include "../host.h"

#include <pthread.h>
#include <unistd.h>

#include "dotted/api.h"
#include "one/api.h"
#include "two/api.h"

enum { THREADS = 12 };

static pthread_barrier_t together;
static int results[THREADS];

static void *call(void *number) {
    int which = (int)(intptr_t)number;

    pthread_barrier_wait(&together);
    results[which] = which % 3 == 0 ? one_slow(42) : which % 3 == 1 ? two_slow(42) : dotted(41);
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
    SHOW("H03 %d of %d\n", good, THREADS);
    return NORMAL_EXIT;
}
