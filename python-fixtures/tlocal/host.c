/* links: tlocal */
#include <pthread.h>
#include <stdio.h>

#define THREADS 10
#define CALLS 10

int add1(int, int);

/* Returns NULL when every call of this thread gave the offset of its first one. */
static void *same_offset(void *unused) {
    int first = add1(40, 2);
    (void)unused;
    if (first % 1000 != 42)
        return "the first call did not add";
    for (int i = 0; i < CALLS; i++) {
        if (add1(50, i) != first + 8 + i)
            return "the offset of the thread changed";
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int bad = 0;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, same_offset, NULL) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        void *why = NULL;
        pthread_join(threads[i], &why);
        if (why != NULL) {
            printf("thread %d: %s\n", i, (const char *)why);
            bad = 1;
        }
    }
    if (!bad)
        printf("done\n");
    return bad;
}
