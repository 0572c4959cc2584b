/* links: abba_a abba_b */
#include "../host.h"

#include <pthread.h>
#include <unistd.h>

#include "abba_a/api.h"
#include "abba_b/api.h"

static void *first(void *result) {
    *(int *)result = abba_a(41);
    return NULL;
}

/* Each DLL's init code calls the other, from two threads at once. */
int main(void) {
    pthread_t thread;
    int one = -1, two;

    alarm(10);
    pthread_create(&thread, NULL, first, &one);
    two = abba_b(41);
    pthread_join(thread, NULL);
    SHOW("H14 came back\n");
    SHOW("H14 %d %d\n", one == 42 || one == 0, two == 42 || two == 0);
    SHOW("H14 afterwards: %d %d\n", abba_a(41), abba_b(41));
    return NORMAL_EXIT;
}
