/* links: failing
 * env: CONTRACT_HOW=raise */
#include "../host.h"

#include <pthread.h>

#include "failing/api.h"

static void *call(void *result) {
    *(int *)result = fail_add(40, 2);
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    int results[4], i, zeros = 0;

    for (i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, call, &results[i]);
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        zeros += results[i] == 0;
    }
    SHOW("H02 %d\n", zeros);
    return NORMAL_EXIT;
}
