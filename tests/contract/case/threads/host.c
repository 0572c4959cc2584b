/* links: threads */
#include "../host.h"
#include "../in_thread.h"

#include <unistd.h>

#include "threads/api.h"

enum { FIRST = 8, ROUNDS = 50 };

static pthread_barrier_t together;

static void *first_call(void *sum) {
    int i;

    pthread_barrier_wait(&together);
    for (i = 0; i < ROUNDS; i++)
        *(int *)sum = th_local(1);
    return NULL;
}

static void *with_errno(void *result) {
    errno = 77;
    th_seterrno(12);
    *(int *)result = errno;
    return NULL;
}

static void *spin(void *unused) {
    (void)unused;
    th_spin(300);
    return NULL;
}

int main(void) {
    pthread_t threads[FIRST];
    int sums[FIRST], i, calls, good = 0, before;

    pthread_barrier_init(&together, NULL, FIRST);
    for (i = 0; i < FIRST; i++)
        pthread_create(&threads[i], NULL, first_call, &sums[i]);
    for (i = 0; i < FIRST; i++) {
        pthread_join(threads[i], NULL);
        good += sums[i] == ROUNDS;
    }
    SHOW("H05 %d threads have their own sum\n", good);
    SHOW("H05 the main thread has its own: %d\n", th_local(5));

    errno = 33;
    SHOW("D22 %d\n", th_errno(0));
    SHOW("D22 %d\n", errno);
    errno = 34;
    th_local(1);
    SHOW("D22 %d\n", errno);
    SHOW("H12 %d\n", in_thread(with_errno));
    SHOW("H12 %d\n", errno);

    SHOW("H11 %d\n", th_background());
    before = th_value();
    usleep(300000);
    SHOW("H11 it went on: %d\n", th_value() > before + 5);

    pthread_create(&threads[0], NULL, spin, NULL);
    usleep(50000);
    for (calls = 0; th_value() >= 0 && calls < 5; calls++)
        ;
    pthread_join(threads[0], NULL);
    SHOW("H04 calls beside a busy thread: %d\n", calls);
    return NORMAL_EXIT;
}
